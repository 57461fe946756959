import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions, ModelMessage, ModelRequest } from '../../../src/ports/language-model.ts';
import { type AnthropicOptions, createAnthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';
import { image, png, toolTurn, weather, withTools } from './tool-calls.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const budgeted = { budgetedThinking: (model: string) => model === 'claude-haiku-4-5' };

function create(options: Partial<AnthropicOptions> = {}) {
  return createAnthropic({ apiKey: secret, baseURL: server.url, fetch: fetches[0].fetch, ...options });
}

/** The body that is sent for a request. */
async function sent(changes: Partial<ModelRequest>, options: Partial<AnthropicOptions> = {}) {
  const { failure } = await ask(create(options), changes);
  expect(failure).toBeNull();
  return server.requests.at(-1)?.body;
}

describe('the messages of a request to Anthropic', () => {
  it('have each text of a message in a block of its own', async () => {
    const content = [
      { type: 'text', text: 'Context.' },
      { type: 'text', text: 'Question?' },
    ] as const;
    const { messages } = await sent({ messages: [{ role: 'user', parts: content }] });
    expect(messages).toEqual([{ role: 'user', content }]);
  });

  it('have images and documents as blocks in their order', async () => {
    const { messages } = await sent({
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'Compare' },
            image,
            { type: 'file', mediaType: 'application/pdf', data: 'JVBERg==', name: 'a.pdf' },
            { type: 'file', mediaType: 'text/plain', data: Buffer.from('Grüße').toString('base64'), name: 'b.txt' },
            { type: 'file', mediaType: 'application/json', data: Buffer.from('{}').toString('base64'), name: null },
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
            title: 'a.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' }, title: 'b.txt' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '{}' } },
        ],
      },
    ]);
  });

  it('have calls and their results, with images and errors', async () => {
    const { messages } = await sent({ messages: toolTurn(), options: withTools() });
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Paris' } },
          { type: 'tool_use', id: 'call_2', name: 'get_time', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'call_1',
            content: [
              { type: 'text', text: '21 degrees' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            ],
          },
          { type: 'tool_result', tool_use_id: 'call_2', content: 'No clock.', is_error: true },
        ],
      },
    ]);
  });

  it('have results before the text beside them, and ids without characters that Anthropic refuses', async () => {
    const { messages } = await sent({
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'Time?' }] },
        { role: 'assistant', parts: [{ type: 'toolCall', id: 'functions.f:0', name: 'f', arguments: '{}' }] },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'Here it is.' },
            { type: 'toolResult', callId: 'functions.f:0', content: [] },
          ],
        },
      ],
    });
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'functions_f_0', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'functions_f_0' },
          { type: 'text', text: 'Here it is.' },
        ],
      },
    ]);
  });

  it('give reasoning back with its proof, and leave out what has none', async () => {
    const { messages } = await sent({
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'One?' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'Mine.', signature: 'EqoB' },
            { type: 'reasoning', text: '', signature: 'hidden', redacted: true },
            { type: 'reasoning', text: 'Whose?', signature: null },
            { type: 'text', text: 'One.' },
          ],
        },
        { role: 'user', parts: [{ type: 'text', text: 'Two?' }] },
        { role: 'assistant', parts: [{ type: 'reasoning', text: 'Nobody’s.', signature: null }] },
        { role: 'user', parts: [{ type: 'text', text: 'Three?' }] },
      ],
    });
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Mine.', signature: 'EqoB' },
          { type: 'redacted_thinking', data: 'hidden' },
          { type: 'text', text: 'One.' },
        ],
      },
      { role: 'user', content: 'Two?' },
      { role: 'user', content: 'Three?' },
    ]);
  });

  it.each<[string, ModelMessage['parts']]>([
    ['audio', [{ type: 'file', mediaType: 'audio/mpeg', data: 'AAAA', name: null }]],
    ['a broken call', [{ type: 'toolCall', id: 'call_1', name: 'f', arguments: '{"a":' }]],
    ['a call with a list', [{ type: 'toolCall', id: 'call_1', name: 'f', arguments: '[1]' }]],
  ])('are not sent if Anthropic has no form for them: %s', async (_name, parts) => {
    const messages: ModelMessage[] = [{ role: 'assistant', parts }];
    const { failure } = await ask(create(), { messages });
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(/audio\/mpeg|"f"/) });
    expect(server.requests).toEqual([]);
  });
});

describe('the options of a request to Anthropic', () => {
  it('send tools with their schemas, and stop sequences', async () => {
    expect(await sent({ options: withTools({ stop: ['END', 'STOP'] }) })).toEqual({
      model: 'model-a',
      messages: [{ role: 'user', content: 'Hello?' }],
      max_tokens: 4096,
      stream: true,
      stop_sequences: ['END', 'STOP'],
      tools: [
        { name: 'get_weather', description: 'Tells the weather.', input_schema: weather.parameters },
        { name: 'get_time', input_schema: { type: 'object', properties: {} } },
      ],
    });
  });

  it.each<[CallOptions, object | undefined]>([
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'none', parallelToolCalls: false }, { type: 'none' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: { name: 'get_time' } }, { type: 'tool', name: 'get_time' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: 'required', parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    [{ parallelToolCalls: true }, undefined],
    [{ toolChoice: 'required', tools: [] }, undefined],
  ])('send %j as the tool choice %j', async (options, choice) => {
    expect((await sent({ options: withTools(options) })).tool_choice).toEqual(choice);
  });

  it.each(['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-fable-5-1'])(
    'let %s choose, which refuses to be made to call a tool',
    async (model) => {
      const body = await sent({ model, reasoning: true, options: withTools({ toolChoice: 'required' }) });
      expect(body.tool_choice).toEqual({ type: 'auto' });
      expect(body.thinking).toEqual({ type: 'adaptive', display: 'summarized' });
    },
  );

  it('send a schema that is to be met in the form that Anthropic takes', async () => {
    const list = { type: 'array', minItems: 2, items: { type: 'object', properties: { minimum: { type: 'string' } } } };
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 1 }, list },
      required: ['n'],
    };
    const meant = {
      type: 'object',
      properties: {
        n: { type: 'integer' },
        list: {
          type: 'array',
          items: { type: 'object', properties: { minimum: { type: 'string' } }, additionalProperties: false },
        },
      },
      required: ['n'],
      additionalProperties: false,
    };
    const body = await sent({
      options: {
        format: { type: 'schema', name: 'answer', description: null, schema },
        tools: [{ name: 'f', description: null, parameters: schema, strict: true }],
      },
    });
    expect(body.output_config).toEqual({ format: { type: 'json_schema', schema: meant } });
    expect(body.tools).toEqual([{ name: 'f', input_schema: meant, strict: true }]);
  });

  it('put at the old version what it has no form for into words, or leave it out', async () => {
    const body = await sent(
      {
        options: {
          effort: 'high',
          format: { type: 'schema', name: 'answer', description: null, schema: { type: 'object' } },
          tools: [{ ...weather, strict: true }],
        },
      },
      { legacyVersion: '2023-06-01' },
    );
    expect(body).not.toHaveProperty('output_config');
    expect(body).not.toHaveProperty('thinking');
    expect(body.system).toMatch(/JSON schema:\n\{"type":"object"\}$/);
    expect(body.tools[0]).toEqual({
      name: 'get_weather',
      description: 'Tells the weather.',
      input_schema: weather.parameters,
    });
  });
});

const adaptive = { type: 'adaptive', display: 'summarized' };

describe('thinking at Anthropic', () => {
  it.each<[string, CallOptions, object | undefined, string | undefined]>([
    ['claude-opus-5', { effort: 'minimal' }, adaptive, 'low'],
    ['claude-opus-5', { effort: 'xhigh' }, adaptive, 'xhigh'],
    ['claude-sonnet-4-6', { effort: 'xhigh' }, adaptive, 'high'],
    ['claude-sonnet-5-20260601', { effort: 'none' }, { type: 'disabled' }, undefined],
    ['claude-sonnet-5-5', { effort: 'none' }, { type: 'between_tools' }, undefined],
    ['claude-opus-5-5', { effort: 'none' }, undefined, 'low'],
    ['claude-fable-5', { effort: 'none' }, undefined, 'low'],
    ['claude-sonnet-5', { reasoningTokensMax: 0 }, { type: 'disabled' }, undefined],
    ['claude-sonnet-5', { reasoningTokensMax: 2000 }, adaptive, undefined],
    ['claude-sonnet-5', withTools({ toolChoice: 'required', effort: 'max' }), { type: 'disabled' }, 'high'],
    ['claude-sonnet-5', withTools({ toolChoice: { name: 'get_time' } }), { type: 'disabled' }, undefined],
    ['claude-sonnet-5', withTools({ toolChoice: 'auto' }), adaptive, undefined],
  ])('of %s, asked with %j, is %j with the effort %s', async (model, options, thinking, effort) => {
    const body = await sent({ model, reasoning: true, options });
    expect(body.thinking).toEqual(thinking);
    expect(body.output_config?.effort).toBe(effort);
  });

  it.each<[CallOptions, number | undefined]>([
    [{}, undefined],
    [{ reasoningTokensMax: 3000 }, 3000],
    [{ reasoningTokensMax: 50_000 }, 7999],
    [{ reasoningTokensMax: 10 }, 1024],
    [{ reasoningTokensMax: 0 }, undefined],
    [{ effort: 'minimal' }, 1024],
    [{ effort: 'low' }, 2000],
    [{ effort: 'medium' }, 4000],
    [{ effort: 'high' }, 6000],
    [{ effort: 'max' }, 7000],
    [{ effort: 'none', reasoningTokensMax: 3000 }, undefined],
    [withTools({ effort: 'high', toolChoice: 'required' }), undefined],
  ])('within a budget, asked with %j, has %s tokens', async (options, budget) => {
    const body = await sent({ model: 'claude-haiku-4-5', maxOutputTokens: 8000, options }, budgeted);
    expect(body.thinking?.budget_tokens).toBe(budget);
    expect(body).not.toHaveProperty('output_config');
  });

  it('within a budget does not begin between a call and its answer', async () => {
    const [prompt, calls, results] = toolTurn() as [ModelMessage, ModelMessage, ModelMessage];
    const thought: ModelMessage = {
      role: 'assistant',
      parts: [{ type: 'reasoning', text: 'Hm.', signature: 'EqoB' }, ...calls.parts],
    };
    const asked = (messages: ModelMessage[]) =>
      sent({ model: 'claude-haiku-4-5', reasoning: true, messages, options: withTools() }, budgeted);
    expect(await asked([prompt, calls, results])).not.toHaveProperty('thinking');
    expect(await asked([prompt, calls])).not.toHaveProperty('thinking');
    expect((await asked([prompt, thought, results])).thinking).toEqual({ type: 'enabled', budget_tokens: 2048 });
  });
});
