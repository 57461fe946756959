import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentDefinition } from '../../../src/domain/agents/agent-definition.ts';
import { loadLangGraph } from '../../../src/domain/agents/langgraph.ts';
import { stopEverywhere } from '../../../src/domain/answering/stopping.ts';
import type { Tool } from '../../../src/ports/tool.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { labCatalogue } from '../../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../../credits/house.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { call, createWorkshop, lastOf, makeTool, text, told } from '../workshop.ts';

const leaseMs = 300;
/** What a request costs at the prices of `labCatalogue`, in credits. */
const STEP = 100 * 1 + 10 * 4;

describeDatabases('an agent whose process died', (database) => {
  const shop = createWorkshop();
  const catalogue = labCatalogue({ worker: {} }, { FREE: { monthlyCredits: 10_000_000_000 } });
  let release = () => {};
  const slow = makeTool(
    'slow',
    () =>
      new Promise((resolve) => {
        release = () => resolve(told('At last.'));
      }),
  );
  const mail: Tool = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  const failing: AgentDefinition = {
    id: 'failing',
    name: 'Failing',
    description: 'Fails.',
    async graph(run) {
      const { END, MessagesAnnotation, START, StateGraph } = await loadLangGraph();
      return new StateGraph(MessagesAnnotation)
        .addNode('ask', async (_state, config) => {
          await run.at(config).ask({ tools: false });
          throw new Error('a mistake');
        })
        .addEdge(START, 'ask')
        .addEdge('ask', END)
        .compile({ checkpointer: run.checkpointer });
    },
  };
  const start = () =>
    startHouse({
      database: database(),
      catalogue,
      languageModel: shop.languageModel,
      tools: [slow, mail],
      agents: [failing],
      leaseMs,
    });
  const houses: House[] = [];
  const open = async () => {
    const house = await start();
    houses.push(house);
    return house;
  };
  beforeEach(() => {
    shop.script('worker', (request) =>
      lastOf(request).parts.some(({ type }) => type === 'toolResult')
        ? [text('Well.')]
        : [text('So far.'), ...call(request.options?.tools?.[0]?.name ?? '', {})],
    );
  });
  afterEach(async () => {
    release();
    for (const house of houses.splice(0)) await house.end();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
  });

  const rows = {
    response: (id: string) =>
      database().db.selectFrom('response').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
    calls: (id: string) => database().db.selectFrom('tool_call').selectAll().where('response_id', '=', id).execute(),
    triesLeft: async (id: string) => {
      const task = await database().db.selectFrom('agent_task').selectAll().where('response_id', '=', id).execute();
      return task[0]?.tries_left ?? null;
    },
  };

  async function send(house: House, toolIds: string[], agentId: string | null = null) {
    const member = await addMember(database());
    const turn = await house.prompts.send(member, { prompt: 'Work', modelIds: ['lab/worker'], toolIds, agentId });
    const { id } = await database()
      .db.selectFrom('response')
      .select('id')
      .where('turn_id', '=', turn.id)
      .executeTakeFirstOrThrow();
    return id;
  }
  const hasCall = (id: string, status: string) => async () => (await rows.calls(id))[0]?.status === status;

  it('ends with what it has and pays for its steps, if it was taken up too often', async () => {
    const { db } = database();
    const dying = await open();
    const id = await send(dying, ['slow']);
    await until(hasCall(id, 'RUNNING'), 'the tool works');
    await dying.freeze();
    await db.updateTable('agent_task').set({ tries_left: 0 }).where('response_id', '=', id).execute();
    await open();
    await until(async () => (await rows.response(id)).lease_until === null, 'it is final');
    const { status, text, credits_charged, parts, input_tokens } = await rows.response(id);
    const steps = await db
      .selectFrom('response_step')
      .selectAll()
      .where('response_id', '=', id)
      .orderBy('number')
      .execute();
    expect({ status, text, input_tokens }).toEqual({ status: 'INTERRUPTED', text: 'So far.', input_tokens: 100 });
    expect(steps.map(({ kind, duration_ms }) => [kind, duration_ms !== null])).toEqual([
      ['MODEL', true],
      ['TOOL', true],
    ]);
    expect(credits_charged).toBe(STEP);
    expect(await rows.calls(id)).toMatchObject([{ status: 'UNCERTAIN', result: null }]);
    expect(parts).toMatchObject([{ kind: 'text' }, { kind: 'toolCall', data: { status: 'UNCERTAIN' } }]);
    for (const table of ['agent_task', 'checkpoints', 'checkpoint_blobs', 'checkpoint_writes'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });

  it('is stopped as its member said, by whoever finds it', async () => {
    const dying = await open();
    const id = await send(dying, ['slow']);
    await until(hasCall(id, 'RUNNING'), 'the tool works');
    const stopping = stopEverywhere({ ...dying, db: database().db }, [await rows.response(id)]);
    await until(async () => (await rows.response(id)).stop_requested, 'the stop is written down');
    await dying.freeze();
    await open();
    await until(async () => (await rows.response(id)).lease_until === null, 'it is final');
    expect(await rows.response(id)).toMatchObject({ status: 'STOPPED', text: 'So far.', credits_charged: STEP });
    expect(shop.requests).toHaveLength(1);
    await stopping.catch(() => {});
  });

  it('is taken up a few times only, and as often as it is handed on', async () => {
    const first = await open();
    const id = await send(first, ['mail']);
    await until(hasCall(id, 'WAITING_FOR_APPROVAL'), 'the call waits');
    expect(await rows.triesLeft(id)).toBe(5);
    await first.freeze();
    const second = await open();
    await until(async () => (await rows.triesLeft(id)) === 4, 'it is taken up');
    await until(() => second.generation.runs(id), 'it goes on');
    await second.end();
    expect(await rows.triesLeft(id)).toBe(5);
    const third = await open();
    await until(() => third.generation.runs(id), 'it goes on');
    expect(await rows.triesLeft(id)).toBe(4);
    await third.generation.stop([id], 'STOPPED');
    expect(await rows.response(id)).toMatchObject({ status: 'STOPPED', text: 'So far.' });
    expect(await rows.calls(id)).toMatchObject([{ status: 'FAILED' }]);
  });

  it('goes on after any time', async () => {
    const first = await open();
    const id = await send(first, ['slow']);
    await until(hasCall(id, 'RUNNING'), 'the tool works');
    await first.freeze();
    const longAgo = new Date(Date.now() - 60 * 86_400_000);
    await database().db.updateTable('tool_call').set({ started_at: longAgo }).where('response_id', '=', id).execute();
    await open();
    await until(async () => (await rows.response(id)).lease_until === null, 'it is final');
    expect(await rows.response(id)).toMatchObject({ status: 'COMPLETED', credits_charged: 2 * STEP });
    expect(await rows.calls(id)).toMatchObject([{ status: 'UNCERTAIN' }]);
  });

  it('fails, and is charged, if its graph does not get any further', async () => {
    const house = await open();
    shop.script('worker', () => [text('Thought.')]);
    const id = await send(house, [], 'failing');
    await until(async () => (await rows.response(id)).lease_until === null, 'it is final');
    expect(await rows.response(id)).toMatchObject({ status: 'FAILED', text: 'Thought.', credits_charged: STEP });
    expect(shop.requests).toHaveLength(1);
  });
});
