import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FailureCode, type LanguageModel, ModelFailure, textOf } from '../../../../src/ports/language-model.ts';
import { accountOf, expectSettled } from '../../../api/asking.ts';
import { createScriptedModel } from '../../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../../setup/app.ts';
import { describeDatabases } from '../../../setup/describe-databases.ts';
import { all, makeKey, newProgram, openAI, type Program } from '../openai-client.ts';

const swift = { model: 'mock/swift', input: 'Hello' };
const user = { role: 'user', content: 'Hello' };
const call = { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'call_1', output: 'seen' };
const look = { type: 'function', name: 'look' };
const deep = { type: 'object', properties: JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`) };
const part = (fields: object) => ({ input: [{ role: 'user', content: [fields] }] });

/** Wrong bodies, each with the field that is wrong. */
const wrong: [what: string, body: object, param: string | null][] = [
  ['no model', { model: undefined }, 'model'],
  ['a model that is no text', { model: 7 }, 'model'],
  ['no input', { input: null }, 'input'],
  ['an input that is no list', { input: { role: 'user' } }, 'input'],
  ['an empty input', { input: ' ' }, 'input'],
  ['an item that is no object', { input: ['Hello'] }, 'input[0]'],
  ['an item of an unknown type', { input: [{ type: 'computer_call_output' }] }, 'input[0].type'],
  ['a reference to an item', { input: [user, { type: 'item_reference', id: 'msg_1' }] }, 'input[1].type'],
  ['a message without a role', { input: [{ content: 'Hello' }] }, 'input[0].role'],
  ['a message of nobody known', { input: [{ role: 'tool', content: 'Hello' }] }, 'input[0].role'],
  ['a message that is empty', { input: [{ role: 'user', content: [] }] }, 'input[0].content'],
  ['an unknown part', part({ type: 'input_video' }), 'input[0].content[0].type'],
  ['a text that is no text', part({ type: 'input_text', text: 7 }), 'input[0].content[0].text'],
  [
    'an image to be fetched',
    part({ type: 'input_image', image_url: 'https://a.b/c.png' }),
    'input[0].content[0].image_url',
  ],
  ['an image that is kept', part({ type: 'input_image', file_id: 'file_1' }), 'input[0].content[0].file_id'],
  [
    'an image that is none',
    part({ type: 'input_image', image_url: 'data:a/b;base64,AA==' }),
    'input[0].content[0].image_url',
  ],
  ['a file to be fetched', part({ type: 'input_file', file_url: 'https://a.b/c' }), 'input[0].content[0].file_url'],
  ['a file of an unknown kind', part({ type: 'input_file', file_data: 'AA==' }), 'input[0].content[0].file_data'],
  ['a result without its call', { input: [user, output] }, 'input[1].call_id'],
  ['two results of a call', { input: [user, call, output, output] }, 'input[3].call_id'],
  ['two calls with one id', { input: [user, call, call, output] }, 'input[2].call_id'],
  ['a call without its result', { input: [user, call, user] }, 'input'],
  [
    'an answer before a result',
    { input: [user, call, user, { role: 'assistant', content: 'Hm' }, output] },
    'input[3].type',
  ],
  ['an unknown tool', { tools: [{ type: 'mcp', server_label: 'a' }] }, 'tools[0].type'],
  ['a tool without a name', { tools: [{ type: 'function' }] }, 'tools[0].name'],
  ['a tool with a name that no model takes', { tools: [{ type: 'function', name: 'a b' }] }, 'tools[0].name'],
  ['two tools with one name', { tools: [look, { ...look, type: 'custom' }] }, 'tools[1].name'],
  ['a schema that is too deep', { tools: [{ ...look, parameters: deep }] }, 'tools[0].parameters'],
  ['a choice among no tools', { tool_choice: 'required' }, 'tool_choice'],
  ['a choice of no tool', { tools: [look], tool_choice: { type: 'function', name: 'see' } }, 'tool_choice.name'],
  ['a choice that is none', { tool_choice: 'any' }, 'tool_choice'],
  ['a temperature that is too high', { temperature: 2.1 }, 'temperature'],
  ['a share of nothing', { top_p: 0 }, 'top_p'],
  ['an answer without a token', { max_output_tokens: 0 }, 'max_output_tokens'],
  ['an unknown effort', { reasoning: { effort: 'much' } }, 'reasoning.effort'],
  ['an unknown form', { text: { format: { type: 'xml' } } }, 'text.format.type'],
  ['a form without a schema', { text: { format: { type: 'json_schema', name: 'a' } } }, 'text.format.schema'],
  ['an earlier response', { previous_response_id: 'resp_1' }, 'previous_response_id'],
  ['a kept conversation', { conversation: 'conv_1' }, 'conversation'],
  ['work in the background', { background: true }, 'background'],
  ['probabilities', { include: ['message.output_text.logprobs'] }, 'include'],
  ['labels that are no texts', { metadata: { a: 1 } }, 'metadata'],
  ['a stream that is neither on nor off', { stream: 'yes' }, 'stream'],
];

/** A model that fails as the prompt says, before its first word. */
const failing: LanguageModel = {
  stream: async ({ messages }) => {
    throw new ModelFailure(textOf(messages.at(-1) as (typeof messages)[number]) as FailureCode, 'Broken, on purpose.');
  },
  listModels: async () => [],
};

const labModel = (id: string) => ({
  id,
  name: id,
  minimumTier: 'FREE',
  contextWindow: 10_000,
  maxOutputTokens: 1_000,
  inputPriceUsd: 1,
  outputPriceUsd: 1,
});

describeDatabases('a refused response', (database) => {
  let app: TestApp;
  let program: Program;
  const scripted = createScriptedModel();
  beforeAll(async () => {
    const provider = (id: string) => ({ id, name: id, kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' });
    app = await startApp({
      database: database(),
      env: { MOCK_PACE: '1000' },
      catalogue: {
        providers: ['lab', 'broken'].map(provider),
        models: [labModel('lab/one'), labModel('broken/one'), { ...labModel('lab/dear'), outputPriceUsd: 1_000 }],
        tiers: { monthlyCredits: 100_000 },
      },
      languageModels: { lab: scripted, broken: failing },
      retryDelayMs: 1,
    });
    program = await newProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const patience = { timeout: 20_000 };
  const create = (body: object, openai = program.openai) => openai.responses.create(body as typeof swift);

  it.each(wrong)('names what is wrong with %s, and holds and stores nothing', async (_what, fields, param) => {
    const before = await accountOf(program.member);
    const refused = create({ ...swift, ...fields });
    await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(refused).rejects.toMatchObject({ type: 'invalid_request_error', param });
    expect(await accountOf(program.member)).toEqual(before);
    expect(await database().db.selectFrom('response').select('id').execute()).toEqual([]);
  });

  it('is an error of the class that the SDK has for it', async () => {
    const { member } = program;
    const reader = openAI(app, { apiKey: await makeKey(member, ['READ']) });
    const stranger = openAI(app, { apiKey: 'wrong' });
    const long = { model: 'lab/one', input: 'word '.repeat(20_000) };
    const cases = [
      [swift, OpenAI.AuthenticationError, { status: 401, code: 'invalid_api_key' }, stranger],
      [swift, OpenAI.PermissionDeniedError, { status: 403, code: 'insufficient_permissions' }, reader],
      [{ ...swift, model: 'mock/none' }, OpenAI.NotFoundError, { param: 'model', code: 'model_not_found' }],
      [{ ...swift, model: 'lab/dear' }, OpenAI.APIError, { status: 402, code: 'insufficient_quota' }],
      [long, OpenAI.BadRequestError, { param: 'input', code: 'context_length_exceeded' }],
    ] as const;
    for (const [body, kind, fields, openai] of cases) {
      const refused = create(body, openai);
      await expect(refused).rejects.toBeInstanceOf(kind);
      await expect(refused).rejects.toMatchObject(fields);
    }
  });

  it.each([
    ['RATE_LIMITED', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['OVERLOADED', OpenAI.InternalServerError, 'overloaded'],
    ['AUTHENTICATION', OpenAI.InternalServerError, 'upstream_error'],
    ['CONTEXT_TOO_LONG', OpenAI.BadRequestError, 'context_length_exceeded'],
    ['CONTENT_FILTERED', OpenAI.BadRequestError, 'content_filter'],
  ])('has a status if its model fails by %s before the first word, streamed or not', async (failure, kind, code) => {
    for (const stream of [false, true]) {
      const refused = create({ model: 'broken/one', input: failure, stream });
      await expect(refused).rejects.toBeInstanceOf(kind);
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining('Broken, on purpose.') });
    }
    await expectSettled(program.member);
  });

  it('keeps what was written if its model fails midway, and says so', async () => {
    const midway = { model: 'mock/faulty', input: 'Break off midway, please' };
    const whole = await program.openai.responses.create(midway);
    const events = await all(await program.openai.responses.create({ ...midway, stream: true }));
    const last = events.at(-1);
    if (last?.type !== 'response.failed') throw new Error(`The stream ended with ${last?.type}.`);
    for (const response of [whole, last.response]) {
      expect(response.status).toBe('failed');
      expect(response.error).toMatchObject({ code: 'server_error', message: expect.stringContaining('midway') });
      expect(response.output).toMatchObject([{ type: 'message', status: 'incomplete' }]);
      expect(response.usage).toMatchObject({ credits: expect.any(Number) });
    }
    const texts = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
    expect(texts.join('')).toBe(whole.output_text);
  });

  it.each([true, false])('ends with its client, who pays what was written (streamed: %s)', async (stream) => {
    const own = await newProgram(app);
    const abort = new AbortController();
    const asked = own.openai.responses.create({ model: 'lab/one', input: 'Go', stream }, { signal: abort.signal });
    await expect.poll(() => scripted.open.length, patience).toBe(1);
    const [open] = scripted.open;
    open?.push({ type: 'text', text: 'A beginning that is some tokens long.' });
    const reading = asked.then(async (answer) => (Symbol.asyncIterator in answer ? all(answer) : []));
    if (stream) await asked;
    abort.abort();
    await reading.catch((error) => expect(error).toBeInstanceOf(OpenAI.APIUserAbortError));
    await expect.poll(() => open?.request.signal.aborted, patience).toBe(true);
    await expect.poll(async () => (await accountOf(own.member)).held, patience).toBe(0);
    const { entries } = await expectSettled(own.member);
    expect(entries.filter(({ amount }) => amount < 0)).toHaveLength(1);
  });

  it('is one of another method than POST', async () => {
    const response = await fetch(`${app.url}/v1/responses`, { headers: { authorization: `Bearer ${program.key}` } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });
});
