import type Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createScriptedModel, type ScriptedCall, type ScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { eventsOf, hello, type MessagesProgram, newMessagesProgram, postMessage } from './anthropic-client.ts';

const weather = {
  name: 'get_weather',
  description: 'Tells the weather.',
  input_schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
};
const clock = { name: 'get_time', input_schema: { type: 'object' as const } };
const request = {
  model: 'mock/swift',
  max_tokens: 1000,
  tools: [weather, clock],
  messages: [{ role: 'user' as const, content: 'Call get_weather for Oslo, and get_time' }],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase('pglite');
});
afterAll(() => database?.close());

describe('tools of Anthropic’s SDK', () => {
  let app: TestApp;
  let program: MessagesProgram;
  beforeAll(async () => {
    app = await startApp({ database, env: { MOCK_PACE: '1000' } });
    program = await newMessagesProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  it('are called by a model, streamed or not, and their results answered', async () => {
    const { anthropic } = program;
    const message = await anthropic.messages.create(request);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.content).toMatchObject([
      { type: 'tool_use', name: 'get_weather', input: { city: expect.any(String) } },
      { type: 'tool_use', name: 'get_time', input: {} },
    ]);
    const streamed = await anthropic.messages.stream(request).finalMessage();
    expect(streamed.content).toEqual(message.content);
    expect(streamed.stop_reason).toBe('tool_use');
    const uses = message.content.filter((block) => block.type === 'tool_use');
    const results = uses.map(({ id }, index) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      ...(index === 0
        ? { content: '3 degrees' }
        : { content: [{ type: 'text' as const, text: 'No clock' }], is_error: true }),
    }));
    const messages: Anthropic.MessageParam[] = [
      ...request.messages,
      { role: 'assistant', content: message.content },
      { role: 'user', content: results },
    ];
    const answer = await anthropic.messages.create({ ...request, messages });
    expect(answer.stop_reason).toBe('end_turn');
    expect((answer.content[0] as { text: string }).text).toBe(
      'The tool get_weather answered: “3 degrees”.\n\nThe tool get_time failed: “No clock”.',
    );
  });

  it.each([false, true])('are run by the SDK’s own runner (streamed: %s)', async (stream) => {
    const cities: string[] = [];
    const tool = betaTool({
      name: 'get_weather',
      description: 'Tells the weather.',
      inputSchema: weather.input_schema,
      run({ city }) {
        cities.push(city as string);
        return `Rain in ${city}`;
      },
    });
    const { model, max_tokens, messages } = request;
    const runner = program.anthropic.beta.messages.toolRunner({ model, max_tokens, messages, tools: [tool], stream });
    const last = await runner.runUntilDone();
    expect(cities).toHaveLength(1);
    expect(last.content).toMatchObject([{ type: 'text', text: expect.stringContaining(`Rain in ${cities[0]}`) }]);
  });

  it('are called or not as tool_choice says', async () => {
    const { anthropic } = program;
    const messages = hello;
    const called = async (tool_choice: Anthropic.ToolChoice) => {
      const { content } = await anthropic.messages.create({ ...request, messages, tool_choice });
      return content.flatMap((block) => (block.type === 'tool_use' ? block.name : []));
    };
    expect(await called({ type: 'auto' })).toEqual([]);
    expect(await called({ type: 'any' })).toEqual(['get_weather']);
    expect(await called({ type: 'tool', name: 'get_time' })).toEqual(['get_time']);
    const none = await anthropic.messages.create({ ...request, tool_choice: { type: 'none' } });
    expect(none.stop_reason).toBe('end_turn');
    const single = { type: 'auto' as const, disable_parallel_tool_use: true };
    expect((await anthropic.messages.create({ ...request, tool_choice: single })).content).toHaveLength(1);
  });
});

describe('calls that a model writes', () => {
  let app: TestApp;
  let program: MessagesProgram;
  let scripted: ScriptedModel;
  beforeAll(async () => {
    scripted = createScriptedModel();
    app = await startApp({ database, languageModels: { mock: scripted } });
    program = await newMessagesProgram(app);
  });
  beforeEach(() => expect(scripted.open).toEqual([]));
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const nextCall = () => vi.waitUntil(() => scripted.open[0], { timeout: 20_000 });
  const answered = async (write: (call: ScriptedCall) => void | Promise<void>) => {
    const response = postMessage(app, program.key, { ...request, stream: true });
    const call = await nextCall();
    await write(call);
    call.finish({
      inputTokens: 10,
      cachedInputTokens: 20,
      cacheWriteInputTokens: 30,
      outputTokens: 4,
      reasoningTokens: 5,
    });
    return eventsOf(await response);
  };
  const begin = (call: number, name: string) =>
    ({ type: 'toolCall', call, id: `call_${call}`, name, signature: null }) as const;
  const json = (call: number, text: string) => ({ type: 'toolArguments', call, text }) as const;
  const tick = () => new Promise((resolve) => setTimeout(resolve, 30));

  it('are told one after the other, though their arguments come mixed', async () => {
    const events = await answered(async (call) => {
      call.push({ type: 'text', text: 'Let me look.' });
      call.push(begin(0, 'get_weather'));
      call.push(json(0, '{"city":'));
      await tick();
      call.push(begin(1, 'get_time'));
      call.push(json(1, '{"zone":{'));
      await tick();
      call.push(json(0, '"Os}'));
      call.push(begin(2, 'get_time'));
      call.push(json(2, '{}'));
      await tick();
      call.push(json(0, 'lo"}'));
      await tick();
      call.push(json(1, '}}'));
      await tick();
      call.push({ type: 'text', text: 'Done.' });
    });
    let open = -1;
    const texts: string[] = [];
    for (const { type, index = 0, content_block, delta } of events) {
      if (type === 'content_block_start') {
        expect(open).toBe(-1);
        expect(index).toBe(texts.length);
        texts.push(content_block.name ?? '');
        open = index;
      } else if (type === 'content_block_delta') {
        expect(index).toBe(open);
        texts[index] += delta.partial_json ?? delta.text;
      } else if (type === 'content_block_stop') {
        expect(index).toBe(open);
        open = -1;
      }
    }
    expect(texts).toEqual([
      'Let me look.',
      'get_weather{"city":"Os}lo"}',
      'get_time{"zone":{}}',
      'get_time{}',
      'Done.',
    ]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } });
  });

  it('are told as far as they came when the answer ends in the middle of them', async () => {
    const events = await answered((call) => {
      call.push({ type: 'text', text: 'Let me look.' });
      call.push(begin(0, 'get_weather'));
      call.push(json(0, '{"city":'));
      call.push(begin(1, 'get_time'));
      call.push(json(1, '{'));
    });
    const deltas = events.filter(({ type }) => type === 'content_block_delta');
    expect(deltas.map(({ index, delta }) => [index, delta.partial_json])).toEqual([
      [0, undefined],
      [1, '{"city":'],
      [2, '{'],
    ]);
    expect(events.filter(({ type }) => type === 'content_block_stop')).toHaveLength(3);
  });

  it('keep the JSON that is none where it cannot be an input', async () => {
    const message = program.anthropic.messages.create(request);
    const call = await nextCall();
    call.push(begin(0, 'get_weather'));
    call.push(json(0, '{"city":'));
    call.finish(null);
    expect((await message).content[0]).toMatchObject({ input: { INVALID_JSON: '{"city":' } });
  });

  it('are told what was read from and written to a cache', async () => {
    const events = await answered((call) => call.push({ type: 'text', text: 'Hi' }));
    expect(events.at(-2)?.usage).toEqual({
      input_tokens: 10,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 30,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 5 },
      credits: expect.any(Number),
    });
  });

  it('carry the proofs of thoughts there and back', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2048 };
    const asked = { ...request, model: 'mock/thinker', max_tokens: 4000, thinking };
    const streaming = program.anthropic.messages.stream(asked).finalMessage();
    const call = await nextCall();
    expect(call.request).toMatchObject({ reasoning: true, options: { reasoningTokensMax: 2048 } });
    call.push({ type: 'reasoning', text: 'Hm' });
    call.push({ type: 'reasoning', text: 'm.' });
    call.push({ type: 'signature', text: 'proof-1', redacted: false });
    call.push({ type: 'signature', text: 'hidden', redacted: true });
    call.push({ type: 'signature', text: 'proof-2', redacted: false });
    call.push({ type: 'text', text: 'So.' });
    call.push({ type: 'toolCall', call: 0, id: 'call_0', name: 'get_time', signature: 'gemini' });
    call.push(json(0, '{}'));
    call.finish(null);
    const { content } = await streaming;
    expect(content).toMatchObject([
      { type: 'thinking', thinking: 'Hmm.', signature: 'proof-1' },
      { type: 'redacted_thinking', data: 'hidden' },
      { type: 'thinking', thinking: '', signature: 'proof-2' },
      { type: 'text', text: 'So.' },
      { type: 'tool_use', id: 'call_0', name: 'get_time', input: {}, signature: 'gemini' },
    ]);
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'call_0', content: 'Noon' }] },
    ];
    const whole = program.anthropic.messages.create({ ...asked, messages });
    const next = await nextCall();
    expect(next.request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hmm.', signature: 'proof-1' },
          { type: 'reasoning', text: '', signature: 'hidden', redacted: true },
          { type: 'reasoning', text: '', signature: 'proof-2' },
          { type: 'text', text: 'So.' },
          { type: 'toolCall', id: 'call_0', name: 'get_time', arguments: '{}', signature: 'gemini' },
        ],
      },
      { role: 'user', parts: [{ type: 'toolResult', callId: 'call_0', content: [{ type: 'text', text: 'Noon' }] }] },
    ]);
    next.push({ type: 'reasoning', text: 'Ah.' });
    next.push({ type: 'signature', text: 'proof-3', redacted: false });
    next.push({ type: 'text', text: 'Noon.' });
    next.finish(null);
    expect((await whole).content).toMatchObject([
      { type: 'thinking', thinking: 'Ah.', signature: 'proof-3' },
      { type: 'text', text: 'Noon.' },
    ]);
  });
});
