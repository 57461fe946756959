import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions } from '../../../src/ports/language-model.ts';
import { createAnthropic } from '../../../src/providers/anthropic/anthropic.ts';
import { createGoogle } from '../../../src/providers/google/google.ts';
import { createOpenAIChat } from '../../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';
import { weather } from './tool-calls.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const { fetch } = fetches[0];
const anthropic = () =>
  createAnthropic({
    apiKey: secret,
    baseURL: server.url,
    fetch,
    searchesMax: (model) => (model === 'model-a' ? 3 : 0),
  });
const google = (isByRequest = false) =>
  createGoogle({ apiKey: secret, baseURL: server.url, fetch, billsRequests: () => isByRequest });
const chat = (searchParameters?: Record<string, unknown>) =>
  createOpenAIChat({
    apiKey: secret,
    baseURL: `${server.url}/v1`,
    fetch,
    maxTokensParameter: 'max_tokens',
    searchParameters,
  });

/** What is sent of tools and searches. */
async function sent(model: ReturnType<typeof chat>, options: CallOptions, changes = {}) {
  const { failure } = await ask(model, { options, ...changes });
  expect(failure).toBeNull();
  const { tools, tool_choice, toolConfig, web_search_options } = server.requests.at(-1)?.body ?? {};
  return { tools, tool_choice, toolConfig, web_search_options };
}

const events = (list: readonly object[]) =>
  list.map((event) => `${'type' in event ? `event: ${event.type}\n` : ''}data: ${JSON.stringify(event)}\n\n`).join('');

describe('a request whose model may search the web by itself', () => {
  const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };

  it('is told so at Anthropic with a limit, beside functions too, unless a function has the same name', async () => {
    expect(await sent(anthropic(), { search: true })).toEqual({ tools: [search] });
    const { tools } = await sent(anthropic(), { search: true, tools: [weather] });
    expect(tools).toEqual([expect.objectContaining({ name: weather.name }), search]);
    const own = { ...weather, name: 'web_search' };
    expect((await sent(anthropic(), { search: true, tools: [own] })).tools).toHaveLength(1);
    expect(await sent(anthropic(), { search: true }, { model: 'model-b' })).toEqual({});
    expect(await sent(anthropic(), {})).toEqual({});
  });

  it('is told so at Gemini, which takes no search beside functions', async () => {
    expect(await sent(google(), { search: true })).toEqual({ tools: [{ googleSearch: {} }] });
    const { tools } = await sent(google(), { search: true, tools: [weather] });
    expect(tools).toEqual([{ functionDeclarations: [expect.objectContaining({ name: weather.name })] }]);
    expect(await sent(google(), {})).toEqual({});
  });

  it('has at other endpoints the parameters that stand for it', async () => {
    const parameters = { web_search_options: {} };
    expect(await sent(chat(parameters), { search: true })).toEqual(parameters);
    expect(await sent(chat(parameters), {})).toEqual({});
    expect(await sent(chat(), { search: true })).toEqual({});
  });
});

describe('the searches of an answer', () => {
  it('are counted as Anthropic reports them', async () => {
    server.enqueue({
      body: events([
        { type: 'message_start', message: { usage: { input_tokens: 10, output_tokens: 1 } } },
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'input_json_delta', partial_json: '{"query":"plums"}' },
        },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'content_block_start',
          index: 1,
          content_block: { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
        },
        { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Plums.' } },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { input_tokens: 9_000, output_tokens: 20, server_tool_use: { web_search_requests: 2 } },
        },
        { type: 'message_stop' },
      ]),
    });
    const answer = await ask(anthropic(), { options: { search: true } });
    expect(answer).toMatchObject({ text: 'Plums.', finish: 'STOP', failure: null });
    expect(answer.usage).toMatchObject({ inputTokens: 9_000, outputTokens: 20, searches: 2 });
    expect(answer.parts.some(({ type }) => type === 'toolCall')).toBe(false);
  });

  const grounded = (webSearchQueries: string[], usageMetadata?: object) => ({
    candidates: [
      {
        content: { parts: [{ text: 'Plums.' }] },
        finishReason: 'STOP',
        groundingMetadata: { webSearchQueries, groundingChunks: [{ web: { uri: 'https://a.example/', title: 'A' } }] },
      },
    ],
    ...(usageMetadata && { usageMetadata }),
  });
  const counted = { promptTokenCount: 10, candidatesTokenCount: 3 };

  it.each([
    ['each query', false, 2],
    ['the request', true, 1],
  ])('are counted at Gemini where %s is billed', async (_what, isByRequest, searches) => {
    server.enqueue({ body: events([grounded(['plums', 'pears'], counted)]) });
    expect((await ask(google(isByRequest))).usage).toMatchObject({ inputTokens: 10, outputTokens: 3, searches });
    server.enqueue({
      body: events([
        { candidates: [{ content: { parts: [{ text: 'Well. ' }] } }], usageMetadata: counted },
        grounded(['plums', 'pears']),
      ]),
    });
    expect((await ask(google(isByRequest))).usage).toMatchObject({ inputTokens: 10, searches });
    server.enqueue({ body: events([grounded([], counted)]) });
    expect((await ask(google(isByRequest))).usage).not.toHaveProperty('searches');
  });

  it('are one at an endpoint that does not say how many there were', async () => {
    const answer = await ask(chat({ web_search_options: {} }), { options: { search: true } });
    expect(answer.usage).toMatchObject({ searches: 1 });
    expect((await ask(chat({ web_search_options: {} }))).usage).not.toHaveProperty('searches');
  });
});
