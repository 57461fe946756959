import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../run.mjs';

// A program that has the server package as if it were installed: its package.json and its built types, without sources.
// It lies below the server's own node_modules, where an installation would put the packages that the types name.
const cache = path.join(root, 'server/node_modules/.cache/polylogue');
let program;

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  program = mkdtempSync(path.join(cache, 'program-'));
  const installed = path.join(program, 'node_modules/@polylogue/server');
  mkdirSync(installed, { recursive: true });
  cpSync(path.join(root, 'server/package.json'), path.join(installed, 'package.json'));
  const built = run('tsup', ['--config', 'tsup.types.config.ts', '--out-dir', path.join(installed, 'dist')], 'server');
  expect(built.output, built.output).toContain('app.d.ts');
  const compilerOptions = {
    ...{ target: 'ES2023', lib: ['ES2023'], module: 'NodeNext', moduleResolution: 'NodeNext', types: ['node'] },
    ...{ strict: true, skipLibCheck: true, noEmit: true },
  };
  writeFileSync(path.join(program, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  writeFileSync(path.join(program, 'package.json'), '{ "type": "module" }');
  cpSync(path.join(root, 'examples/embed/server.ts'), path.join(program, 'server.ts'));
}, 600_000);

afterAll(() => rmSync(program, { recursive: true, force: true }));

test('the built types of the server package are enough for a program that embeds it, and refuse its mistakes', () => {
  writeFileSync(
    path.join(program, 'mistakes.ts'),
    `import { createApp } from '@polylogue/server';

// @ts-expect-error there is no such field
await createApp({ openaiApiKey: 'sk-1' });
// @ts-expect-error there is no such kind
await createApp({ providers: { gate: { name: 'Gate', kind: 'unheard-of' } } });
// @ts-expect-error a number
await createApp({ tiers: { FREE: { monthlyCredits: 'many' } } });
// @ts-expect-error a request
await (await createApp({})).fetch('http://localhost/graphql');
`,
  );
  expect(run('tsc', ['-p', program], '.')).toEqual({ code: 0, output: '' });
}, 600_000);

function run(tool, args, folder) {
  const { status, stdout, stderr } = spawnSync(path.join(root, 'node_modules/.bin', tool), args, {
    cwd: path.join(root, folder),
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}
