import { defineConfig } from 'vitest/config';
import web from './web/vitest.config.ts';

// Everything in one run, with one summary: the server's tests first, the browser last, when the processor is free for it.
export default defineConfig({
  test: {
    projects: [
      'server',
      ...(web.test?.projects ?? []).filter(isInline).map((project) => ({
        ...project,
        root: 'web',
        test: { ...project.test, sequence: { groupOrder: project.test?.name === 'e2e' ? 2 : 1 } },
      })),
      {
        // Checking a whole house takes seconds, on a busy machine many.
        test: {
          name: 'workspace',
          include: ['scripts/**/*.test.mjs'],
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

type Project = NonNullable<NonNullable<typeof web.test>['projects']>[number];

function isInline(project: Project): project is Extract<Project, { test?: unknown }> {
  return typeof project === 'object' && !(project instanceof Promise);
}
