import Anthropic from '@anthropic-ai/sdk';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ModelFailure } from '../../../src/ports/language-model.ts';
import { accountOf, expectSettled } from '../../api/asking.ts';
import { createScriptedModel, type ScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { anthropicAt, eventsOf, hello, newMessagesProgram, postMessage } from './anthropic-client.ts';

const nothing = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
const swift = { model: 'mock/swift', max_tokens: 1000, messages: hello };

describe('a message that breaks off', () => {
  let database: TestDatabase;
  let app: TestApp;
  let scripted: ScriptedModel;
  beforeAll(async () => {
    scripted = createScriptedModel();
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      languageModels: { mock: scripted },
      retryDelayMs: 1,
      catalogue: { tiers: { promptsPerMinute: 2 } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app.errors).toEqual([]);
  });

  const nextCall = () => vi.waitUntil(() => scripted.open[0], { timeout: 20_000 });

  it('is stopped when its client goes away, streamed or not, and pays what was written', async () => {
    for (const stream of [true, false]) {
      const { anthropic, member } = await newMessagesProgram(app);
      const abort = new AbortController();
      const asked = anthropic.messages.create({ ...swift, stream }, { signal: abort.signal });
      const call = await nextCall();
      call.push({ type: 'text', text: 'The tides turn twice a day, and so do I.' });
      if (stream) {
        const events = (await asked) as AsyncIterable<Anthropic.RawMessageStreamEvent>;
        for await (const { type } of events) if (type === 'content_block_delta') break;
      }
      abort.abort();
      await asked.catch(() => {});
      await vi.waitUntil(() => call.request.signal.aborted, { timeout: 20_000 });
      await vi.waitUntil(async () => (await accountOf(member)).held === 0, { timeout: 20_000 });
      const { entries } = await expectSettled(member);
      expect(entries.filter(({ amount }) => amount < 0)).toHaveLength(1);
    }
  });

  it('is an error event in mid-stream, which the SDK throws', async () => {
    const { anthropic, key } = await newMessagesProgram(app);
    const stream = anthropic.messages.stream(swift);
    const call = await nextCall();
    call.push({ type: 'text', text: 'The tides' });
    await vi.waitUntil(() => stream.currentMessage?.content.length === 1, { timeout: 20_000 });
    call.fail(new ModelFailure('OVERLOADED', 'Too many tides.'));
    const error = await stream.finalMessage().catch((reason) => reason);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ type: 'overloaded_error', apiMessage: 'Too many tides.' });

    const response = postMessage(app, key, { ...swift, stream: true });
    const again = await nextCall();
    again.push({ type: 'text', text: 'The tides' });
    again.fail(new ModelFailure('CONNECTION', 'The tide is out.'));
    const { headers } = await response;
    expect((await eventsOf(await response)).at(-1)).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'The tide is out.' },
      request_id: headers.get('request-id'),
    });
  });

  it('before its first word has none of that attempt’s proofs in the answer of the next one', async () => {
    const { anthropic, member } = await newMessagesProgram(app);
    const asked = anthropic.messages.create(swift);
    const failing = await nextCall();
    failing.push({ type: 'signature', text: 'proof of nothing', redacted: true });
    failing.fail(new ModelFailure('OVERLOADED', 'Too many tides.'));
    const next = await nextCall();
    next.push({ type: 'signature', text: 'proof of a thought', redacted: true });
    next.push({ type: 'text', text: 'Twice a day.' });
    next.finish(null);
    expect((await asked).content).toMatchObject([
      { type: 'redacted_thinking', data: 'proof of a thought' },
      { type: 'text', text: 'Twice a day.' },
    ]);
    await expectSettled(member);
  });

  it.each([
    ['OVERLOADED', 529, 'overloaded_error'],
    ['RATE_LIMITED', 429, 'rate_limit_error'],
    ['TIMEOUT', 504, 'timeout_error'],
    ['AUTHENTICATION', 502, 'api_error'],
    ['INVALID_REQUEST', 400, 'invalid_request_error'],
    ['CONTENT_FILTERED', 400, 'invalid_request_error'],
  ] as const)('before its first word by %s has the status %i, streamed or not', async (code, status, type) => {
    for (const stream of [true, false]) {
      const { key, member } = await newMessagesProgram(app);
      const response = postMessage(app, key, { ...swift, stream });
      let refused: Response | undefined;
      void response.then((answer) => {
        refused = answer;
      });
      // A failure that may pass is tried again by the server.
      while (!refused) {
        scripted.open[0]?.fail(new ModelFailure(code, 'Not now.'));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(refused.status).toBe(status);
      expect((await refused.json()).error).toEqual({ type, message: 'Not now.' });
      expect((await expectSettled(member)).entries.filter(({ amount }) => amount < 0)).toEqual([]);
    }
  });

  it('says that the prompt is too long when the provider finds it so', async () => {
    const { key } = await newMessagesProgram(app);
    const response = postMessage(app, key, swift);
    (await nextCall()).fail(new ModelFailure('CONTEXT_TOO_LONG', 'It has 40,000 tokens.'));
    expect((await (await response).json()).error).toEqual({
      type: 'invalid_request_error',
      message: 'prompt is too long: It has 40,000 tokens.',
    });
  });

  it('ends with what the model says of its refusal', async () => {
    const { anthropic } = await newMessagesProgram(app);
    for (const ask of [() => anthropic.messages.create(swift), () => anthropic.messages.stream(swift).finalMessage()]) {
      const answer = ask();
      const call = await nextCall();
      call.push({ type: 'refusal', text: 'Against the rules.' });
      call.push({ type: 'usage', usage: { ...nothing, inputTokens: 9, outputTokens: 3 } });
      call.push({ type: 'ending', reason: 'REFUSAL' });
      call.fail(new ModelFailure('CONNECTION', 'Closed.'));
      expect(await answer).toMatchObject({
        content: [],
        stop_reason: 'refusal',
        stop_details: { type: 'refusal', explanation: 'Against the rules.' },
      });
    }
  });

  it('ends at the stop sequence that the provider names', async () => {
    const { anthropic } = await newMessagesProgram(app);
    const asking = { ...swift, stop_sequences: ['END', 'HALT'] };
    for (const ask of [
      () => anthropic.messages.create(asking),
      () => anthropic.messages.stream(asking).finalMessage(),
    ]) {
      const answer = ask();
      const call = await nextCall();
      call.push({ type: 'text', text: 'The tides' });
      call.push({ type: 'usage', usage: { ...nothing, inputTokens: 9, outputTokens: 3 } });
      call.push({ type: 'ending', reason: 'STOP', stoppedAt: 'HALT' });
      call.fail(new ModelFailure('CONNECTION', 'Closed.'));
      expect(await answer).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'HALT' });
    }
  });

  it('is sent again by the SDK once Retry-After has passed', async () => {
    const { member, key } = await newMessagesProgram(app);
    const anthropic = anthropicAt(app, { apiKey: key, maxRetries: 1 });
    const refusals: (string | null)[] = [];
    const counting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.status === 429) refusals.push(response.headers.get('retry-after'));
      return response;
    };
    const ask = async () => {
      const asked = anthropic.withOptions({ fetch: counting }).messages.create(swift);
      (await nextCall()).finish(null);
      return asked;
    };
    await ask();
    await ask();
    // Both calls of the minute are used up, but the first one is 57 seconds old.
    const { rows } = await sql<{ id: string }>`select id from "user" where email = ${member.email}`.execute(
      database.db,
    );
    await sql`update deleted_admission set admitted_at = admitted_at - interval '57 seconds'
      where user_id = ${rows[0]?.id}`.execute(database.db);
    expect((await ask()).stop_reason).toBe('end_turn');
    expect(refusals).toHaveLength(1);
    expect(Number(refusals[0])).toBeGreaterThan(0);
    expect(Number(refusals[0])).toBeLessThan(10);
  });
});
