import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode } from '../../src/ports/language-model.ts';
import { type AnthropicOptions, createAnthropic } from '../../src/providers/anthropic/anthropic.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { ask, secret } from './answers.ts';
import { askedBy } from './asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

function create(options: Partial<AnthropicOptions> = {}) {
  return createAnthropic({ apiKey: secret, baseURL: server.url, fetch: askedBy.fetch, ...options });
}

function messageStream(events: { type: string; [field: string]: unknown }[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const delta = (fields: object) => ({ type: 'content_block_delta', index: 0, delta: fields });
const says = (text: string) => delta({ type: 'text_delta', text });
const stops = (reason: string, more = {}) => ({ type: 'message_delta', delta: { stop_reason: reason }, ...more });
const end = { type: 'message_stop' };

async function answerTo(...events: Parameters<typeof messageStream>[0]) {
  server.enqueue({ body: messageStream(events) });
  return ask(create());
}

describe('the request for a message', () => {
  it('has system prompt, messages, limit and a bearer token, but no sampling parameters', async () => {
    await ask(create(), { system: 'Be brief.', maxOutputTokens: 77, temperature: 0.3, topP: 0.5 });
    const [request] = server.requests;
    expect(request?.path).toBe('/v1/messages');
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${secret}` });
    expect(request?.headers).not.toHaveProperty('x-api-key');
    expect(request?.body).toEqual({
      model: 'model-a',
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hello?' }],
      max_tokens: 77,
      stream: true,
    });
  });

  it('asks in words for any JSON, for which Anthropic has no form', async () => {
    const options = { format: { type: 'json' } } as const;
    const asked = 'Answer with one JSON object and nothing else.';
    for (const system of [null, 'Be brief.']) await ask(create(), { options, system });
    expect(server.requests.map(({ body }) => body.system)).toEqual([asked, `Be brief.\n\n${asked}`]);
    expect(server.requests[0]?.body).not.toHaveProperty('output_config');
  });

  it('uses the old version for a gateway that knows no other', async () => {
    await ask(create({ legacyVersion: '2023-06-01' }), { temperature: 0.3, topP: 0.5 });
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({ 'x-api-key': secret, 'anthropic-version': '2023-06-01' });
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(request?.body).toMatchObject({ temperature: 0.3, top_p: 0.5 });
  });

  it.each([
    ['adaptively', {}, 4096, { type: 'adaptive', display: 'summarized' }],
    [
      'within a budget',
      { budgetedThinking: (model: string) => model === 'model-a' },
      4096,
      { type: 'enabled', budget_tokens: 2048 },
    ],
    [
      'within the smallest budget',
      { budgetedThinking: (model: string) => model === 'model-a' },
      1100,
      { type: 'enabled', budget_tokens: 1024 },
    ],
    [
      'not at all, if the limit leaves no room',
      { budgetedThinking: (model: string) => model === 'model-a' },
      1024,
      undefined,
    ],
    [
      'within a budget in the old version',
      { legacyVersion: '2023-06-01' as const },
      4096,
      { type: 'enabled', budget_tokens: 2048 },
    ],
  ])('lets the model think %s', async (_name, options, maxOutputTokens, thinking) => {
    await ask(create(options), { reasoning: true, maxOutputTokens });
    expect(server.requests[0]?.body.thinking).toEqual(thinking);
  });
});

describe('a stream of message events', () => {
  it('separates thinking from the answer, and ignores pings, signatures and tools', async () => {
    const answer = await answerTo(
      { type: 'message_start', message: {} },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'ping' },
      delta({ type: 'thinking_delta', thinking: 'Hm.' }),
      delta({ type: 'signature_delta', signature: 'EqoB' }),
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'server_tool_use', name: 'web_search', input: {} },
      },
      delta({ type: 'input_json_delta', partial_json: '{"query":' }),
      { type: 'content_block_start', index: 2, content_block: { type: 'text', text: 'Y' } },
      says('es.'),
      { type: 'something_new' },
      stops('end_turn'),
      end,
    );
    expect(answer).toMatchObject({ reasoning: 'Hm.', text: 'Yes.', finish: 'STOP', failure: null });
  });

  it('cites each quoted page once, and no page that was only found', async () => {
    const quote = (url: string, title: string) =>
      delta({ type: 'citations_delta', citation: { type: 'web_search_result_location', url, title } });
    const found = {
      type: 'web_search_tool_result',
      content: [{ type: 'web_search_result', url: 'https://b.example', title: 'B' }],
    };
    const { citations } = await answerTo(
      { type: 'content_block_start', index: 0, content_block: found },
      quote('https://a.example', 'A'),
      quote('https://a.example', 'A'),
      delta({ type: 'citations_delta', citation: { type: 'char_location', document_title: 'facts.txt' } }),
      stops('end_turn'),
      end,
    );
    expect(citations).toEqual([{ url: 'https://a.example', title: 'A' }]);
  });

  it('counts the cache apart from the input and thinking as part of the output, and later counts win', async () => {
    const { usage } = await answerTo(
      {
        type: 'message_start',
        message: {
          usage: { input_tokens: 43, cache_read_input_tokens: 100, cache_creation_input_tokens: 7, output_tokens: 1 },
        },
      },
      says('Yes.'),
      stops('end_turn', {
        usage: {
          input_tokens: 61,
          cache_read_input_tokens: null,
          output_tokens: 30,
          output_tokens_details: { thinking_tokens: 12 },
        },
      }),
      end,
    );
    expect(usage).toEqual({
      inputTokens: 61,
      cachedInputTokens: 100,
      cacheWriteInputTokens: 7,
      outputTokens: 18,
      reasoningTokens: 12,
    });
  });

  it.each([
    ['end_turn', 'STOP'],
    ['stop_sequence', 'STOP'],
    ['max_tokens', 'LENGTH'],
    ['model_context_window_exceeded', 'LENGTH'],
    ['tool_use', 'TOOL_CALLS'],
    ['refusal', 'REFUSAL'],
    ['pause_turn', 'OTHER'],
  ])('finishes %s as %s', async (reason, finish) => {
    expect((await answerTo(says('Hi'), stops(reason), end)).finish).toBe(finish);
  });

  it('names the stop text that an answer ended at', async () => {
    const stop = { type: 'message_delta', delta: { stop_reason: 'stop_sequence', stop_sequence: 'HALT' } };
    const { parts } = await answerTo(says('Hi'), stop, end);
    expect(parts).toContainEqual({ type: 'ending', reason: 'STOP', stoppedAt: 'HALT' });
    expect(parts.at(-1)).toEqual({ type: 'finish', reason: 'STOP', stoppedAt: 'HALT' });
  });

  it('separates the explanation of a refusal from the answer', async () => {
    const stop_details = { type: 'refusal', category: 'bio', explanation: 'This could do harm.' };
    const answer = await answerTo(
      says('I'),
      { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details } },
      end,
    );
    expect(answer).toMatchObject({ text: 'I', refusal: 'This could do harm.', finish: 'REFUSAL' });
  });

  it('counts as cut off without message_stop, even after a stop reason', async () => {
    expect(await answerTo(says('Hi'), stops('end_turn'))).toMatchObject({
      text: 'Hi',
      finish: null,
      failure: { code: 'CONNECTION' },
    });
  });

  it.each<[FailureCode, string, string]>([
    ['OVERLOADED', 'overloaded_error', 'Overloaded'],
    ['RATE_LIMITED', 'rate_limit_error', 'Slow down.'],
    ['PROVIDER_ERROR', 'api_error', 'Internal server error'],
    ['QUOTA_EXCEEDED', 'billing_error', 'Pay first.'],
    ['TIMEOUT', 'timeout_error', 'Too slow.'],
    ['INVALID_REQUEST', 'invalid_request_error', 'messages: at least one is required'],
  ])('fails with %s at an %s event, and keeps the text so far', async (code, type, message) => {
    const answer = await answerTo(says('Hi'), { type: 'error', error: { type, message } });
    expect(answer).toMatchObject({ text: 'Hi', finish: null, failure: { code, message } });
  });
});

it.each<[FailureCode, number, object]>([
  ['CONTEXT_TOO_LONG', 400, { type: 'invalid_request_error', message: 'prompt is too long: 3 tokens > 2 maximum' }],
  ['QUOTA_EXCEEDED', 400, { type: 'invalid_request_error', message: 'Your credit balance is too low.' }],
  ['MODEL_NOT_FOUND', 404, { type: 'not_found_error', message: 'model: nope' }],
  ['AUTHENTICATION', 401, { type: 'authentication_error', message: 'invalid x-api-key' }],
  ['CONTEXT_TOO_LONG', 413, { type: 'request_too_large', message: 'Request exceeds the maximum size' }],
])('an Anthropic error has the code %s: %i %j', async (code, status, error) => {
  server.enqueue({ status, headers: { 'retry-after': '3' }, body: JSON.stringify({ type: 'error', error }) });
  expect((await ask(create())).failure).toMatchObject({ code, retryAfterMs: 3000 });
});

it('the Anthropic adapter lists the models of every page', async () => {
  const page = (ids: string[], more: boolean) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: ids.map((id) => ({ id })), has_more: more, first_id: ids[0], last_id: ids.at(-1) }),
  });
  server.enqueue(page(['a', 'b'], true), page(['c'], false));
  expect(await create().listModels(new AbortController().signal)).toEqual(['a', 'b', 'c']);
});
