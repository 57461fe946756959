import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { offerCopies } from '../../src/database/connection/folder-copies.ts';
import { testLog } from '../setup/describe-databases.ts';

it('a start deletes copies that a dead process left, and nothing that an operator has put beside them', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'polylogue-copies-'));
  const stale = 'copy.0b0b3c1e-8c0d-4c55-9d3c-0f3f1f2f3f4f';
  for (const folder of [stale, 'copy.of-yesterday', 'copies']) mkdirSync(join(dataDir, folder));
  writeFileSync(join(dataDir, 'copy.gz'), 'a backup');
  writeFileSync(join(dataDir, 'copies', 'monday.gz'), 'another');
  const end = await offerCopies(dataDir, async () => {}, testLog);
  await end();
  expect(readdirSync(dataDir).sort()).toEqual(['copies', 'copy.gz', 'copy.of-yesterday']);
  expect(readdirSync(join(dataDir, 'copies'))).toEqual(['monday.gz']);
  rmSync(dataDir, { recursive: true });
});
