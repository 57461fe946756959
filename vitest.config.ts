import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import web from './web/vitest.config.ts';

/**
 * Files that take long for their size, in seconds of their last run. Vitest begins with the largest files where it does
 * not know how long they took, and one of these would run alone at the end.
 */
const seconds: Readonly<Record<string, number>> = {
  'command/admin-command.test.ts': 60,
  'credits/kill.test.ts': 50,
  'api/restart.test.ts': 45,
  'backup/backup.test.ts': 45,
  'upgrade/every-version.test.ts': 40,
  'programs/examples.test.ts': 45,
  'replicas/deaths.test.ts': 40,
  'replicas/outage.test.ts': 35,
  'replicas/following.test.ts': 35,
  'database/embedded.test.ts': 30,
  'agents/edges/edges.test.ts': 30,
  'replicas/shared-credits.test.ts': 20,
  'agents/approvals.test.ts': 15,
  'agents/killed.test.ts': 15,
  'agents/attacks/attacks.test.ts': 15,
  'soak/soak.test.ts': 20,
  'judging/boards/rated-team.test.ts': 20,
};

/** The longest first, so that all workers end at the same time. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // The projects stay one after the other: a process runs the files of one only.
    const projects = [...new Set(sorted.map(({ project }) => project.name))];
    const placeOf = ({ project }: TestSpecification) => projects.indexOf(project.name);
    return sorted.sort((one, other) => placeOf(one) - placeOf(other) || secondsOf(other) - secondsOf(one));
  }
}

function secondsOf({ moduleId }: TestSpecification): number {
  return Object.entries(seconds).find(([file]) => moduleId.endsWith(`/server/test/${file}`))?.[1] ?? 0;
}

// Everything in one run, with one summary: the server's tests first, the browser last, when the processor is free for it.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
