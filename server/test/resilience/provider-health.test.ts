import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProviderHealth } from '../../src/domain/answering/provider-health.ts';
import { ModelFailure } from '../../src/ports/language-model.ts';
import { ask, follow, type Stored } from '../api/asking.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import {
  errorBody,
  startWireServer,
  streamBody,
  type WireAnswer,
  type WireApi,
  type WireServer,
} from '../wire-server.ts';

const operatorToken = 'operator-token-0123456789';

describe('the health of a provider', () => {
  let wire: WireServer;
  let database: TestDatabase;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    database = await openTestDatabase('pglite');
  });
  // A server keeps the health of its providers in memory, so each test starts one.
  beforeEach(async () => {
    await app?.close();
    wire.reset();
    const ids = ['openai/gpt-4.1', 'google/gemini-2.5-flash-lite', 'anthropic/claude-haiku-4-5'];
    const models = ids.map((id) => ({
      id,
      minimumTier: 'FREE',
      fallbacks: id.startsWith('anthropic') ? [] : [ids[2]],
    }));
    const alone = { id: 'openai/gpt-4.1-mini', minimumTier: 'FREE' };
    const env = { OPERATOR_TOKEN: operatorToken };
    app = await startApp({ database, wire, env, catalogue: { models: [...models, alone] }, retryDelayMs: 2 });
    const first = await app.newMember();
    admin ??= first;
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    await wire?.close();
  });

  async function answerOf(modelId: string): Promise<Stored> {
    const { turn } = await ask(member, { prompt: 'Hello?', modelIds: [modelId] });
    const reading = await follow(member, turn.id);
    return [...reading.finished.values()][0] as Stored;
  }

  /** Refuses every request of one API, and answers the others. */
  function refuse(api: WireApi, refusal: WireAnswer) {
    wire.respondWith((request) => (request.api === api ? refusal : whole(request.api)));
  }

  function requestsTo(api: WireApi): number {
    return wire.requests.filter((request) => request.api === api).length;
  }

  async function health(providerId: string, { probe = false, headers = {} } = {}) {
    const response = await fetch(`${app.url}/health/${providerId}${probe ? '?probe=1' : ''}`, { headers });
    return { code: response.status, ...((await response.json()) as Record<string, unknown>) };
  }

  it('is unknown before the first call, and afterwards public and in the API', async () => {
    expect(await health('openai')).toMatchObject({ code: 200, status: 'UNKNOWN', configured: true, checkedAt: null });
    expect(await health('xai')).toMatchObject({ code: 200, status: 'UNKNOWN', configured: false });
    await answerOf('openai/gpt-4.1-mini');
    expect(await health('openai')).toMatchObject({
      code: 200,
      status: 'UP',
      errorRate: 0,
      firstTokenMs: expect.any(Number),
    });
    wire.enqueue({ status: 400, body: errorBody('openai.chat', { status: 400, name: 'invalid', message: 'No.' }) });
    expect(await answerOf('openai/gpt-4.1-mini')).toMatchObject({ failure: { code: 'INVALID_REQUEST' } });
    expect(await health('openai')).toMatchObject({ code: 200, status: 'UP' });
    wire.enqueue({ status: 503, body: errorBody('openai.chat', { status: 503, name: 'busy', message: 'Too busy.' }) });
    expect(await answerOf('openai/gpt-4.1-mini')).toMatchObject({ status: 'COMPLETED' });
    expect(await health('openai')).toMatchObject({
      code: 200,
      status: 'DEGRADED',
      errorRate: 0.25,
      lastError: 'OVERLOADED',
    });
    const { providers } = await member.gql(
      '{ providers { id health { status errorRate lastError checkedAt } defaultModel { id } } }',
    );
    expect(providers[0]).toEqual({
      id: 'openai',
      health: { status: 'DEGRADED', errorRate: 0.25, lastError: 'OVERLOADED', checkedAt: expect.any(String) },
      defaultModel: { id: 'openai/gpt-6-luna' },
    });
  });

  it('shows the provider’s own error message to operators only, and the failure code to others', async () => {
    const sentence = 'Too busy: organisation org-acme-research has used 30,000 of 30,000 tokens.';
    wire.enqueue({ status: 503, body: errorBody('openai.chat', { status: 503, name: 'busy', message: sentence }) });
    await answerOf('openai/gpt-4.1-mini');
    const byKey = async (scopes: string) =>
      (await connect(app.url, admin).gql(`mutation { createApiKey(name: "k", scopes: [${scopes}]) { secret } }`))
        .createApiKey.secret;
    const [reading, administering] = [await byKey('READ'), await byKey('READ, ADMIN')];
    const told: [Record<string, string>, string][] = [
      [{}, 'OVERLOADED'],
      [{ cookie: member.cookie }, 'OVERLOADED'],
      [{ 'x-api-key': reading }, 'OVERLOADED'],
      [{ cookie: admin.cookie }, sentence],
      [{ 'x-api-key': administering }, sentence],
    ];
    const query = '{ providers { id health { lastError } } }';
    for (const [headers, lastError] of told) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      expect((await response.json()).data.providers[0]).toEqual({ id: 'openai', health: { lastError } });
      expect(await health('openai', { headers })).toMatchObject({ lastError });
    }
    const headers = { authorization: `Bearer ${operatorToken}` };
    expect(await health('openai', { headers })).toMatchObject({ lastError: sentence });
  });

  it('is DOWN after ten failed streams: models with a fallback are not asked any more, others still are', async () => {
    refuse('openai.chat', { status: 429, headers: { 'retry-after': '60' }, body: '{}' });
    for (let count = 1; count <= 10; count++) {
      expect(await answerOf('openai/gpt-4.1')).toMatchObject({ servedBy: { id: 'anthropic/claude-haiku-4-5' } });
      expect(requestsTo('openai.chat')).toBe(count);
    }
    expect(await health('openai')).toMatchObject({ code: 503, status: 'DOWN', errorRate: 1 });

    expect(await answerOf('openai/gpt-4.1')).toMatchObject({
      status: 'COMPLETED',
      servedBy: { id: 'anthropic/claude-haiku-4-5' },
      attempts: [
        { failure: { code: 'OVERLOADED', message: expect.stringContaining('was not asked') } },
        { failure: null },
      ],
    });
    expect(requestsTo('openai.chat')).toBe(10);

    wire.respondWith(({ api }) => whole(api));
    expect(await answerOf('openai/gpt-4.1-mini')).toMatchObject({ status: 'COMPLETED', text: 'Here I am.' });
    expect(requestsTo('openai.chat')).toBe(11);
    expect(await health('openai')).toMatchObject({ code: 503, status: 'DOWN' });
    expect(await health('anthropic')).toMatchObject({ code: 200, status: 'UP' });
  });

  it('is tried by a single call after a rest, and other calls do not wait for it', async () => {
    const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.05s' };
    const body = JSON.stringify({
      error: { code: 503, status: 'UNAVAILABLE', message: 'Busy.', details: [retryInfo] },
    });
    refuse('google.streamGenerateContent', { status: 503, body });
    for (let count = 0; count < 10; count++) await answerOf('google/gemini-2.5-flash-lite');
    expect(await health('google')).toMatchObject({ code: 503, status: 'DOWN' });
    await delay(60);

    const release = new AbortController();
    const asked = new AbortController();
    wire.respondWith(async ({ api }) => {
      if (api === 'google.streamGenerateContent') {
        asked.abort();
        if (!release.signal.aborted) await once(release.signal, 'abort');
      }
      return whole(api);
    });
    const trial = answerOf('google/gemini-2.5-flash-lite');
    if (!asked.signal.aborted) await once(asked.signal, 'abort');
    expect(await answerOf('google/gemini-2.5-flash-lite')).toMatchObject({
      servedBy: { id: 'anthropic/claude-haiku-4-5' },
    });
    release.abort();
    expect(await trial).toMatchObject({ servedBy: { id: 'google/gemini-2.5-flash-lite' }, text: 'Here I am.' });
    expect(await answerOf('google/gemini-2.5-flash-lite')).toMatchObject({
      servedBy: { id: 'google/gemini-2.5-flash-lite' },
    });
    expect(await health('google')).toMatchObject({ code: 200, status: 'DEGRADED' });
  });

  it('is probed for operators only: with their token, or as an admin', async () => {
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, probe: true });
    for (const denied of [
      { probe: true },
      bearer('some other token'),
      { probe: true, headers: { cookie: member.cookie } },
    ]) {
      expect(await health('openai', denied)).toMatchObject({ code: 403 });
    }
    expect(wire.requests).toHaveLength(0);
    const probe = { model: 'openai/gpt-6-luna', ok: true, firstTokenMs: expect.any(Number), failure: null };
    expect(await health('openai', bearer(operatorToken))).toMatchObject({ code: 200, status: 'UP', probe });
    expect(wire.requests[0]?.body).toMatchObject({ model: 'gpt-6-luna', max_completion_tokens: 64 });
    refuse('anthropic.messages', { status: 401, body: '{"error":{"message":"No such key: sk-test-anthropic."}}' });
    const failed = await health('anthropic', { probe: true, headers: { cookie: admin.cookie } });
    const failure = { code: 'AUTHENTICATION', message: 'No such key: [key].' };
    expect(failed).toMatchObject({ code: 503, status: 'DOWN', probe: { ok: false, failure } });
    expect(await health('perplexity', bearer(operatorToken))).toMatchObject({
      configured: false,
      probe: { ok: false },
    });
  });

  it.each(['nobody', '%', '', 'openai/models'])('is not found for a provider named "%s"', async (name) => {
    expect((await fetch(`${app.url}/health/${name}`)).status).toBe(404);
  });
});

function whole(api: WireApi): WireAnswer {
  return { body: streamBody(api, { text: ['Here', ' I am.'], usage: { input: 9, output: 4 } }) };
}

describe('a stopped call', () => {
  const stopped = { failure: new ModelFailure('INTERNAL', 'Stopped.'), firstTokenMs: null };
  const failed = { failure: new ModelFailure('CONNECTION', 'Broken.', { retryAfterMs: 20 }), firstTokenMs: null };
  const answered = { failure: null, firstTokenMs: 5 };

  it('counts neither as a success nor as a failure if it is stopped before its first character', async () => {
    const health = createProviderHealth();
    for (let count = 0; count < 30; count++) expect(await health.guard('lab', async () => stopped)).toBe(stopped);
    expect(health.report('lab').status).toBe('UNKNOWN');
    for (let count = 0; count < 10; count++) {
      expect(await health.guard('lab', async () => failed)).toBe(failed);
      await health.guard('lab', async () => stopped);
    }
    expect(await health.guard('lab', async () => answered)).toBeNull();
  });

  it('has to be repeated if it was the trial of a provider after a rest', async () => {
    const health = createProviderHealth();
    for (let count = 0; count < 10; count++) await health.guard('lab', async () => failed);
    await delay(30);
    expect(await health.guard('lab', async () => stopped)).toBe(stopped);
    expect(await health.guard('lab', async () => answered)).toBeNull();
    expect(health.report('lab')).toMatchObject({
      status: 'DOWN',
      errorRate: 1,
      lastError: { code: 'CONNECTION', message: 'Broken.' },
    });
  });
});
