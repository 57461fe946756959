import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../../src/database/connection/open.ts';
import { findChunks } from '../../../src/database/response-chunks.ts';
import { answerToolCall } from '../../../src/domain/agents/approvals.ts';
import { textSoFar } from '../../../src/domain/answering/stored-response.ts';
import type { Member } from '../../../src/domain/people/members.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { addMember, type House, startHouse, until } from '../../credits/house.ts';
import { makeDataFolder, openCopy, type TestDatabase, testLog } from '../../setup/describe-databases.ts';
import { startProcess } from '../../setup/process.ts';
import {
  createStoryModel,
  createTracedTools,
  type Edge,
  type EdgeOrder,
  edgeCatalogue,
  REQUEST_CREDITS,
  STEPS,
  STORY,
} from './edge-order.ts';

const model = { kind: 'statement', from: { step: 1, of: 'model' } } as const;
const tools = { kind: 'statement', from: { step: 0, of: 'tools' } } as const;
const lastModel = { kind: 'statement', from: { step: STEPS, of: 'model' } } as const;
const committed = { atCommit: true, moment: 'after' } as const;

const admission = { statement: 'insert into response \\(' };
const growth = { statement: 'update "response" set "credits_held"' };
const begunStep = { statement: 'insert into "response_step"' };
const endedStep = { statement: 'update "response_step" set' };
const newCalls = { statement: 'insert into "tool_call"' };
const checkpoint = { statement: 'INSERT INTO \\S*checkpoints' };
const begunCall = { statement: 'update "tool_call" set "status" = \\$1, "started_at"' };
const endedCall = { statement: 'update "tool_call" set "status" = \\$1, "result"' };
const approval = { statement: 'update tool_call set\\s+status' };
const finished = { statement: 'update "response" set.*"finished_at"' };
const receipt = { statement: 'insert into "receipt"' };

type Point = Edge & {
  /** How the calls may end that ran, or were about to: absent, all are done. */
  uncertain?: 'all that ran' | 'some';
  asksMember?: true;
};

const answered = { ...tools, from: 'start', asksMember: true } as const;

/** The edges of the graph, in order. */
const points: Point[] = [
  { name: 'after the admission, before the start', kind: 'statement', from: 'start', ...admission, ...committed },
  { name: 'after the hold, before the model’s step', ...tools, ...growth, ...committed },
  { name: 'after the model’s step has begun, before the model is asked', ...tools, ...begunStep, ...committed },
  { name: 'in the middle of what the model says', kind: 'model', step: 1, pieces: 2 },
  { name: 'with half of the arguments written', kind: 'model', step: 1, pieces: 6 },
  { name: 'after the model has ended, before its step', ...model, ...endedStep, moment: 'before' },
  { name: 'before the rows of the calls', ...model, ...newCalls, moment: 'before' },
  { name: 'after the rows of the calls', ...model, ...newCalls, ...committed },
  { name: 'after the checkpoint that comes then', ...model, ...checkpoint, ...committed },
  { name: 'before a call runs', ...model, ...begunCall, moment: 'before' },
  {
    name: 'when a call runs, before its tool is asked',
    ...model,
    ...begunCall,
    ...committed,
    uncertain: 'all that ran',
  },
  { name: 'as a call arrives', kind: 'tool', step: 1, tool: 'ask', moment: 'before', uncertain: 'all that ran' },
  {
    name: 'when a tool has done its work',
    kind: 'tool',
    step: 1,
    tool: 'note',
    moment: 'after',
    uncertain: 'all that ran',
  },
  {
    name: 'after a tool’s answer, before it is noted',
    ...model,
    ...endedCall,
    moment: 'before',
    uncertain: 'all that ran',
  },
  { name: 'after the commit of a tool’s answer', ...model, ...endedCall, ...committed, uncertain: 'some' },
  { name: 'while a call waits for its member', kind: 'waiting', step: 1, asksMember: true },
  { name: 'after the member’s word, before it is taken', ...answered, ...approval, occurrence: 2, ...committed },
  { name: 'after the last step, before the graph’s end', ...lastModel, ...endedStep, ...committed },
  { name: 'after the graph’s end, before the settlement', ...lastModel, ...finished, moment: 'before' },
  { name: 'after the commit of the settlement', ...lastModel, ...receipt, ...committed },
];

/** Killed again while the answer is taken up, and while it goes on. */
const chains: Point[][] = [
  [
    { name: 'in the middle of what the model says', kind: 'model', step: 1, pieces: 2 },
    { name: 'after the broken step is ended', kind: 'statement', from: 'start', ...endedStep, ...committed },
    { name: 'in the middle of what it goes on with', kind: 'model', step: 1, pieces: 1 },
    { name: 'before a call runs', kind: 'statement', from: 'start', ...begunCall, moment: 'before' },
  ],
  [
    { name: 'when a tool has done its work', kind: 'tool', step: 1, tool: 'note', moment: 'after' },
    { name: 'after an uncertain call is noted', kind: 'statement', from: 'start', ...endedCall, ...committed },
    { name: 'after the last step', ...lastModel, ...endedStep, ...committed },
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'polylogue-edges-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Place = Pick<EdgeOrder, 'databaseUrl' | 'dataDir'>;

async function kill(place: Place, point: Point, more: Pick<EdgeOrder, 'member' | 'trace' | 'leaseMs'>) {
  const { asksMember, uncertain: _uncertain, ...edge } = point;
  const order: EdgeOrder = { ...place, ...more, edge, toolIds: ['note', asksMember ? 'send' : 'ask'] };
  const child = startProcess('test/agents/edges/edge-victim.ts', [JSON.stringify(order)], {});
  expect([await child.ended, child.output()]).toEqual(['SIGKILL', '']);
}

describe.runIf(inject('databases').postgres)('an agent whose server is killed beside another one', () => {
  let database: TestDatabase & { url: string };
  let heir: House;
  const trace = join(folder, 'calls');
  beforeAll(async () => {
    database = await openCopy('template');
    heir = await startHouse({
      database,
      catalogue: edgeCatalogue,
      languageModel: createStoryModel(),
      tools: createTracedTools(trace),
      leaseMs: 1000,
    });
  });
  afterAll(async () => {
    await heir?.end();
    await expectReconciled(database.db);
    await database?.close();
  });

  it.concurrent.each(points)('is gone on with, killed at this point: $name', { timeout: 90_000 }, async (point) => {
    const { db } = database;
    const member = await addMember(database);
    // Its lease does not run out by itself, so that no other victim goes on with it.
    await kill({ databaseUrl: database.url, dataDir: '' }, point, { member, trace, leaseMs: 600_000 });
    const left = await responseOf(database, member);
    const { text } = textSoFar(left, await findChunks(db, [left.id]));
    const past = { lease_until: new Date(0) };
    await db.updateTable('response').set(past).where('id', '=', left.id).where('lease_until', 'is not', null).execute();
    await until(async () => {
      if (point.asksMember) await approve(heir, member, left.id);
      return (await responseOf(database, member)).lease_until === null;
    }, 'it is final');
    await expectWhole(database, member, { trace, before: text, uncertain: point.uncertain });
  });
});

describe('an agent whose only server is killed again and again', () => {
  it.each(chains.map((chain) => ({ chain, name: chain.map(({ name }) => name).join(', then ') })))(
    'is gone on with at each start: $name',
    { timeout: 120_000 },
    async ({ chain }) => {
      const dataDir = mkdtempSync(join(folder, 'data-'));
      const trace = join(dataDir, 'calls');
      makeDataFolder(dataDir);
      const open = () => openDatabase({ databaseUrl: null, dataDir, log: testLog });
      const empty = await open();
      let member: Member | null = await addMember(empty);
      const asking = member;
      await empty.close();
      for (const point of chain) {
        await kill({ databaseUrl: null, dataDir }, point, { member, trace, leaseMs: 60_000 });
        member = null;
      }
      const database = { ...(await open()), url: null };
      try {
        const left = await responseOf(database, asking);
        const { text } = textSoFar(left, await findChunks(database.db, [left.id]));
        const house = await startHouse({
          database,
          catalogue: edgeCatalogue,
          languageModel: createStoryModel(),
          tools: createTracedTools(trace),
        });
        await until(async () => (await responseOf(database, asking)).lease_until === null, 'it is final');
        await house.end();
        const uncertain = chain.some(({ kind }) => kind === 'tool') ? 'all that ran' : undefined;
        await expectWhole(database, asking, { trace, before: text, uncertain });
        await expectReconciled(database.db);
      } finally {
        await database.close();
      }
    },
  );
});

async function responseOf({ db }: Pick<TestDatabase, 'db'>, { id }: Member) {
  return db.selectFrom('response').selectAll().where('user_id', '=', id).executeTakeFirstOrThrow();
}

async function approve(house: House, { id }: Member, responseId: string): Promise<void> {
  const { db } = house;
  const waiting = await db
    .selectFrom('tool_call')
    .select('id')
    .where('response_id', '=', responseId)
    .where('status', '=', 'WAITING_FOR_APPROVAL')
    .execute();
  for (const { id: callId } of waiting)
    await answerToolCall(house, id, { responseId, callId, approve: true, remember: false });
}

/** Expects that the answer lost nothing, did nothing twice, and is paid to the credit. */
async function expectWhole(
  database: Pick<TestDatabase, 'db'>,
  member: Member,
  { trace, before, uncertain }: { trace: string; before: string; uncertain: Point['uncertain'] },
): Promise<void> {
  const { db } = database;
  const response = await responseOf(database, member);
  expect(response).toMatchObject({ status: 'COMPLETED', text: STORY, finish_reason: 'STOP', shortened_by: null });
  expect(STORY.startsWith(before)).toBe(true);

  const calls = await db.selectFrom('tool_call').selectAll().where('response_id', '=', response.id).execute();
  const traced = existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n') : [];
  const times = ({ id }: { id: string }) => traced.filter((line) => line === id).length;
  const asked = calls.map(({ name, arguments: json }) => `${name} ${json}`).sort();
  const names = new Set(calls.map(({ name }) => name));
  expect(names.size).toBe(2);
  expect(asked).toEqual([...names].flatMap((name) => [`${name} {"step":0}`, `${name} {"step":1}`]).sort());
  for (const call of calls) {
    expect(['DONE', 'UNCERTAIN']).toContain(call.status);
    if (call.status === 'DONE') expect(times(call)).toBe(1);
    else expect(times(call)).toBeLessThanOrEqual(1);
  }
  const lost = calls.filter(({ status }) => status === 'UNCERTAIN');
  if (uncertain === undefined) expect(lost).toEqual([]);
  if (uncertain === 'all that ran') expect(lost).not.toEqual([]);

  const steps = await db.selectFrom('response_step').selectAll().where('response_id', '=', response.id).execute();
  expect(steps.filter(({ duration_ms }) => duration_ms === null)).toEqual([]);
  expect(new Set(steps.map(({ key }) => key)).size).toBe(steps.length);
  const broken = steps.filter(({ key }) => key.includes('~'));
  const whole = steps.filter(({ kind, key }) => kind === 'MODEL' && !key.includes('~'));
  expect(whole.map(({ credits }) => credits)).toEqual(Array(STEPS + 1).fill(REQUEST_CREDITS));
  const spent = broken.reduce((sum, { credits }) => sum + credits, REQUEST_CREDITS * (STEPS + 1));
  expect(response.credits_charged).toBe(spent);
  expect(response.credits_charged).toBeLessThanOrEqual(response.credits_held);
  const account = await db
    .selectFrom('credit_account')
    .selectAll()
    .where('user_id', '=', member.id)
    .executeTakeFirstOrThrow();
  expect([account.held, account.balance]).toEqual([0, 10_000_000 - spent]);

  const shown = (response.parts ?? []).flatMap(({ kind, data }) =>
    kind === 'toolCall' ? (data as { id: string; status: string }) : [],
  );
  for (const { id, status } of calls) expect(shown).toContainEqual(expect.objectContaining({ id, status }));
  // The others were broken off while they were written.
  const half = shown.filter(({ id }) => calls.every((call) => call.id !== id));
  expect(half.every(({ status }) => status === 'FAILED')).toBe(true);
  for (const table of ['checkpoints', 'checkpoint_blobs', 'checkpoint_writes'] as const) {
    expect(await db.selectFrom(table).selectAll().where('thread_id', '=', response.id).execute()).toEqual([]);
  }
  const tasks = await db.selectFrom('agent_task').selectAll().where('response_id', '=', response.id).execute();
  expect(tasks).toEqual([]);
}
