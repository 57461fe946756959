import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode, LanguageModel, ModelPart } from '../../src/ports/language-model.ts';
import { startWireServer, streamBeginning, streamBody, type WireApi, type WireServer } from '../wire-server.ts';
import { adapters, ask, modelRequest, secret } from './answers.ts';
import { fetches } from './asked-by.ts';

let server: WireServer;
let elsewhere: WireServer;
beforeAll(async () => {
  server = await startWireServer();
  elsewhere = await startWireServer();
});
beforeEach(() => {
  server.reset();
  elsewhere.reset();
});
afterAll(async () => {
  await server.close();
  await elsewhere.close();
});

const script = {
  reasoning: ['First ', 'a thought. '],
  text: ['Grüße, ', '世界 ', '👩‍🚀', '!'],
  usage: { input: 21, output: 8 },
};

const runs = fetches.flatMap((way) => adapters.map((adapter) => ({ ...way, ...adapter })));

describe.each(runs)('the $name adapter with UPSTREAM=$upstream', ({ api, models, create, fetch }) => {
  let model: LanguageModel;
  beforeEach(() => {
    model = create(server, fetch);
  });

  it('pushes reasoning, text and usage in order, then the finish, and resolves', async () => {
    server.enqueue({ body: streamBody(api, script) });
    const answer = await ask(model);
    expect(answer).toMatchObject({
      reasoning: 'First a thought. ',
      text: 'Grüße, 世界 👩‍🚀!',
      finish: 'STOP',
      failure: null,
    });
    expect(answer.usage).toEqual({
      inputTokens: 21,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: 8,
      reasoningTokens: 0,
    });
    expect(answer.parts.at(-1)).toEqual({ type: 'finish', reason: 'STOP' });
    expect(kindsOf(answer.parts)).toEqual(['reasoning', 'text']);
  });

  it('pushes activity for arriving bytes, and none for headers', async () => {
    const body = streamBody(api, { ...script, reasoning: [''], text: [''] });
    server.enqueue({ body, pieces: [60] }, { status: 500, body: '{}' });
    expect((await ask(model)).parts.map(({ type }) => type)).toContain('activity');
    expect((await ask(model)).parts).toEqual([]);
  });

  it('says that the provider has the request when its answer begins, though nothing comes, and not of a refusal', async () => {
    server.enqueue({ status: 400, body: '{}' }, { body: '', ending: 'stall' });
    const abort = new AbortController();
    let sent = 0;
    await ask(model, { onSent: () => (sent += 1) });
    expect(sent).toBe(0);
    const onSent = () => abort.abort();
    await expect(model.stream(modelRequest({ signal: abort.signal, onSent }), unexpected)).rejects.toThrow();
  });

  it('reads the same parts from a body, in whatever pieces it arrives', async () => {
    const body = streamBody(api, script);
    server.enqueue({ body });
    const whole = await ask(model);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 }), async (pieces) => {
        server.enqueue({ body, pieces });
        const answer = await ask(model);
        expect(answer.parts.filter(isNoActivity)).toEqual(whole.parts.filter(isNoActivity));
      }),
      { numRuns: 12 },
    );
  });

  it.each([[undefined], [[1]], [[7, 40]]])('ignores keep-alives, in pieces of %j', async (pieces) => {
    const end = lineEnd(api);
    const heartbeats = `data:${end}: ping${end}data: ${end}`;
    const body = heartbeats + streamBody(api, script).replaceAll(end, `${end}${heartbeats}`);
    server.enqueue({ body, ...(pieces && { pieces }) });
    expect(await ask(model)).toMatchObject({ text: 'Grüße, 世界 👩‍🚀!', finish: 'STOP', failure: null });
  });

  it('loses no text to an unfinished last line', async () => {
    server.enqueue({ body: `${streamBody(api, script)}data: ` });
    expect(await ask(model)).toMatchObject({ text: 'Grüße, 世界 👩‍🚀!', finish: 'STOP', failure: null });
  });

  it('fails if the body ends before its terminal marker, and keeps the text so far', async () => {
    server.enqueue({ body: beginningOf(api) });
    const answer = await ask(model);
    expect(answer).toMatchObject({ text: 'Grüße, 世界 👩‍🚀', finish: null, failure: { code: 'CONNECTION' } });
  });

  it.each(['cut', 'reset'] as const)('fails if the connection is %s, and keeps the text so far', async (ending) => {
    server.enqueue({ body: beginningOf(api), ending });
    const answer = await ask(model);
    expect(answer).toMatchObject({ finish: null, failure: { code: 'CONNECTION', retryable: true } });
    expect('Grüße, 世界 👩‍🚀').toContain(answer.text);
  });

  it('fails with CONNECTION if the body ends before its first event', async () => {
    server.enqueue({ body: '', ending: 'cut' }, { body: '' });
    expect((await ask(model)).failure?.code).toBe('CONNECTION');
    expect((await ask(model)).failure?.code).toBe('CONNECTION');
  });

  it('fails with CONNECTION if no server listens, without showing the address', async () => {
    const gone = await startWireServer();
    await gone.close();
    const { failure } = await ask(create(gone, fetch));
    expect(failure?.code).toBe('CONNECTION');
    expect(failure?.message).not.toContain('127.0.0.1');
  });

  it('fails if the answer is JSON in place of a stream', async () => {
    const headers = { 'content-type': 'application/json' };
    server.enqueue({ headers, body: JSON.stringify({ id: 'answer-1', content: 'Hello' }) });
    expect(await ask(model)).toMatchObject({ text: '', finish: null, failure: { code: 'PROVIDER_ERROR' } });
  });

  it('fails if the answer is an HTML page, without showing the page', async () => {
    server.enqueue({ headers: { 'content-type': 'text/html' }, body: '<html><h1>Sign in</h1></html>' });
    const { failure } = await ask(model);
    expect(failure?.code).toBe('PROVIDER_ERROR');
    expect(failure?.message).not.toContain('Sign in');
  });

  it('fails at an event that is no JSON, and keeps the text before it', async () => {
    const beginning = beginningOf(api);
    const body = `${beginning}data: {unreadable}${lineEnd(api)}${streamBody(api, { text: ['more'] })}`;
    server.enqueue({ body });
    const answer = await ask(model);
    expect(answer).toMatchObject({ text: 'Grüße, 世界 👩‍🚀', finish: null, failure: { code: 'PROVIDER_ERROR' } });
  });

  it('reads an event of a megabyte', async () => {
    const text = 'lorem ipsum '.repeat(100_000);
    server.enqueue({ body: streamBody(api, { text: [text] }) });
    expect((await ask(model)).text).toBe(text);
  });

  it('never retries by itself', async () => {
    server.enqueue({ status: 503, headers: { 'x-should-retry': 'true', 'retry-after': '0' }, body: '{}' });
    expect((await ask(model)).failure?.code).toBe('OVERLOADED');
    expect(server.requests).toHaveLength(1);
  });

  it('cancels the upstream request when it is aborted in mid-answer, and pushes nothing more', async () => {
    server.enqueue({ body: beginningOf(api), ending: 'stall' });
    const abort = new AbortController();
    const parts: ModelPart[] = [];
    const streaming = model.stream(modelRequest({ signal: abort.signal }), (part) => {
      parts.push(part);
      if (part.type === 'text') abort.abort();
    });
    await expect(streaming).rejects.toThrow();
    await server.requests[0]?.closedByClient;
    expect(parts.filter(({ type }) => type === 'text')).toHaveLength(1);
    expect(parts.at(-1)?.type).toBe('text');
  });

  it('cancels the upstream request when it is aborted before the headers', async () => {
    const abort = new AbortController();
    server.enqueue((request) => {
      setImmediate(() => abort.abort());
      return { silent: true, body: request.path };
    });
    await expect(model.stream(modelRequest({ signal: abort.signal }), unexpected)).rejects.toThrow();
    await server.requests[0]?.closedByClient;
  });

  it('sends nothing if it is aborted from the start', async () => {
    await expect(model.stream(modelRequest({ signal: AbortSignal.abort() }), unexpected)).rejects.toThrow();
    expect(server.requests).toHaveLength(0);
  });

  it('closes the connection of a broken answer', async () => {
    server.enqueue({ body: `${beginningOf(api)}data: {unreadable}${lineEnd(api)}`, ending: 'stall' });
    expect((await ask(model)).failure?.code).toBe('PROVIDER_ERROR');
    await server.requests[0]?.closedByClient;
  });

  it.each<[number, FailureCode, boolean]>([
    [400, 'INVALID_REQUEST', false],
    [401, 'AUTHENTICATION', false],
    [402, 'QUOTA_EXCEEDED', false],
    [403, 'AUTHENTICATION', false],
    [404, 'MODEL_NOT_FOUND', false],
    [408, 'TIMEOUT', true],
    [413, 'CONTEXT_TOO_LONG', false],
    [422, 'INVALID_REQUEST', false],
    [429, 'RATE_LIMITED', true],
    [500, 'PROVIDER_ERROR', true],
    [502, 'PROVIDER_ERROR', true],
    [503, 'OVERLOADED', true],
    [504, 'TIMEOUT', true],
    [529, 'OVERLOADED', true],
  ])('maps a bare %i to %s', async (status, code, retryable) => {
    server.enqueue({ status, body: '<html>no word of the cause</html>', headers: { 'content-type': 'text/html' } });
    const { failure, parts } = await ask(model);
    expect(failure).toMatchObject({ code, retryable, retryAfterMs: null });
    expect(failure?.message).toMatch(/^[A-Z].*\.$/);
    expect(parts).toEqual([]);
  });

  it('masks the key and addresses in the provider’s error', async () => {
    const message = `Invalid key ${secret} (or sk-proj-abcd*****wxyz): see https://provider.example/keys?key=${secret}, ok?`;
    server.enqueue({ status: 400, body: JSON.stringify({ error: { message } }) });
    const { failure } = await ask(model);
    expect(failure?.message).toBe('Invalid key [key] (or [key]): see [link], ok?');
    expect(failure?.cause).toBeUndefined();
  });

  it('shows the beginning of a long error', async () => {
    const message = `Bad luck, ${'a'.repeat(60_000)}`;
    server.enqueue({ status: 500, body: JSON.stringify({ error: { message } }) });
    expect((await ask(model)).failure).toMatchObject({ code: 'PROVIDER_ERROR', message: 'Bad luck,…' });
  });

  it('reads the beginning of an endless error, and closes the connection', async () => {
    server.enqueue({ status: 503, body: 'too much '.repeat(10_000), ending: 'stall' });
    server.enqueue({ status: 503, body: 'too much '.repeat(10_000), ending: 'stall' });
    expect((await ask(model)).failure?.code).toBe('OVERLOADED');
    await expect(model.listModels(new AbortController().signal)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await Promise.all(server.requests.map(({ closedByClient }) => closedByClient));
  });

  it('knows an error by its status if the connection breaks within the body', async () => {
    server.enqueue({ status: 429, body: '{"error":', ending: 'cut' });
    expect((await ask(model)).failure?.code).toBe('RATE_LIMITED');
  });

  it('does not follow a redirection to another origin', async () => {
    const redirection = { status: 307, headers: { location: `${elsewhere.url}/there` } };
    server.enqueue(redirection, redirection);
    const message = 'The connection to the provider failed (REDIRECT_TO_OTHER_ORIGIN).';
    expect((await ask(model)).failure).toMatchObject({ code: 'CONNECTION', message });
    await expect(model.listModels(new AbortController().signal)).rejects.toMatchObject({ code: 'CONNECTION', message });
    expect(elsewhere.requests).toEqual([]);
  });

  it('follows a redirection within the origin, but no further', async () => {
    const stayed = ({ path }: { path: string }) => ({ status: 308, headers: { location: `${path}#there` } });
    server.enqueue(stayed, stayed);
    expect((await ask(model)).text).toBe('Hello there!');
    server.enqueue(stayed, { status: 308, headers: { location: `${elsewhere.url}/there` } });
    expect((await ask(model)).failure?.code).toBe('CONNECTION');
    expect(elsewhere.requests).toEqual([]);
  });

  it('lists the models that the key can see', async () => {
    expect(await model.listModels(new AbortController().signal)).toEqual(['model-a', 'model-b']);
    expect(server.requests[0]?.api).toBe(models);
  });

  it('fails to list models with the same failures as an answer', async () => {
    server.enqueue({ status: 401, body: JSON.stringify({ error: { message: 'No such key.' } }) });
    await expect(model.listModels(new AbortController().signal)).rejects.toMatchObject({
      name: 'ModelFailure',
      code: 'AUTHENTICATION',
      message: 'No such key.',
    });
    await expect(model.listModels(AbortSignal.abort())).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

/** The body of an answer up to its last piece of text. */
function beginningOf(api: WireApi): string {
  return streamBeginning(api, { ...script, text: script.text.slice(0, -1) });
}

function lineEnd(api: WireApi): string {
  return api === 'google.streamGenerateContent' ? '\r\n\r\n' : '\n\n';
}

/** The kinds of the spoken parts, with repetitions joined. */
function kindsOf(parts: ModelPart[]): string[] {
  const kinds = parts.map(({ type }) => type).filter((type) => type === 'text' || type === 'reasoning');
  return kinds.filter((kind, index) => kind !== kinds[index - 1]);
}

function isNoActivity({ type }: ModelPart): boolean {
  return type !== 'activity';
}

function unexpected(part: ModelPart): void {
  throw new Error(`Unexpected ${part.type}.`);
}
