import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LanguageModel, ModelRequest } from '../../src/ports/language-model.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import {
  call,
  callsOf,
  createWorkshop,
  lastOf,
  makeTool,
  receiptsDocument,
  STEP_CREDITS,
  text,
  told,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

const answerDocument = `mutation ($responseId: ID!, $toolCallId: ID!) {
  answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: true, remember: false) { id }
}`;
const HOUR_MS = 3_600_000;
/** The row's, of the API's id. */
const uuidOf = (id: string) => Buffer.from(id, 'base64').toString().slice('Response:'.length);
const before = (ms: number) => new Date(Date.now() - ms);

describeDatabases('the time of an answer that another process goes on with', (database) => {
  const shop = createWorkshop();
  const mail = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  const look = makeTool('look', () => told('Blue.'));
  let app: TestApp;
  const start = () =>
    startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      tools: [mail, look],
      env: { AGENT_MINUTES_MAX: '1', LEASE_SECONDS: '1' },
    });
  beforeAll(async () => {
    app = await start();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  /** Has an answer wait for its member, ends its server, changes what that has left, and starts another one. */
  async function interrupted(change: (response: Worked) => Promise<void>) {
    const isTold = (request: ModelRequest) => lastOf(request).parts.some(({ type }) => type === 'toolResult');
    shop.script('worker', (request) =>
      isTold(request) ? [text('Well.')] : [text('Let me see.'), ...call('look', {}, 0), ...call('mail', {}, 1)],
    );
    const member = await app.newMember();
    const { turn } = await ask(member, {
      prompt: 'Look, and mail it',
      modelIds: ['lab/worker'],
      toolIds: ['look', 'mail'],
    } as never);
    const response = await eventually(async () => {
      const [one] = await worked(member, turn.id);
      expect(callsOf(one as Worked)[1]).toMatchObject({ status: 'WAITING_FOR_APPROVAL' });
      return one as Worked;
    });
    await app.close();
    await change(response);
    app = await start();
    return { member: connect(app.url, { cookie: member.cookie }), turn, response };
  }

  it('is counted from its beginning; what ended keeps its time, and what nobody knows has none', async () => {
    const { db } = database();
    const { member, turn, response } = await interrupted(async ({ id: apiId, parts }) => {
      const id = uuidOf(apiId);
      const [first] = callsOf({ parts });
      await db
        .updateTable('response')
        .set({ created_at: before(2 * HOUR_MS) })
        .where('id', '=', id)
        .execute();
      const step = { started_at: before(2 * HOUR_MS), duration_ms: 5000 };
      await db.updateTable('response_step').set(step).where('response_id', '=', id).execute();
      // The other server was killed while a tool worked.
      const running = { status: 'RUNNING' as const, started_at: before(HOUR_MS) };
      await db
        .updateTable('tool_call')
        .set(running)
        .where('id', '=', first?.id ?? '')
        .execute();
      await db
        .insertInto('response_step')
        .values({
          ...{ response_id: id, number: 2, key: `call/${first?.id}`, kind: 'TOOL', tool_id: 'look' },
          started_at: before(HOUR_MS),
        })
        .execute();
    });
    const [, waiting] = callsOf(response);
    await eventually(async () => {
      await member.gql(answerDocument, { responseId: response.id, toolCallId: waiting?.id });
      expect(await worked(member, turn.id)).toMatchObject([{ status: 'COMPLETED' }]);
    });
    const [after] = await worked(member, turn.id);
    expect(after).toMatchObject({ text: 'Let me see.\n\nWell.', creditsCharged: 2 * STEP_CREDITS });
    const [looked, mailed] = callsOf(after as Worked);
    expect(looked).toMatchObject({ status: 'UNCERTAIN', durationMs: null });
    expect(mailed?.status).toBe('DONE');
    expect(mailed?.durationMs).toBeLessThan(HOUR_MS);
    const figures = 'query ($id: ID!) { node(id: $id) { ... on Response { durationMs firstTokenMs } } }';
    const { durationMs, firstTokenMs } = (await member.gql(figures, { id: response.id })).node;
    expect(durationMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
    expect(durationMs).toBeLessThan(3 * HOUR_MS);
    expect(firstTokenMs).toBeLessThan(HOUR_MS);
    const { viewer } = await member.gql(receiptsDocument);
    const [said, uncertain, sent, last] = viewer.credits.entries.edges[0].node.receipt.steps;
    expect([said.durationMs, uncertain.durationMs]).toEqual([5000, 0]);
    for (const step of [sent, last]) expect(step.durationMs).toBeLessThan(HOUR_MS);
  });

  it('counts for the minutes that it may take, those of tools too, and not those in which it waits', async () => {
    const { db } = database();
    const { member, turn } = await interrupted(async ({ id: apiId, parts }) => {
      const id = uuidOf(apiId);
      const [first] = callsOf({ parts });
      await db
        .updateTable('response')
        .set({ created_at: before(2 * HOUR_MS) })
        .where('id', '=', id)
        .execute();
      const step = { started_at: before(HOUR_MS), duration_ms: 20_000 };
      await db.updateTable('response_step').set(step).where('response_id', '=', id).execute();
      const ended = { status: 'DONE' as const, started_at: before(HOUR_MS - 30_000), ended_at: new Date() };
      await db
        .updateTable('tool_call')
        .set(ended)
        .where('id', '=', first?.id ?? '')
        .execute();
      // Forty seconds of a tool.
      await db
        .insertInto('response_step')
        .values({
          ...{ response_id: id, number: 2, key: `call/${first?.id}`, kind: 'TOOL', tool_id: 'look' },
          ...{ started_at: before(HOUR_MS - 30_000), duration_ms: 40_000 },
        })
        .execute();
    });
    const after = await eventually(async () => {
      const [one] = await worked(member, turn.id);
      expect(one?.status).toBe('COMPLETED');
      return one as Worked;
    });
    expect(after).toMatchObject({ text: 'Let me see.', shortenedBy: 'MINUTES', finishReason: 'LENGTH' });
    expect(after.creditsCharged).toBe(STEP_CREDITS);
    expect(callsOf(after).map(({ status }) => status)).toEqual(['DONE', 'FAILED']);
    expect(mail.requests).toHaveLength(1);
    expect(shop.requests).toHaveLength(1);
  });
});

describe('an answer whose minutes are over', () => {
  const shop = createWorkshop();
  const slow = makeTool(
    'slow',
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  );
  /** Says something, and then nothing more. */
  const languageModel: LanguageModel = {
    ...shop.languageModel,
    async stream(request, onPart) {
      if (request.model !== 'helper') return shop.languageModel.stream(request, onPart);
      onPart(text('So far.'));
      await new Promise((_resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    },
  };
  let database: TestDatabase;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      catalogue: workshopCatalogue,
      languageModels: { lab: languageModel },
      tools: [slow],
      env: { AGENT_MINUTES_MAX: '1' },
    });
    member = await app.newMember();
  });
  afterAll(async () => {
    vi.useRealTimers();
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  it('ends with what there is, whether a model writes or a tool works', async () => {
    shop.script('worker', () => [text('I will try.'), ...call('slow', {})]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const { turn } = await ask(member, {
      prompt: 'Slowly',
      modelIds: ['lab/worker', 'lab/helper'],
      toolIds: ['slow'],
    } as never);
    const events = watch(member, turn.id);
    await eventually(async () => {
      expect(slow.requests).toHaveLength(1);
      expect((await worked(member, turn.id))[1]?.text).toBe('So far.');
    });
    vi.advanceTimersByTime(60_000);
    expect((await events).filter(({ __typename: type }) => type === 'ResponseFinished')).toHaveLength(2);
    const [working, writing] = await worked(member, turn.id);
    for (const one of [working, writing]) {
      expect(one).toMatchObject({ status: 'COMPLETED', shortenedBy: 'MINUTES', finishReason: 'LENGTH', failure: null });
      expect(one?.creditsCharged).toBeLessThanOrEqual(one?.creditsHeld ?? 0);
    }
    expect(working).toMatchObject({ text: 'I will try.', creditsCharged: STEP_CREDITS });
    expect(callsOf(working as Worked)).toMatchObject([{ status: 'UNCERTAIN' }]);
    expect(slow.requests[0]?.signal.aborted).toBe(true);
    expect(writing).toMatchObject({ text: 'So far.', usage: { estimated: true } });
    expect(writing?.creditsCharged).toBeGreaterThan(0);
    await expectReconciled(database.db);
  });
});
