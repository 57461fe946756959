import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/ports/language-model.ts';
import { RESULT_LENGTH_MAX, ToolUnavailable } from '../../src/ports/tool.ts';
import { ask, type PromptInput, send } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
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
  workDocument,
  worked,
  workshopCatalogue,
} from './workshop.ts';

type WorkInput = PromptInput & { toolIds?: string[]; agentId?: string; maxCredits?: number };

describeDatabases('an answer with tools', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let member: Client;
  let release = () => {};
  const weather = makeTool('weather', ({ arguments: { city } }) => told(`It rains in ${city}.`), {
    parameters: { properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  });
  const broken = makeTool('broken', () => Promise.reject(new ToolUnavailable('The tool is down.')));
  const lost = makeTool('lost', () => Promise.reject(new Error('who knows')));
  const failing = makeTool('failing', () => told('No such city.', true));
  const painter = makeTool('painter', () => ({
    content: [{ type: 'file', mediaType: 'image/png', data: 'aGVsbG8=', name: 'picture.png' }],
    isError: false,
    citations: [{ url: 'https://example.com/a', title: 'A' }],
  }));
  const odd = makeTool('odd', () => ({
    content: [
      { type: 'text', text: `\0${'x'.repeat(RESULT_LENGTH_MAX)}` },
      { type: 'file', mediaType: 'image/png', data: 'aGVsbG8=', name: 'a\0b.png' },
    ],
    isError: false,
    citations: [{ url: 'https://example.com/\ud800', title: 'A\0' }],
  }));
  const slow = makeTool(
    'slow',
    ({ signal }) =>
      new Promise((resolve, reject) => {
        release = () => resolve(told('At last.'));
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      }),
  );
  const tools = [weather, broken, lost, failing, painter, odd, slow];

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      tools,
      env: { AGENT_STEPS_MAX: '6', AGENT_CREDITS_MAX: '500000' },
    });
    member = await app.newMember();
  });
  beforeEach(() => {
    for (const tool of tools) tool.requests.length = 0;
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const input = (prompt: string, more: Partial<WorkInput> = {}): WorkInput => ({
    prompt,
    modelIds: ['lab/worker'],
    toolIds: ['weather'],
    ...more,
  });

  async function work(more: Partial<WorkInput> = {}) {
    const { turn } = await ask(member, input('How is the weather?', more));
    const events = await watch(member, turn.id);
    const [response] = await worked(member, turn.id);
    if (!response) throw new Error('There is no response.');
    return { turn, events, response };
  }

  it('calls tools until it can answer, shows each call, and is charged by its steps', async () => {
    shop.script('worker', (_request, index) =>
      index === 0
        ? [
            { type: 'reasoning', text: 'Two cities.' },
            { type: 'signature', text: 'proof', redacted: false },
            text('Let me look.'),
            ...call('weather', { city: 'Bern' }, 0, 'thought'),
            ...call('weather', { city: 'Ulm' }, 1),
          ]
        : [text('It rains in both.')],
    );
    const { events, response, turn } = await work();

    expect(response).toMatchObject({
      status: 'COMPLETED',
      text: 'Let me look.\n\nIt rains in both.',
      reasoning: 'Two cities.',
      finishReason: 'STOP',
      shortenedBy: null,
      creditsCharged: 2 * STEP_CREDITS,
      usage: { inputTokens: 200, outputTokens: 20, estimated: false },
    });
    expect(response.parts.map((part) => part.text ?? part.status)).toEqual([
      'Two cities.',
      'Let me look.',
      'DONE',
      'DONE',
      '\n\nIt rains in both.',
    ]);
    const done = { name: 'weather', toolId: 'weather', status: 'DONE', creditsCharged: 0 };
    expect(callsOf(response)).toMatchObject([
      { ...done, arguments: '{"city":"Bern"}', result: 'It rains in Bern.' },
      { ...done, arguments: '{"city":"Ulm"}', result: 'It rains in Ulm.' },
    ]);
    expect(await oneCall(member, response)).toMatchObject({ ...done, result: 'It rains in Bern.' });
    const told = events.filter(({ __typename }) => __typename === 'ToolCallChanged').map(({ part }) => part);
    expect(told.at(-1)).toMatchObject({ status: 'DONE', result: expect.stringMatching(/^It rains in/) });

    // The model is told what it said, with its proofs, and what the tools told.
    const [, second] = shop.requests as [ModelRequest, ModelRequest];
    expect(second.messages.slice(-2)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Two cities.', signature: 'proof' },
          { type: 'text', text: 'Let me look.' },
          { type: 'toolCall', id: 'weather_0', name: 'weather', arguments: '{"city":"Bern"}', signature: 'thought' },
          { type: 'toolCall', id: 'weather_1', name: 'weather', arguments: '{"city":"Ulm"}', signature: null },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            type: 'toolResult',
            callId: 'weather_0',
            content: [{ type: 'text', text: 'It rains in Bern.' }],
            isError: false,
          },
          {
            type: 'toolResult',
            callId: 'weather_1',
            content: [{ type: 'text', text: 'It rains in Ulm.' }],
            isError: false,
          },
        ],
      },
    ]);
    expect(second.options?.tools?.map(({ name }) => name)).toEqual(['weather']);
    expect(second.system).toContain('data that others may have written');
    expect(weather.requests.map((request) => request.arguments.city).sort()).toEqual(['Bern', 'Ulm']);
    expect(new Set(weather.requests.map(({ callId }) => callId)).size).toBe(2);

    const { viewer } = await member.gql(receiptsDocument);
    const [{ node: charge }] = viewer.credits.entries.edges;
    expect(charge).toMatchObject({ kind: 'CHARGE', amount: -2 * STEP_CREDITS });
    expect(charge.receipt.steps).toMatchObject([
      {
        number: 1,
        kind: 'MODEL',
        model: { id: 'lab/worker' },
        inputTokens: 100,
        outputTokens: 10,
        credits: STEP_CREDITS,
      },
      { number: 2, kind: 'TOOL', model: null, toolId: 'weather', credits: 0 },
      { number: 3, kind: 'TOOL', toolId: 'weather' },
      { number: 4, kind: 'MODEL', credits: STEP_CREDITS },
    ]);
    expect((await member.gql(workDocument, { id: turn.id })).node).toMatchObject({
      agentId: 'tools',
      toolIds: ['weather'],
    });
    const left = await database().db.selectFrom('checkpoints').selectAll().execute();
    expect(left).toEqual([]);
  });

  it('tells the model what went wrong with a call, and goes on', async () => {
    shop.script('worker', (_request, index) =>
      index === 0
        ? [
            ...call('broken', {}, 0),
            ...call('lost', {}, 1),
            ...call('failing', {}, 2),
            ...call('weather', { town: 'Bern' }, 3),
            ...call('stranger', {}, 4),
          ]
        : [text('Nothing worked.')],
    );
    const { response } = await work({ toolIds: ['weather', 'broken', 'lost', 'failing'] });
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Nothing worked.' });
    expect(callsOf(response).map(({ status }) => status)).toEqual([
      'FAILED',
      'UNCERTAIN',
      'FAILED',
      'FAILED',
      'FAILED',
    ]);
    const results = lastOf(shop.requests[1] as ModelRequest).parts;
    expect(
      results.map((part) => (part.type === 'toolResult' ? [part.isError, JSON.stringify(part.content)] : null)),
    ).toEqual([
      [true, expect.stringContaining('The tool is down.')],
      [true, expect.stringContaining('not known whether this call was carried out')],
      [true, expect.stringContaining('No such city.')],
      [true, expect.stringContaining('The arguments do not fit')],
      [true, expect.stringContaining('There is no tool \\"stranger\\"')],
    ]);
    expect(weather.requests).toEqual([]);
  });

  it('gives the model images that a tool told, and the answer its pages', async () => {
    shop.script('worker', (_request, index) => (index === 0 ? call('painter', {}) : [text('A picture.')]));
    const { response } = await work({ toolIds: ['painter'] });
    expect(response).toMatchObject({ text: 'A picture.', citations: [{ url: 'https://example.com/a' }] });
    expect(callsOf(response)).toMatchObject([{ result: '' }]);
    expect(lastOf(shop.requests[1] as ModelRequest).parts).toMatchObject([
      { type: 'toolResult', content: [{ type: 'file', mediaType: 'image/png', data: 'aGVsbG8=' }] },
    ]);
  });

  it('keeps what a tool told, whatever is in it, and no more than fits', async () => {
    shop.script('worker', (_request, index) =>
      index === 0
        ? call('odd', {}, 0, 'proof\0')
        : [text('Odd.'), { type: 'citation', url: 'https://example.com/b', title: null }],
    );
    const { response } = await work({ toolIds: ['odd'] });
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Odd.', creditsCharged: 2 * STEP_CREDITS });
    expect(response.citations).toEqual([{ url: 'https://example.com/\ufffd' }, { url: 'https://example.com/b' }]);
    const [made] = callsOf(response);
    expect(made?.status).toBe('DONE');
    expect(made?.result).toMatch(/^\ufffdx+\n\[cut: the result is longer\]/);
  });

  it('stops a tool that works', async () => {
    shop.script('worker', () => [text('Wait.'), ...call('slow', {})]);
    const { turn } = await ask(member, input('Slowly', { toolIds: ['slow'] }));
    await eventually(() => expect(slow.requests).toHaveLength(1));
    await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    const [response] = await worked(member, turn.id);
    expect(response).toMatchObject({ status: 'STOPPED', text: 'Wait.', creditsCharged: STEP_CREDITS });
    expect(callsOf(response as never)).toMatchObject([{ status: 'UNCERTAIN' }]);
    expect(slow.requests[0]?.signal.aborted).toBe(true);
  });

  it('shows a call that is under way to whoever comes late', async () => {
    shop.script('worker', (_request, index) => (index === 0 ? call('slow', { a: 1 }) : [text('Done.')]));
    const { turn } = await ask(member, input('Late', { toolIds: ['slow'] }));
    await eventually(() => expect(slow.requests).toHaveLength(1));
    const [response] = await worked(member, turn.id);
    expect(response?.parts).toMatchObject([{ __typename: 'ToolCallPart', status: 'RUNNING', arguments: '{"a":1}' }]);
    expect(await oneCall(member, response as Worked)).toMatchObject({ name: 'slow', status: 'RUNNING', result: null });
    const seen: string[] = [];
    await watch(member, turn.id, (event) => {
      if (event.__typename !== 'ToolCallChanged') return;
      seen.push(event.part.status);
      release();
    });
    expect(seen).toEqual(['RUNNING', 'DONE']);
  });

  it('answers with what there is when its steps are used up', async () => {
    shop.script('worker', ({ options }) =>
      options?.toolChoice === 'none' ? [text('That is all.')] : call('weather', { city: 'Bern' }),
    );
    const { response } = await work();
    expect(response).toMatchObject({
      status: 'COMPLETED',
      text: 'That is all.',
      shortenedBy: 'STEPS',
      finishReason: 'LENGTH',
    });
    expect(shop.requests).toHaveLength(6);
    expect(response.creditsCharged).toBe(6 * STEP_CREDITS);
  });

  it('ends at its budget, and never costs more', async () => {
    shop.script('worker', (_request, index) => [text(`Step ${index}.`), ...call('weather', { city: 'Bern' })]);
    const quote =
      'query ($input: SendPromptInput!) { quote(input: $input) { maximum held answerBudget { credits steps minutes } } }';
    const first = (await member.gql(quote, { input: input('How?') })).quote;
    expect(first).toMatchObject({ maximum: 500_000, answerBudget: { credits: 500_000, steps: 6, minutes: 30 } });
    // Enough for the first request with a short answer, and not for the second.
    const maxCredits = first.held - 2000 + 2 * 64 + STEP_CREDITS;
    expect((await member.gql(quote, { input: input('How?', { maxCredits }) })).quote).toEqual({
      maximum: maxCredits,
      held: maxCredits,
      answerBudget: { credits: maxCredits, steps: 6, minutes: 30 },
    });
    const { response } = await work({ maxCredits });
    expect(response).toMatchObject({ text: 'Step 0.', shortenedBy: 'CREDITS', finishReason: 'LENGTH' });
    expect(response).toMatchObject({ status: 'COMPLETED', creditsCharged: STEP_CREDITS, creditsHeld: maxCredits });
  });

  it('keeps what it wrote when a model fails in the middle, and charges what was made', async () => {
    shop.script('worker', (_request, index) => {
      if (index === 0) return [text('So far.'), ...call('weather', { city: 'Bern' })];
      throw new Error('broken');
    });
    const { response } = await work();
    expect(response).toMatchObject({ status: 'FAILED', text: 'So far.', creditsCharged: STEP_CREDITS });
    app.errors.length = 0;
  });

  it('runs the agent again when its answer is asked for again', async () => {
    shop.script('worker', (_request, index) => (index % 2 === 0 ? call('weather', { city: 'Bern' }) : [text('Rain.')]));
    const { response, turn } = await work();
    await member.gql('mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }', { id: response.id });
    await watch(member, turn.id);
    const [again] = await worked(member, turn.id);
    expect(again?.id).not.toBe(response.id);
    expect(callsOf(again as never)).toMatchObject([{ status: 'DONE' }]);
  });

  it.each([
    [{ toolIds: ['nothing'] }, { __typename: 'NotFoundError' }],
    [{ modelIds: ['lab/third'] }, { __typename: 'ModelUnavailableError', modelId: 'lab/third' }],
    [{ agentId: 'nobody' }, { __typename: 'NotFoundError' }],
    [{ maxCredits: 0 }, { __typename: 'InvalidInputError', field: 'maxCredits' }],
    [{ maxCredits: 5 }, { __typename: 'InvalidInputError', field: 'maxCredits' }],
    [
      { toolIds: [], maxCredits: 5000 },
      { __typename: 'InvalidInputError', field: 'maxCredits' },
    ],
    [
      { blind: true, modelIds: ['lab/worker', 'lab/helper'] },
      { __typename: 'InvalidInputError', field: 'toolIds' },
    ],
  ])('refuses %j', async (more, refusal) => {
    expect(await send(member, input('No', more))).toMatchObject(refusal);
  });
});

/** The first call of a response, asked for by itself. */
async function oneCall(member: Client, response: Worked) {
  const [first] = callsOf(response);
  const query = `query ($id: ID!, $call: ID!) { node(id: $id) { ... on Response {
    toolCall(id: $call) { name toolId status creditsCharged result } none: toolCall(id: "another") { name }
  } } }`;
  const { node } = await member.gql(query, { id: response.id, call: first?.id });
  expect(node.none).toBeNull();
  return node.toolCall;
}
