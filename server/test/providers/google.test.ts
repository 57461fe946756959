import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FailureCode, textMessage } from '../../src/ports/language-model.ts';
import { withGlobalFetch } from '../../src/providers/google/client.ts';
import { createGoogle } from '../../src/providers/google/google.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { ask, secret } from './answers.ts';
import { askedBy } from './asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

function create() {
  return createGoogle({ apiKey: secret, baseURL: server.url, fetch: askedBy.fetch });
}

function contentStream(events: object[]): string {
  return events.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('');
}

const says = (part: object, more = {}) => ({ candidates: [{ content: { role: 'model', parts: [part] }, ...more }] });
const stops = (finishReason: string, more = {}) => says({ text: '' }, { finishReason, ...more });

async function answerTo(...events: object[]) {
  server.enqueue({ body: contentStream(events) });
  return ask(create());
}

describe('the request for content', () => {
  it('has system prompt, contents, limits and sampling, and the key in a header only', async () => {
    await ask(create(), {
      model: 'gemini-x',
      system: 'Be brief.',
      messages: [textMessage('user', 'One?'), textMessage('assistant', 'One.'), textMessage('user', 'Two?')],
      maxOutputTokens: 77,
      temperature: 0,
      topP: 0.5,
      reasoning: true,
    });
    const [request] = server.requests;
    expect(request?.path).toBe('/v1beta/models/gemini-x:streamGenerateContent?alt=sse');
    expect(request?.headers['x-goog-api-key']).toBe(secret);
    expect(request?.body).toMatchObject({
      systemInstruction: { role: 'system', parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'One?' }] },
        { role: 'model', parts: [{ text: 'One.' }] },
        { role: 'user', parts: [{ text: 'Two?' }] },
      ],
      generationConfig: { maxOutputTokens: 77, temperature: 0, topP: 0.5, thinkingConfig: { includeThoughts: true } },
    });
  });

  it('leaves out parameters that were not given', async () => {
    await ask(create());
    const { body } = server.requests[0] ?? {};
    expect(body).not.toHaveProperty('systemInstruction');
    expect(body.generationConfig).toEqual({ maxOutputTokens: 4096 });
  });
});

describe('the global fetch', () => {
  const usual = globalThis.fetch;
  afterEach(() => {
    expect(globalThis.fetch).toBe(usual);
  });

  it('is untouched from the moment on in which the SDK has been called', async () => {
    const asking = ask(create());
    expect(globalThis.fetch).toBe(usual);
    expect((await asking).text).toBe('Hello there!');
  });

  it('is untouched where a call fails, by what is answered or before anything is sent', async () => {
    server.enqueue({ status: 503, body: '{}' });
    expect((await ask(create())).failure?.code).toBe('OVERLOADED');
    expect(globalThis.fetch).toBe(usual);
    const model = createGoogle({
      apiKey: secret,
      baseURL: server.url,
      fetch: () => {
        throw new Error('Nothing is sent.');
      },
    });
    expect((await ask(model)).failure).not.toBeNull();
  });

  it('is untouched where what is called throws at once, also inside another call', () => {
    const mine: typeof fetch = () => Promise.reject(new Error('Nobody asks.'));
    const other: typeof fetch = () => Promise.reject(new Error('Nobody asks.'));
    expect(() =>
      withGlobalFetch(mine, () => {
        expect(() =>
          withGlobalFetch(other, () => {
            expect(globalThis.fetch).toBe(other);
            throw new Error('inner');
          }),
        ).toThrow('inner');
        expect(globalThis.fetch).toBe(mine);
        throw new Error('outer');
      }),
    ).toThrow('outer');
  });

  it('is untouched while two calls overlap, and each gets its own answer', async () => {
    const elsewhere = await startWireServer();
    try {
      server.enqueue({ body: contentStream([says({ text: 'here' }), stops('STOP')]), pieces: [40], pieceDelayMs: 5 });
      elsewhere.enqueue({ status: 503, body: '{}' }, { body: contentStream([says({ text: 'there' }), stops('STOP')]) });
      const other = createGoogle({ apiKey: 'another key', baseURL: elsewhere.url, fetch: askedBy.fetch });
      const answers = Promise.all([ask(create()), ask(other), ask(other)]);
      expect(globalThis.fetch).toBe(usual);
      expect((await answers).map(({ text, failure }) => failure?.code ?? text).sort()).toEqual([
        'OVERLOADED',
        'here',
        'there',
      ]);
      expect(elsewhere.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual(Array(2).fill('another key'));
      expect(server.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual([secret]);
    } finally {
      await elsewhere.close();
    }
  });

  it('is not used to list models either', async () => {
    const listed = withGlobalFetch(
      () => Promise.reject(new Error('The models were asked for by the global fetch.')),
      () => create().listModels(new AbortController().signal),
    );
    expect(await listed).toEqual(['model-a', 'model-b']);
  });
});

describe('a stream of content', () => {
  it('separates thoughts from the answer, and ignores executed code', async () => {
    const answer = await answerTo(
      says({ text: 'Hm.', thought: true }),
      says({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
      says({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }),
      says({ text: 'One.', thoughtSignature: 'EqoB' }),
      stops('STOP'),
    );
    expect(answer).toMatchObject({ reasoning: 'Hm.', text: 'One.', finish: 'STOP', failure: null });
  });

  it('finishes with TOOL_CALLS if a function was called', async () => {
    expect((await answerTo(says({ functionCall: { name: 'f' } }), stops('STOP'))).finish).toBe('TOOL_CALLS');
  });

  it.each([
    ['STOP', 'STOP'],
    ['MAX_TOKENS', 'LENGTH'],
    ['SAFETY', 'CONTENT_FILTER'],
    ['RECITATION', 'CONTENT_FILTER'],
    ['PROHIBITED_CONTENT', 'CONTENT_FILTER'],
    ['MALFORMED_FUNCTION_CALL', 'OTHER'],
  ])('finishes %s as %s, with the text so far', async (reason, finish) => {
    expect(await answerTo(says({ text: 'Hi' }), stops(reason))).toMatchObject({ text: 'Hi', finish, failure: null });
  });

  it('fails if the prompt was blocked', async () => {
    const { failure } = await answerTo({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } });
    expect(failure).toMatchObject({ code: 'CONTENT_FILTERED', retryable: false });
    expect(failure?.message).toContain('PROHIBITED_CONTENT');
  });

  it('shows no key and no address of the reason for a blocked prompt', async () => {
    const blockReasonMessage = `Blocked: ${secret}, see https://provider.example. ${'Really. '.repeat(100)}`;
    const { failure } = await answerTo({ promptFeedback: { blockReason: 'OTHER', blockReasonMessage } });
    expect(failure).toMatchObject({
      code: 'CONTENT_FILTERED',
      message: expect.stringMatching(/^Blocked: \[key\], see \[link\]\. .*…$/),
    });
    expect(failure?.message.length).toBeLessThanOrEqual(300);
  });

  it('cites each source of the answer once', async () => {
    const groundingMetadata = {
      groundingChunks: [
        { web: { uri: 'https://a.example', title: 'A' } },
        { web: { uri: 'https://a.example', title: 'A' } },
        { retrievedContext: { uri: 'https://b.example', title: '' } },
        {},
      ],
    };
    const { citations } = await answerTo(says({ text: 'Hi' }), stops('STOP', { groundingMetadata }));
    expect(citations).toEqual([
      { url: 'https://a.example', title: 'A' },
      { url: 'https://b.example', title: null },
    ]);
  });

  it('counts thoughts beside the answer, the cache within the prompt and tool input beside it, and the last count wins', async () => {
    const { usage } = await answerTo(
      {
        ...says({ text: 'Hi' }),
        usageMetadata: { promptTokenCount: 50, candidatesTokenCount: 2, thoughtsTokenCount: 100 },
      },
      { ...says({ text: '' }), usageMetadata: { trafficType: 'ON_DEMAND' } },
      {
        ...stops('STOP'),
        usageMetadata: {
          promptTokenCount: 50,
          cachedContentTokenCount: 30,
          toolUsePromptTokenCount: 5,
          candidatesTokenCount: 8,
          thoughtsTokenCount: 120,
        },
      },
    );
    expect(usage).toEqual({
      inputTokens: 25,
      cachedInputTokens: 30,
      cacheWriteInputTokens: 0,
      outputTokens: 8,
      reasoningTokens: 120,
    });
  });

  it('fails at an error in mid-stream, and keeps the text so far', async () => {
    const answer = await answerTo(says({ text: 'Hi' }), {
      error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
    });
    expect(answer).toMatchObject({
      text: 'Hi',
      finish: null,
      failure: { code: 'OVERLOADED', message: 'The model is overloaded.' },
    });
  });
});

describe('an error in place of content', () => {
  it.each<[FailureCode, number, string, object]>([
    [
      'AUTHENTICATION',
      400,
      'API key not valid.',
      { status: 'INVALID_ARGUMENT', details: [{ '@type': 'ErrorInfo', reason: 'API_KEY_INVALID' }] },
    ],
    ['AUTHENTICATION', 400, 'API key expired. Please renew the API key.', { status: 'INVALID_ARGUMENT' }],
    ['CONTEXT_TOO_LONG', 400, 'The input token count (9) exceeds the maximum number of tokens allowed (8).', {}],
    ['MODEL_NOT_FOUND', 404, 'models/nope is not found for API version v1beta.', { status: 'NOT_FOUND' }],
    ['OVERLOADED', 503, 'The model is overloaded.', { status: 'UNAVAILABLE' }],
  ])('has the code %s: %i %s', async (code, status, message, more) => {
    server.enqueue({ status, body: JSON.stringify({ error: { code: status, message, ...more } }) });
    expect((await ask(create())).failure).toMatchObject({ code, message });
  });

  it('passes on the time to wait', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '48.9s' }];
    const error = { code: 429, message: 'You exceeded your quota.', status: 'RESOURCE_EXHAUSTED', details };
    server.enqueue({ status: 429, body: JSON.stringify({ error }) });
    expect((await ask(create())).failure).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'You exceeded your quota.',
      retryAfterMs: 48_900,
    });
  });
});

it('the Google adapter lists the generating models of every page', async () => {
  const page = (models: object[], nextPageToken?: string) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ models, nextPageToken }),
  });
  const chat = (name: string) => ({ name: `models/${name}`, supportedGenerationMethods: ['generateContent'] });
  const embedding = { name: 'models/e', supportedGenerationMethods: ['embedContent'] };
  server.enqueue(page([chat('a'), embedding], 'next page'), page([chat('b')]));
  expect(await create().listModels(new AbortController().signal)).toEqual(['a', 'b']);
  expect(server.requests[1]?.path).toContain('pageToken=next+page');
});
