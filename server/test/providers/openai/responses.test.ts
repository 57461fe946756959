import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelMessage } from '../../../src/ports/language-model.ts';
import type { ProviderAccess } from '../../../src/ports/provider.ts';
import type { ProviderDescriptor } from '../../../src/providers/descriptor.ts';
import { openai as openaiProvider } from '../../../src/providers/openai/descriptor.ts';
import { connectCompatible, connectOpenAI } from '../../../src/providers/openai/openai.ts';
import { xai as xaiProvider } from '../../../src/providers/xai/descriptor.ts';
import {
  eventsOfItem,
  messageItem,
  type ResponseItem,
  responseBegin,
  responseBody,
  responseEnd,
  responseOf,
} from '../../response-events.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, createResponses, searching, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';
import { clock, toolTurn, weather } from '../calls/tool-calls.ts';

// The streams are written by hand after OpenAI's and xAI's public references: nobody here has a key to record them with.

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const [{ fetch }] = fetches;
const plain = () => createResponses(server, fetch);
const openai = () => searching(plain());
const xai = () => searching(createResponses(server, fetch, { takesLimits: false, billsPages: true }));

const reasoning: ResponseItem = {
  type: 'reasoning',
  id: 'rs_1',
  summary: [{ type: 'summary_text', text: 'I search.' }],
  encrypted_content: 'RW5jcnlwdGVk',
};
const searchAction = { type: 'search', query: 'plums', queries: ['plums'] };
const search = (id: string, action: object = searchAction): ResponseItem => ({
  type: 'web_search_call',
  id,
  status: 'completed',
  action,
});
const opened = search('ws_page', { type: 'open_page', url: 'https://plums.example/' });
const citation = {
  type: 'url_citation',
  url: 'https://plums.example/',
  title: 'Plums',
  start_index: 0,
  end_index: 5,
};
const answer = messageItem('msg_1', 'Plums are ripe.', { pieces: ['Plums', ' are ripe.'], annotations: [citation] });
const usage = {
  input_tokens: 9_000,
  input_tokens_details: { cached_tokens: 1_000 },
  output_tokens: 120,
  output_tokens_details: { reasoning_tokens: 100 },
  total_tokens: 9_120,
};
const counted = {
  inputTokens: 8_000,
  cachedInputTokens: 1_000,
  cacheWriteInputTokens: 0,
  outputTokens: 20,
  reasoningTokens: 100,
};
const sentOf = async (...[model, changes]: Parameters<typeof ask>) => {
  expect((await ask(model, changes)).failure).toBeNull();
  return server.requests.at(-1)?.body;
};

describe('a request whose model may search by the Responses API', () => {
  it('is asked of it, without being stored, with a limit of searches where it takes one', async () => {
    expect(await sentOf(openai(), { system: 'Be brief.', model: 'gpt-6-sol', maxOutputTokens: 500 })).toEqual({
      model: 'gpt-6-sol',
      instructions: 'Be brief.',
      input: [{ role: 'user', content: 'Hello?' }],
      stream: true,
      store: false,
      include: ['reasoning.encrypted_content'],
      max_output_tokens: 500,
      tools: [{ type: 'web_search' }],
      max_tool_calls: 3,
    });
    expect(server.requests[0]?.path).toBe('/v1/responses');
    expect(await sentOf(xai())).not.toHaveProperty('max_tool_calls');
    // OpenAI refuses to encrypt the thoughts of a model that has none.
    expect(await sentOf(openai(), { model: 'gpt-4.1' })).not.toHaveProperty('include');
  });

  it('is a chat completion where it may not search, or a function is named like the search', async () => {
    const own = { ...weather, name: 'web_search' };
    await sentOf(plain());
    await sentOf(plain(), { options: { tools: [weather] } });
    await sentOf(openai(), { options: { tools: [own] } });
    expect(server.requests.map(({ api }) => api)).toEqual(['openai.chat', 'openai.chat', 'openai.chat']);
    expect(server.requests[2]?.body).not.toHaveProperty('web_search_options');
  });

  it('is asked so of the built-in models of OpenAI and xAI, unless the operator has said how to ask', async () => {
    const access = (descriptor: ProviderDescriptor): ProviderAccess => ({
      kind: descriptor.kind,
      apiKey: secret,
      baseURL: `${server.url}/v1`,
      fetch,
      optionsOf: (providerModel) => descriptor.models.find((model) => model.providerModel === providerModel),
    });
    const searchParameters = { web_search_options: {} };
    const grok = { model: 'grok-4.3' };
    expect(await sentOf(searching(connectOpenAI(access(openaiProvider))), { model: 'gpt-4.1' })).toMatchObject({
      max_tool_calls: 3,
    });
    expect(await sentOf(searching(connectCompatible(access(xaiProvider))), grok)).not.toHaveProperty('max_tool_calls');
    const chat = connectCompatible({ ...access(xaiProvider), searchParameters });
    expect(await sentOf(searching(chat), grok)).toMatchObject(searchParameters);
    expect(server.requests.map(({ api }) => api)).toEqual(['openai.responses', 'openai.responses', 'openai.chat']);
  });

  it('has its functions, its choice and its effort in the form of the API', async () => {
    const tools = [weather, { ...clock, strict: true }];
    const options = { tools, parallelToolCalls: false, effort: 'minimal' } as const;
    expect(await sentOf(openai(), { options, reasoning: true })).toMatchObject({
      tools: [
        {
          type: 'function',
          name: 'get_weather',
          description: weather.description,
          parameters: weather.parameters,
          strict: false,
        },
        {
          type: 'function',
          name: 'get_time',
          parameters: { type: 'object', properties: {}, additionalProperties: false },
          strict: true,
        },
        { type: 'web_search' },
      ],
      parallel_tool_calls: false,
      reasoning: { effort: 'low', summary: 'auto' },
    });
    expect(await sentOf(openai(), { options: { tools, toolChoice: 'none' } })).toMatchObject({ tool_choice: 'none' });
    const forced = await sentOf(openai(), { options: { tools, toolChoice: { name: 'get_time' } } });
    expect(forced.tool_choice).toEqual({ type: 'function', name: 'get_time' });
    expect(forced.tools.map(({ type }: { type: string }) => type)).toEqual(['function', 'function']);
  });

  it('has the form of its answer, any JSON in words', async () => {
    const format = {
      type: 'schema',
      name: 'plum',
      description: null,
      schema: { type: 'object' },
      strict: true,
    } as const;
    expect(await sentOf(openai(), { options: { format } })).toMatchObject({
      text: { format: { type: 'json_schema', name: 'plum', schema: { type: 'object' }, strict: true } },
    });
    const body = await sentOf(openai(), { options: { format: { type: 'json' } }, system: 'Be brief.' });
    expect(body.instructions).toBe('Be brief.\n\nAnswer with one JSON object and nothing else.');
    expect(body).not.toHaveProperty('text');
  });

  it('tells of calls, their results with files after them, thoughts and searches in their places', async () => {
    const own = [
      { type: 'reasoning', summary: [], encrypted_content: 'RW5jcnlwdGVk' },
      { type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'plums' } },
    ];
    const [asked, called, results] = toolTurn() as [ModelMessage, ModelMessage, ModelMessage];
    const opaque = [...own, { type: 'server_tool_use' }].map((item) => ({
      type: 'opaque' as const,
      data: JSON.stringify(item),
    }));
    const thought = { type: 'reasoning', text: 'I search.', signature: null } as const;
    const messages = [asked, { ...called, parts: [thought, ...opaque, ...called.parts] }, results];
    expect((await sentOf(openai(), { messages })).input).toEqual([
      { role: 'user', content: 'Weather and time in Paris?' },
      ...own,
      { role: 'assistant', content: 'Let me look.' },
      { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call', call_id: 'call_2', name: 'get_time', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: '21 degrees' },
      { type: 'function_call_output', call_id: 'call_2', output: 'No clock.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Files of the result of the tool call call_1:' },
          { type: 'input_image', image_url: expect.stringMatching(/^data:image\/png;base64,/), detail: 'auto' },
        ],
      },
    ]);
  });
});

describe('an answer of the Responses API', () => {
  it('gives text and sources once, its thoughts and searches to be given back, and counts searches, not pages', async () => {
    const items = [reasoning, search('ws_1'), opened, search('ws_2'), answer];
    server.enqueue({ body: responseBody(responseOf(items, usage)) });
    const given = await ask(openai());
    expect(given).toMatchObject({
      reasoning: 'I search.',
      text: 'Plums are ripe.',
      citations: [{ url: 'https://plums.example/', title: 'Plums' }],
      usage: { ...counted, searches: 2 },
      finish: 'STOP',
      failure: null,
    });
    const kept = given.parts.flatMap((part) => (part.type === 'opaque' ? JSON.parse(part.data) : []));
    expect(kept.map(({ type }) => type)).toEqual(['reasoning', ...Array(3).fill('web_search_call')]);
    expect(kept[0]).toEqual({ type: 'reasoning', summary: reasoning.summary, encrypted_content: 'RW5jcnlwdGVk' });
    expect(kept[1]).toEqual({ type: 'web_search_call', status: 'completed', action: searchAction });
  });

  it('counts at xAI what it says that it bills, else what it carried out, its pages too', async () => {
    const items = [search('ws_1'), opened, { ...search('ws_2'), status: 'failed' }, answer];
    const details = { server_side_tool_usage_details: { web_search_calls: 1, x_search_calls: 0 } };
    server.enqueue({ body: responseBody(responseOf(items, { ...usage, ...details, cost_in_usd_ticks: 50_000_000 })) });
    const told = await ask(xai());
    expect(told.usage).toEqual({ ...counted, searches: 1 });
    expect(told.parts.filter(({ type }) => type === 'usage')).toHaveLength(1);
    expect(told.parts.find(({ type }) => type === 'usage')).toMatchObject({ costUsd: 0.005 });
    server.enqueue({ body: responseBody(responseOf(items, usage)) });
    expect((await ask(xai())).usage).toEqual({ ...counted, searches: 2 });
  });

  it('has no titles that are numbers or addresses, and xAI’s list of sources where none is cited', async () => {
    const annotations = [{ ...citation, title: '1' }];
    const citations = ['https://pears.example/'];
    server.enqueue({
      body: responseBody(responseOf([messageItem('m', 'Ripe.', { annotations })], usage, { citations } as never)),
    });
    expect((await ask(xai())).citations).toEqual([{ url: 'https://plums.example/', title: null }]);
    server.enqueue({ body: responseBody(responseOf([messageItem('m', 'Ripe.')], usage, { citations } as never)) });
    expect((await ask(xai())).citations).toEqual([{ url: 'https://pears.example/', title: null }]);
  });

  it('calls functions, several at once, with their arguments in pieces that come mixed, or whole', async () => {
    const call = (id: string, name: string, json: string): ResponseItem => ({
      type: 'function_call',
      id: `fc_${id}`,
      call_id: `call_${id}`,
      name,
      arguments: json,
      status: 'completed',
    });
    const [city, time] = [call('a', 'get_weather', '{"city":"Paris"}'), call('b', 'get_time', '')];
    const [begun, ...others] = eventsOfItem(0, { ...city, pieces: ['{"city":', '"Paris"}'] });
    const [begunToo, ...othersToo] = eventsOfItem(1, time);
    const mixed = [begun, begunToo, ...others.flatMap((event, index) => [event, othersToo[index] ?? []].flat())];
    server.enqueue({
      body: responseBody([...responseBegin, ...(mixed as object[]), responseEnd([city, time], usage)]),
    });
    const toolCalls = [
      { id: 'call_a', name: 'get_weather', arguments: '{"city":"Paris"}', signature: null },
      { id: 'call_b', name: 'get_time', arguments: '{}', signature: null },
    ];
    expect(await ask(openai())).toMatchObject({ toolCalls, finish: 'TOOL_CALLS' });
    const whole = [city, time].map((item, output_index) => ({ type: 'response.output_item.done', output_index, item }));
    server.enqueue({ body: responseBody([...whole, responseEnd([], usage)]) });
    expect(await ask(openai())).toMatchObject({ toolCalls, finish: 'TOOL_CALLS' });
    server.enqueue({ body: responseBody([responseEnd([answer, city, time], usage)]) });
    expect(await ask(openai())).toMatchObject({ text: 'Plums are ripe.', toolCalls });
  });

  it('keeps messages apart as paragraphs', async () => {
    const items = [messageItem('msg_1', 'I look.'), search('ws_1'), messageItem('msg_2', 'Ripe.')];
    server.enqueue({ body: responseBody(responseOf(items, usage)) });
    expect((await ask(openai())).text).toBe('I look.\n\nRipe.');
  });

  it('is a refusal where the model declines', async () => {
    const refusal = 'I cannot help with that.';
    const item: ResponseItem = { type: 'message', id: 'm', role: 'assistant', content: [{ type: 'refusal', refusal }] };
    server.enqueue({ body: responseBody(responseOf([item], usage)) });
    expect(await ask(openai())).toMatchObject({ refusal, text: '', finish: 'REFUSAL', failure: null });
  });

  it.each([
    ['max_output_tokens', 'LENGTH'],
    ['content_filter', 'CONTENT_FILTER'],
    ['unheard_of', 'OTHER'],
  ])('that is incomplete for %s ends with %s, and keeps its usage', async (reason, finish) => {
    const events = responseOf([search('ws_1'), answer], usage, {
      status: 'incomplete',
      incomplete_details: { reason },
    } as never);
    server.enqueue({ body: responseBody(events) });
    expect(await ask(openai())).toMatchObject({ text: 'Plums are ripe.', finish, usage: { ...counted, searches: 1 } });
  });

  it.each([
    ['rate_limit_exceeded', 'RATE_LIMITED'],
    ['server_error', 'PROVIDER_ERROR'],
  ])('that failed with %s fails with %s, and keeps its usage', async (code, failure) => {
    const error = { code, message: 'No more for now.' };
    const failed = { type: 'response.failed', response: { id: 'resp_1', status: 'failed', error, usage } };
    server.enqueue({ body: responseBody([...responseBegin, ...eventsOfItem(0, search('ws_1')), failed]) });
    const given = await ask(openai());
    expect(given).toMatchObject({ finish: null, failure: { code: failure, message: 'No more for now.' } });
    expect(given.usage).toEqual({ ...counted, searches: 1 });
    const event = { type: 'error', code, message: 'No more for now.', param: null };
    server.enqueue({ body: responseBody([...responseBegin, event]) });
    expect((await ask(openai())).failure).toMatchObject({ code: failure, message: 'No more for now.' });
  });

  it.each([
    ['OpenAI', openai],
    ['xAI', xai],
  ])(
    'that breaks off at %s has the searches until then counted, those too that had not ended',
    async (_name, model) => {
      const [begun] = eventsOfItem(2, search('ws_2'));
      const events = [
        ...responseBegin,
        ...eventsOfItem(0, search('ws_1')),
        ...eventsOfItem(1, answer),
        begun as object,
      ];
      server.enqueue({ body: responseBody(events), ending: 'cut' });
      const given = await ask(model());
      expect(given).toMatchObject({ text: 'Plums are ripe.', finish: null, failure: { code: 'CONNECTION' } });
      expect(given.usage?.searches).toBe(2);
    },
  );

  it('says each delta once, wherever the stream is cut', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '🔥', '\n', '"'), minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), cuts, async (deltas, pieces) => {
        const text = deltas.join('');
        const items = [reasoning, search('ws_1'), messageItem('msg_1', text, { pieces: deltas })];
        server.enqueue({ body: responseBody(responseOf(items, usage)), pieces });
        expect(await ask(openai())).toMatchObject({
          text,
          reasoning: 'I search.',
          usage: { searches: 1 },
          finish: 'STOP',
        });
      }),
      { numRuns: 15 },
    );
  });
});
