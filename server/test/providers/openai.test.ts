import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FailureCode, textMessage } from '../../src/ports/language-model.ts';
import { createOpenAIChat, type OpenAIChatOptions } from '../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { ask, secret } from './answers.ts';
import { askedBy } from './asked-by.ts';
import { chatStream, delta, stop } from './openai/chat-stream.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

function create(options: Partial<OpenAIChatOptions> = {}) {
  return createOpenAIChat({
    apiKey: secret,
    baseURL: `${server.url}/v1`,
    maxTokensParameter: 'max_tokens',
    fetch: askedBy.fetch,
    ...options,
  });
}

async function answerTo(body: string) {
  server.enqueue({ body });
  return ask(create());
}

describe('the request for a chat completion', () => {
  it('has system prompt, messages, limits and sampling under the endpoint’s names', async () => {
    await ask(create({ maxTokensParameter: 'max_completion_tokens' }), {
      model: 'vendor/model:free',
      system: 'Be brief.',
      messages: [textMessage('user', 'One?'), textMessage('assistant', 'One.'), textMessage('user', 'Two?')],
      maxOutputTokens: 77,
      temperature: 0,
      topP: 0.5,
    });
    const [request] = server.requests;
    expect(request?.path).toBe('/v1/chat/completions');
    expect(request?.headers.authorization).toBe(`Bearer ${secret}`);
    expect(request?.body).toEqual({
      model: 'vendor/model:free',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'One?' },
        { role: 'assistant', content: 'One.' },
        { role: 'user', content: 'Two?' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 77,
      temperature: 0,
      top_p: 0.5,
    });
  });

  it('leaves out parameters that were not given or that the endpoint refuses', async () => {
    await ask(create({ requestUsage: false, reasoningParameters: { reasoning: { enabled: true } } }));
    expect(server.requests[0]?.body).toEqual({
      model: 'model-a',
      messages: [{ role: 'user', content: 'Hello?' }],
      stream: true,
      max_tokens: 4096,
    });
  });

  it('asks for reasoning with the endpoint’s own parameters', async () => {
    await ask(create({ reasoningParameters: { reasoning: { enabled: true } } }), { reasoning: true });
    expect(server.requests[0]?.body).toMatchObject({ reasoning: { enabled: true } });
  });

  it('has no credentials if there are none', async () => {
    await ask(create({ apiKey: null }));
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('goes through the given fetch', async () => {
    const seen: string[] = [];
    await ask(
      create({
        fetch: (input, init) => {
          seen.push(String(input));
          return fetch(input, init);
        },
      }),
    );
    expect(seen).toEqual([`${server.url}/v1/chat/completions`]);
  });
});

describe('a stream of chat completion chunks', () => {
  it('is read despite a byte order mark, comments, CRLF and fields other than data', async () => {
    const body = `\uFEFF: ping\r\n\r\nid: 7\r\nretry: 10\r\n${chatStream(['Grü', 'ße', stop], { lineEnd: '\r\n' })}: bye\r\n\r\n`;
    expect(await answerTo(body)).toMatchObject({ text: 'Grüße', finish: 'STOP', failure: null });
  });

  it('is complete without [DONE] after a finish reason', async () => {
    expect(await answerTo(chatStream(['Hi', stop], { done: false }))).toMatchObject({ text: 'Hi', finish: 'STOP' });
  });

  it('is complete without a finish reason after [DONE], and finishes as OTHER', async () => {
    expect(await answerTo(chatStream(['Hi']))).toMatchObject({ text: 'Hi', finish: 'OTHER', failure: null });
  });

  it('is cut off without a finish reason and without [DONE]', async () => {
    const answer = await answerTo(chatStream(['Hi'], { done: false }));
    expect(answer).toMatchObject({ text: 'Hi', finish: null, failure: { code: 'CONNECTION' } });
  });

  it('is given up if one event grows beyond 32 MB', async () => {
    const { failure } = await answerTo(`data: ${'x'.repeat(33 * 1024 * 1024)}`);
    expect(failure?.code).toBe('PROVIDER_ERROR');
  });

  it('ends at [DONE], even if the connection stays open', async () => {
    server.enqueue({ body: chatStream(['Hi', stop]) + chatStream(['more']), ending: 'stall' });
    expect(await ask(create())).toMatchObject({ text: 'Hi', finish: 'STOP' });
  });

  it('gives the deltas, not the whole answer beside them in each chunk', async () => {
    const chunk = (whole: string, content: string) => ({
      choices: [{ index: 0, message: { role: 'assistant', content: whole }, delta: { content }, finish_reason: null }],
    });
    expect((await answerTo(chatStream([chunk('1', '1'), chunk('1 2', ' 2'), stop]))).text).toBe('1 2');
  });

  it.each([
    ['reasoning_content', delta({ reasoning_content: 'Hm.', content: 'Yes.' })],
    ['reasoning', delta({ reasoning: 'Hm.', content: 'Yes.', reasoning_details: [{ text: 'Hm.' }] })],
    ['both', delta({ reasoning_content: 'Hm.', reasoning: 'Hm.', content: 'Yes.' })],
    [
      'a list of parts',
      delta({
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'Yes.' },
          { type: 'reference', reference_ids: [1] },
        ],
      }),
    ],
  ])('separates reasoning from the answer if it comes as %s', async (_name, chunk) => {
    expect(await answerTo(chatStream([chunk, stop]))).toMatchObject({ reasoning: 'Hm.', text: 'Yes.' });
  });

  it('separates a refusal from the answer', async () => {
    const answer = await answerTo(chatStream([delta({ refusal: '' }), delta({ refusal: "I can't." }), stop]));
    expect(answer).toMatchObject({ text: '', refusal: "I can't.", finish: 'REFUSAL' });
  });

  it('cites each source once, with its title if there is one', async () => {
    const cited = { citations: ['https://a.example/1', 'https://b.example/2'] };
    const results = {
      search_results: [
        { url: 'https://b.example/2', title: 'B' },
        { url: 'https://c.example', title: 'C' },
      ],
    };
    const annotation = { type: 'url_citation', url_citation: { url: 'https://d.example', title: 'D' } };
    const scripted = { type: 'url_citation', url_citation: { url: 'javascript:alert(1)', title: 'E' } };
    const answer = await answerTo(
      chatStream([
        { ...delta({ content: 'a' }), ...cited, ...results },
        { ...delta({ content: 'b' }), ...cited, ...results },
        delta({ annotations: [annotation, scripted] }),
        stop,
      ]),
    );
    expect(answer.citations).toEqual([
      { url: 'https://a.example/1', title: null },
      { url: 'https://b.example/2', title: 'B' },
      { url: 'https://c.example', title: 'C' },
      { url: 'https://d.example', title: 'D' },
    ]);
  });

  it.each([
    ['stop', 'STOP'],
    ['length', 'LENGTH'],
    ['model_length', 'LENGTH'],
    ['content_filter', 'CONTENT_FILTER'],
    ['tool_calls', 'TOOL_CALLS'],
    ['something_new', 'OTHER'],
  ])('finishes %s as %s', async (reason, finish) => {
    expect((await answerTo(chatStream(['Hi', delta({}, reason)]))).finish).toBe(finish);
  });

  it.each<[string, FailureCode]>([
    ['error', 'PROVIDER_ERROR'],
    ['insufficient_system_resource', 'OVERLOADED'],
  ])('fails if the finish reason is %s', async (reason, code) => {
    expect(await answerTo(chatStream(['Hi', delta({}, reason)]))).toMatchObject({ text: 'Hi', failure: { code } });
  });

  it.each([
    ['an event that is no object', 'data: 7\n\n'],
    [
      'malformed choices',
      chatStream([{ choices: null }, { choices: [null] }, { choices: [{ delta: null }] }], { done: false }),
    ],
  ])('fails with PROVIDER_ERROR or CONNECTION at %s', async (_name, body) => {
    expect((await answerTo(body)).failure?.code).toMatch(/^(PROVIDER_ERROR|CONNECTION)$/);
  });
});

describe('usage in chat completion chunks', () => {
  const buckets = (input: number, cached: number, output: number, reasoning: number) => ({
    inputTokens: input,
    cachedInputTokens: cached,
    cacheWriteInputTokens: 0,
    outputTokens: output,
    reasoningTokens: reasoning,
  });
  const written = (usage: object, tokens: number) => ({
    ...usage,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: tokens },
  });
  const usage = (prompt: number, completion: number, total: number, cached: number, reasoning: number) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: total,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  });

  it.each([
    ['plain', { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }, buckets(10, 0, 4, 0)],
    ['cache and reasoning within', usage(100, 50, 150, 60, 20), buckets(40, 60, 30, 20)],
    [
      'cache reads and writes',
      written(usage(100, 50, 150, 60, 20), 30),
      { ...buckets(10, 60, 30, 20), cacheWriteInputTokens: 30 },
    ],
    [
      'more cache writes than input',
      written(usage(100, 50, 150, 60, 20), 900),
      { ...buckets(0, 60, 30, 20), cacheWriteInputTokens: 40 },
    ],
    ['reasoning beside the completion', usage(12, 1, 303, 11, 290), buckets(1, 11, 1, 290)],
    ['more reasoning than completion', usage(43, 10, 53, 0, 11), buckets(43, 0, 0, 10)],
    ['a cache hit count', { prompt_tokens: 9, completion_tokens: 2, prompt_cache_hit_tokens: 8 }, buckets(1, 8, 2, 0)],
    ['numbers in strings', { prompt_tokens: '10', completion_tokens: '4.0' }, buckets(10, 0, 4, 0)],
    ['the names of other APIs', { input_tokens: 10, output_tokens: 4 }, buckets(10, 0, 4, 0)],
    ['nonsense', { prompt_tokens: -3, completion_tokens: 'many', total_tokens: null }, null],
    ['zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, null],
  ])('is split into disjoint buckets: %s', async (_name, reported, expected) => {
    expect((await answerTo(chatStream(['Hi', stop, { choices: [], usage: reported }]))).usage).toEqual(expected);
  });

  it.each([
    [
      'in the last choice',
      { choices: [{ delta: {}, finish_reason: 'stop', usage: { prompt_tokens: 3, completion_tokens: 1 } }] },
    ],
    ['in its own member', { ...stop, x_groq: { usage: { prompt_tokens: 3, completion_tokens: 1 } } }],
  ])('is found %s', async (_name, chunk) => {
    expect((await answerTo(chatStream(['Hi', chunk]))).usage).toEqual(buckets(3, 0, 1, 0));
  });

  it('is null if none was reported', async () => {
    expect((await answerTo(chatStream(['Hi', { ...stop, usage: null }]))).usage).toBeNull();
  });
});

describe('an error in mid-stream', () => {
  it('overrides an earlier finish reason, and its usage is kept', async () => {
    const error = { code: 502, message: 'Upstream went away.' };
    const answer = await answerTo(
      chatStream([
        'Hi',
        delta({}, 'length'),
        { ...delta({}), error, usage: { prompt_tokens: 5, completion_tokens: 2 } },
      ]),
    );
    expect(answer).toMatchObject({ text: 'Hi', finish: null, usage: { inputTokens: 5, outputTokens: 2 } });
    expect(answer.failure).toMatchObject({ code: 'PROVIDER_ERROR', message: 'Upstream went away.' });
  });

  it.each<[FailureCode, object]>([
    ['RATE_LIMITED', { error: { message: 'Slow down.', code: 429 } }],
    ['PROVIDER_ERROR', { error: { message: 'The server had an error.', type: 'server_error', code: null } }],
    ['OVERLOADED', { error: { message: 'Busy.', type: 'overloaded_error' } }],
    ['CONTEXT_TOO_LONG', { error: { message: 'Too long.', code: 'context_length_exceeded' } }],
    ['CONTENT_FILTERED', { error: { message: 'No.', code: 'content_filter' } }],
    ['INVALID_REQUEST', { error: { message: 'Bad parameter.', type: 'invalid_request_error' } }],
    ['PROVIDER_ERROR', { error: 'It broke.' }],
    ['PROVIDER_ERROR', { object: 'error', message: 'It broke.', type: 'InternalServerError', code: 500 }],
  ])('has the code %s for %j', async (code, chunk) => {
    const { failure, text } = await answerTo(chatStream(['Hi', chunk]));
    expect({ text, code: failure?.code }).toEqual({ text: 'Hi', code });
  });

  it('is also recognised by the name of its event', async () => {
    const { failure } = await answerTo(
      `${chatStream(['Hi'], { done: false })}event: error\ndata: {"message":"It broke."}\n\n`,
    );
    expect(failure).toMatchObject({ code: 'PROVIDER_ERROR', message: 'It broke.' });
  });

  it('is also recognised as JSON with status 200', async () => {
    const { failure } = await answerTo('{\n  "error": { "message": "Insufficient credits.", "code": 402 }\n}');
    expect(failure).toMatchObject({ code: 'QUOTA_EXCEEDED', message: 'Insufficient credits.' });
  });
});

describe('an error in place of an answer', () => {
  it.each<[FailureCode, string, number, unknown]>([
    [
      'QUOTA_EXCEEDED',
      'You exceeded your current quota.',
      429,
      {
        error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' },
      },
    ],
    [
      'RATE_LIMITED',
      'Limit 8000 tokens per minute.',
      413,
      { error: { message: 'Limit 8000 tokens per minute.', type: 'tokens', code: 'rate_limit_exceeded' } },
    ],
    [
      'AUTHENTICATION',
      'Incorrect API key provided: [key].',
      400,
      { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***le.' },
    ],
    ['AUTHENTICATION', 'Invalid API Key', 401, { detail: 'Invalid API Key' }],
    [
      'CONTEXT_TOO_LONG',
      "This model's maximum prompt length is 131072.",
      400,
      { error: { message: "This model's maximum prompt length is 131072." } },
    ],
    ['CONTEXT_TOO_LONG', 'Too big.', 400, { error: { message: 'Too big.', code: 'context_length_exceeded' } }],
    [
      'MODEL_NOT_FOUND',
      'Invalid model: nope',
      400,
      { object: 'error', message: 'Invalid model: nope', type: 'invalid_model', code: '1500' },
    ],
    [
      'MODEL_NOT_FOUND',
      'nope is not a valid model ID',
      400,
      { error: { message: 'nope is not a valid model ID', code: 400 } },
    ],
    [
      'MODEL_NOT_FOUND',
      'model "nope" not found, try pulling it first',
      404,
      { error: { message: 'model "nope" not found, try pulling it first' } },
    ],
    ['CONTENT_FILTERED', 'Your input was flagged.', 403, { error: { message: 'Your input was flagged.', code: 403 } }],
    [
      'QUOTA_EXCEEDED',
      'Insufficient Balance',
      402,
      { error: { message: 'Insufficient Balance', type: 'unknown_error' } },
    ],
    [
      'RATE_LIMITED',
      'Rate limited upstream.',
      429,
      { error: { message: 'Provider returned error', code: 429, metadata: { raw: 'Rate limited upstream.' } } },
    ],
    ['RATE_LIMITED', 'Too many tokens per minute.', 429, { error: 'Too many tokens per minute.' }],
    [
      'INVALID_REQUEST',
      'Extra inputs are not permitted',
      422,
      { object: 'error', message: { detail: [{ loc: ['body', 'top_k'], msg: 'Extra inputs are not permitted' }] } },
    ],
    ['INVALID_REQUEST', 'Field required', 422, { detail: [{ loc: ['body'], msg: 'Field required' }] }],
    [
      'AUTHENTICATION',
      'API key not valid.',
      400,
      [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
    ],
    ['PROVIDER_ERROR', 'The provider failed (HTTP 500).', 500, { error: { type: 'constructor' } }],
  ])('has the code %s: %s', async (code, message, status, body) => {
    server.enqueue({ status, body: JSON.stringify(body) });
    expect((await ask(create())).failure).toMatchObject({ code, message });
  });

  it('may be plain text', async () => {
    server.enqueue({ status: 502, headers: { 'content-type': 'text/plain' }, body: 'upstream connect error' });
    expect((await ask(create())).failure).toMatchObject({ code: 'PROVIDER_ERROR', message: 'upstream connect error' });
  });

  it('is shown as one line of limited length', async () => {
    server.enqueue({ status: 400, body: JSON.stringify({ error: { message: `a\n\tb\u0007${'👩‍🚀'.repeat(500)}` } }) });
    const message = (await ask(create())).failure?.message ?? '';
    expect(message.startsWith('a b 👩‍🚀')).toBe(true);
    expect(message.length).toBeLessThanOrEqual(300);
    expect(message).not.toMatch(/[\uD800-\uDBFF]…$/);
  });

  it.each<[Record<string, string>, number | null]>([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': '9', 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '0' }, null],
    [{ 'retry-after': '-5' }, null],
    [{ 'retry-after': '1764321000' }, null],
    [{ 'retry-after': '9', 'retry-after-ms': '0' }, 9_000],
    [{}, null],
  ])('passes on the time to wait: %j', async (headers, retryAfterMs) => {
    server.enqueue({ status: 429, headers: { 'content-type': 'application/json', ...headers }, body: '{}' });
    expect((await ask(create())).failure).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs });
  });

  it('passes on the date after which to retry', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    server.enqueue({ status: 503, headers: { 'retry-after': inAnHour }, body: '{}' });
    const wait = (await ask(create())).failure?.retryAfterMs ?? 0;
    expect(wait).toBeGreaterThan(3_000_000);
    expect(wait).toBeLessThanOrEqual(3_600_000);
  });

  it('does not show a key that no header can hold', async () => {
    const apiKey = 'sk-schlüssel-\u{1F511}-0123456789';
    const { failure } = await ask(create({ apiKey }));
    expect(failure?.code).toBe('INTERNAL');
    expect(`${failure?.message} ${failure?.cause}`).not.toContain('0123456789');
  });
});
