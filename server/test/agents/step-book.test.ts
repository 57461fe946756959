import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewToolCall } from '../../src/database/agents/tool-calls.ts';
import { type AnswerContext, showCall } from '../../src/domain/agents/answer-context.ts';
import { AnswerCourse } from '../../src/domain/agents/answer-course.ts';
import { type BookedStep, StepBook } from '../../src/domain/agents/step-book.ts';
import { makeCalls } from '../../src/domain/agents/tool-steps.ts';
import { createLiveResponses } from '../../src/domain/answering/live-responses.ts';
import { givenTools } from '../../src/domain/tools/tool-box.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import { call, createWorkshop, makeTool, told } from './workshop.ts';

const figures = {
  model_id: 'lab/worker',
  input_tokens: 1,
  cached_input_tokens: 0,
  cache_write_input_tokens: 0,
  output_tokens: 1,
  reasoning_tokens: 0,
  estimated: false,
  credits: 0,
  cost_usd: '0',
  duration_ms: 1,
};

describeDatabases('the steps of an answer', (database) => {
  const shop = createWorkshop();
  const mail = makeTool('mail', () => told('Sent.'), { isReadOnly: false });
  let house: House;
  let identity: AnswerContext['asked']['identity'];
  let book: StepBook;
  beforeAll(async () => {
    const catalogue = labCatalogue({ worker: {} }, { FREE: { monthlyCredits: 10_000_000_000 } });
    const { languageModel } = shop;
    house = await startHouse({ database: database(), catalogue, languageModel, tools: [mail] });
    const member = await addMember(database());
    shop.script('worker', () => call('mail', {}));
    const { id: turnId, conversation_id: conversationId } = await house.prompts.send(member, {
      prompt: 'Work',
      modelIds: ['lab/worker'],
      toolIds: ['mail'],
    });
    const [response] = house.live.ofTurn(turnId);
    if (!response) throw new Error('There is no response.');
    identity = { ...response, turnId, conversationId, userId: member.id };
    // The answer of the house waits for its member, while the test has steps of its own noted.
    const { db } = database();
    await until(async () => (await db.selectFrom('tool_call').selectAll().execute()).length > 0, 'a call waits');
    book = await StepBook.open(db, response.id, house.generation.owner);
  });
  afterAll(() => house?.end());

  const stepOf = (key: string, kind: 'MODEL' | 'TOOL' = 'MODEL') => ({
    key,
    kind,
    model_id: kind === 'MODEL' ? 'lab/worker' : null,
    tool_id: kind === 'TOOL' ? 'mail' : null,
    tool_name: null,
    input_tokens_expected: 0,
    text_start: 0,
    reasoning_start: 0,
    parts_start: 0,
  });
  const callOf = ({ row }: BookedStep, place: number, status: NewToolCall['status']): NewToolCall => ({
    id: randomUUID(),
    response_id: identity.id,
    step: row.number,
    place,
    provider_call_id: `call_${place}`,
    tool_id: 'mail',
    name: 'mail',
    arguments: '{}',
    status,
  });
  const begun = async (key: string, calls: (step: BookedStep) => NewToolCall[]): Promise<BookedStep> => {
    const step = (await book.begin(stepOf(key))) as BookedStep;
    await book.end(step, figures, { said: { parts: [] }, calls: calls(step) });
    return step;
  };

  it('are noted once, though a connection breaks before it says so', async () => {
    const step = (await book.begin(stepOf('one'))) as BookedStep;
    expect(await book.begin(stepOf('one'))).toBe(step);
    const calls = [callOf(step, 0, 'WRITTEN')];
    for (let time = 0; time < 2; time++) await book.end(step, figures, { said: { parts: [] }, calls });
    const [made] = step.calls as [BookedStep['calls'][0]];
    const toolStep = await book.begin(stepOf(`call/${made.id}`, 'TOOL'), made);
    expect(toolStep).not.toBeNull();
    expect(await book.begin(stepOf(`call/${made.id}`, 'TOOL'), made)).toBe(toolStep);
    const end = { from: ['RUNNING'] as const, status: 'DONE' as const, result: told('Sent.') };
    await book.endCall({ ...made }, end, toolStep, 5);
    await book.endCall(made, end, toolStep, 5);
    expect(made).toMatchObject({ status: 'DONE', result: told('Sent.') });
    expect(await book.begin(stepOf(`call/${made.id}/again`, 'TOOL'), made)).toBeNull();
  });

  it('may make thousands of calls', async () => {
    const step = await begun('many', (one) => Array.from({ length: 6000 }, (_, place) => callOf(one, place, 'FAILED')));
    expect(step.calls).toHaveLength(6000);
  });

  function contextOf(live: ReturnType<typeof createLiveResponses>): AnswerContext {
    const response = live.open(identity);
    const { db } = database();
    const { notifications } = house;
    const course = new AnswerCourse(response, 60_000);
    const hold = { held: 0, maximum: 0, cover: async () => false };
    const context = { db, book, course, response, notifications, toolBox: givenTools([mail]), hold, log: testLog };
    return { ...context, asked: { identity, apiKeyId: null } } as unknown as AnswerContext;
  }

  it('make no call if the answer ends while it is noted that the call begins', async () => {
    const step = await begun('stopped', (one) => [callOf(one, 0, 'WRITTEN')]);
    const context = contextOf(createLiveResponses());
    const { begin } = book;
    book.begin = async (...begins) => {
      const noted = await begin.apply(book, begins);
      context.response.stop('STOPPED');
      return noted;
    };
    try {
      await expect(makeCalls(context, { kind: 'said', step: step.row.number })).rejects.toThrow('STOPPED');
    } finally {
      book.begin = begin;
      context.course.close();
    }
    expect(mail.requests).toEqual([]);
    expect(step.calls).toMatchObject([{ status: 'FAILED', credits: 0 }]);
  });

  it('tell readers of a call only when it has changed', async () => {
    const step = await begun('shown', (one) => [callOf(one, 0, 'WAITING_FOR_APPROVAL')]);
    const [row] = step.calls as [BookedStep['calls'][0]];
    const context = contextOf(createLiveResponses());
    context.course.close();
    const { response } = context;
    const told = { name: 'mail', toolId: 'mail', durationMs: null, credits: null, result: null };
    response.beginCall({ id: 'a', name: 'mail', signature: null }).progress = {
      ...told,
      id: row.id,
      status: 'WRITING',
    };
    const before = response.partsRevision;
    for (let time = 0; time < 3; time++) showCall(context, row);
    expect(response.partsRevision).toBe(before + 1);
    showCall(context, { ...row, status: 'REFUSED', ended_at: new Date() });
    expect(response.partsRevision).toBe(before + 2);
  });
});
