import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { makeDataFolder, openCopy, testLog } from '../setup/describe-databases.ts';
import { startProcess } from '../setup/process.ts';
import { expectReconciled } from './audit.ts';
import { startHouse, until } from './house.ts';
import { type KillOrder, killCatalogue, killCredits, storyPieces } from './kill-order.ts';
import { createScriptedModel } from './scripted-model.ts';

type Failpoint = Pick<KillOrder, 'statement' | 'moment'> &
  Partial<KillOrder> & {
    name: string;
    /** Whether the prompt must have been admitted. Absent: admitted as a whole or not at all. */
    isAdmitted?: boolean;
    next?: Failpoint;
  };

const admitted = { statement: 'insert into response \\(' };
const journalled = { statement: 'insert into response_chunk' };
const finished = { statement: 'update "response" set.*"finished_at"' };
const growth = { statement: 'update "response" set "credits_held"', growing: true };
const receipt = { statement: 'insert into "receipt"' };
/** A second process is killed while it recovers what the first one left. */
const recovering = (failpoint: Failpoint): Failpoint => ({
  ...journalled,
  isAdmitted: true,
  name: `the journal’s second writing, and then of another process ${failpoint.name}`,
  occurrence: 2,
  moment: 'after',
  next: { ...failpoint, recovering: true },
});

/** Every statement between the admission and the settlement, in order, with the moments before and after. */
const afterAdmission: Failpoint[] = [
  { name: 'after the admission’s commit, before the start', ...admitted, atCommit: true, moment: 'after' },
  { name: 'before the journal’s first writing', ...journalled, moment: 'before' },
  { name: 'after the journal’s first writing', ...journalled, moment: 'after' },
  { name: 'the note of progress', statement: "set status = 'STREAMING'", moment: 'after' },
  { name: 'before the commit of the journal’s first writing', ...journalled, atCommit: true, moment: 'before' },
  { name: 'after the commit of the journal’s first writing', ...journalled, atCommit: true, moment: 'after' },
  { name: 'before the final row', ...finished, moment: 'before' },
  { name: 'the final row', ...finished, moment: 'after' },
  { name: 'the end of the hold', statement: 'update "credit_account"', occurrence: 2, moment: 'after' },
  { name: 'the charge', statement: 'insert into "credit_entry"', moment: 'after' },
  { name: 'the end of the journal', statement: 'delete from "response_chunk"', moment: 'after' },
  { name: 'the receipt', ...receipt, moment: 'after' },
  { name: 'before the settlement’s commit', ...receipt, atCommit: true, moment: 'before' },
  { name: 'after the settlement’s commit', ...receipt, atCommit: true, moment: 'after' },
  { name: 'the other response’s receipt', ...receipt, occurrence: 2, moment: 'after' },
];

/** Where holds grow with their answers. */
const growths: Failpoint[] = [
  { name: 'before a hold grows', ...growth, moment: 'before' },
  { name: 'the growth of a hold', ...growth, moment: 'after' },
  { name: 'before the commit of a hold’s growth', ...growth, atCommit: true, moment: 'before' },
  { name: 'after the commit of a hold’s growth', ...growth, atCommit: true, moment: 'after' },
  { name: 'the receipt, after holds have grown', ...receipt, growing: true, moment: 'after' },
];

const beginning = { statement: 'set merge = ', merging: true };
/** Between the end of the answers and that of their merge, which waits for them. */
const merges: Failpoint[] = [
  { name: 'before the beginning of a merge', ...beginning, moment: 'before' },
  { name: 'the beginning of a merge', ...beginning, moment: 'after' },
  {
    name: 'before the commit of a merge’s settlement',
    ...receipt,
    occurrence: 3,
    atCommit: true,
    merging: true,
    moment: 'before',
  },
];

const failpoints: Failpoint[] = [
  // These three go out together with the commit, so it is open whether Postgres still commits.
  { name: 'the admission’s turn', statement: 'insert into "turn"', moment: 'after' },
  { name: 'the hold', statement: 'update "credit_account"', moment: 'after' },
  { name: 'the admission’s responses', ...admitted, moment: 'after' },
  { name: 'before the admission’s commit', ...admitted, atCommit: true, moment: 'before', isAdmitted: false },
  ...[...afterAdmission, ...growths, ...merges].map((failpoint) => ({ ...failpoint, isAdmitted: true })),
  recovering({ name: 'the taking of the lease', statement: 'update "response" set "lease_owner"', moment: 'after' }),
  recovering({ name: 'before the settlement’s commit', ...receipt, atCommit: true, moment: 'before' }),
  recovering({ name: 'after the settlement’s commit', ...receipt, atCommit: true, moment: 'after' }),
];

/** The embedded database takes a second to open, so only the failpoints at commits run on it. */
const embeddedFailpoints = failpoints.filter(({ atCommit, next }) => atCommit || next?.atCommit);

const leaseMs = 400;

describe.each(inject('databases').postgres ? ['pglite', 'postgres'] : ['pglite'])('a killed process (%s)', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-kill-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.concurrent.each(kind === 'pglite' ? embeddedFailpoints : failpoints)(
    'leaves nothing held and nothing unpaid, killed at this point: $name',
    { timeout: 90_000 },
    async (failpoint) => {
      const place = await makePlace(failpoint.name);
      try {
        for (let point: Failpoint | undefined = failpoint; point; point = point.next) {
          const { name: _name, next: _next, isAdmitted: _isAdmitted, ...at } = point;
          const order: KillOrder = {
            databaseUrl: null,
            dataDir: '',
            leaseMs,
            occurrence: 1,
            atCommit: false,
            recovering: false,
            growing: false,
            merging: false,
            ...at,
            ...place.order,
          };
          const child = startProcess('test/credits/killed-process.ts', [JSON.stringify(order)], {});
          expect([await child.ended, child.output()]).toEqual(['SIGKILL', '']);
        }
        await expectMadeGood(await place.open(), failpoint);
      } finally {
        await place.close();
      }
    },
  );

  async function makePlace(name: string) {
    if (kind === 'postgres') {
      const copy = await openCopy('template');
      return { order: { databaseUrl: copy.url }, open: async () => copy, close: copy.close };
    }
    const dataDir = join(folder, name.replaceAll(/\W/g, '-'));
    makeDataFolder(dataDir);
    let database: OpenDatabase | undefined;
    return {
      order: { dataDir },
      async open() {
        database = await openDatabase({ databaseUrl: null, dataDir, log: testLog });
        return database;
      },
      async close() {
        await database?.close();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  }
});

/** Expects sound books after the next start, when the leases have run out. */
async function expectMadeGood(database: OpenDatabase, failpoint: Failpoint): Promise<void> {
  const { db } = database;
  await expectReconciled(db);
  const order = { growing: failpoint.growing ?? false };
  const house = await startHouse({
    database,
    catalogue: killCatalogue(order),
    languageModel: createScriptedModel(),
    leaseMs,
  });
  const responses = () => db.selectFrom('response').selectAll().execute();
  await until(async () => (await responses()).every(({ lease_until }) => lease_until === null), 'all is final');
  await house.end();

  await expectReconciled(db);
  const account = await db.selectFrom('credit_account').selectAll().executeTakeFirstOrThrow();
  expect(account.held).toBe(0);
  const isAdmitted = failpoint.isAdmitted ?? (await responses()).length > 0;
  expect((await responses()).length).toBe(isAdmitted ? (failpoint.merging ? 3 : 2) : 0);
  expect((await db.selectFrom('turn').select('id').execute()).length).toBe(isAdmitted ? 1 : 0);
  const story = storyPieces.join('');
  for (const { status, text, credits_charged, credits_held } of await responses()) {
    expect(['COMPLETED', 'INTERRUPTED']).toContain(status);
    expect(story.startsWith(text)).toBe(true);
    expect(text === story || status === 'INTERRUPTED').toBe(true);
    expect(credits_charged === 0).toBe(text === '');
    expect(credits_charged).toBeLessThanOrEqual(credits_held);
  }
  const charged = (await responses()).reduce((sum, { credits_charged }) => sum + (credits_charged ?? 0), 0);
  expect(account.balance).toBe(killCredits(order) - charged);
}
