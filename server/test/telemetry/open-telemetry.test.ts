import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, converse } from '../api/asking.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { errorBody, startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { type Collector, startCollector } from './collector.ts';

const secrets = { prompt: 'Why_is_my_cat_purple', answer: 'Because_it_fell_into_the_paint', header: 'Basic c2VjcmV0' };
const models = { good: 'anthropic/claude-haiku-4-5', broken: 'openai/gpt-4.1-mini' };

let database: TestDatabase;
let wire: WireServer;
let collector: Collector;
let app: TestApp;
let member: Client;

beforeAll(async () => {
  database = await openTestDatabase('pglite');
  wire = await startWireServer();
});
afterAll(async () => {
  await wire?.close();
  await database?.close();
});
beforeEach(async () => {
  wire.reset();
  wire.respondWith(({ api }) =>
    api === 'openai.chat'
      ? { status: 503, body: errorBody(api, { status: 503, name: 'overloaded', message: `No: ${secrets.prompt}` }) }
      : { body: streamBody(api, { text: [secrets.answer], usage: { input: 9, output: 3 } }) },
  );
  collector = await startCollector();
});
afterEach(async () => {
  await collector.close();
});

/** Starts an app that tells the collector what it does; the collector has heard all when it is closed. */
async function start(env: Record<string, string>): Promise<void> {
  app = await startApp({
    database,
    wire,
    retryDelayMs: 1,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
    catalogue: {
      models: [
        { id: models.broken, minimumTier: 'FREE', fallbacks: [models.good] },
        { id: models.good, minimumTier: 'FREE' },
      ],
    },
  });
  member = await app.newMember();
}

/** Asks two models, one of which falls back, and waits for both answers. */
async function askBoth(client: Client) {
  const { turn } = await ask(client, { prompt: secrets.prompt, modelIds: [models.broken, models.good] });
  for await (const _event of client.subscribe(
    'ws',
    'subscription ($turnId: ID!) { streamResponse(turnId: $turnId) { __typename } }',
    { turnId: turn.id },
  ));
}

describe('a collector of OpenTelemetry', () => {
  it('gets the spans of a prompt with two models, one of them falling back, below the span of the caller', async () => {
    await start({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20c2VjcmV0',
    });
    const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    await askBoth(connectTraced(app.url, member, `00-${caller.traceId}-${caller.spanId}-01`));
    await app.close();

    const spans = collector.spans();
    const [prompt] = spans.filter(({ name }) => name === 'prompt');
    const { attributes } = prompt as NonNullable<typeof prompt>;
    expect(prompt).toMatchObject({ kind: 2, traceId: caller.traceId, parentSpanId: caller.spanId });
    expect(attributes).toMatchObject({ 'polylogue.prompt.kind': 'prompt', 'polylogue.responses': 2 });
    const below = spans.filter(({ parentSpanId }) => parentSpanId === prompt?.spanId);
    expect(below).toHaveLength(spans.length - 1);
    expect(spans.every(({ traceId }) => traceId === caller.traceId)).toBe(true);

    const attempts = below.filter(({ kind }) => kind === 3);
    expect(attempts.map(({ name }) => name).sort()).toEqual([
      'chat claude-haiku-4-5',
      'chat claude-haiku-4-5',
      'chat gpt-4.1-mini',
    ]);
    const host = new URL(wire.url).hostname;
    const [failed] = attempts.filter(({ name }) => name === 'chat gpt-4.1-mini');
    expect(failed?.failed).toBe(true);
    expect(failed?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1-mini',
      'error.type': 'overloaded',
      'server.address': host,
      'polylogue.attempt': 1,
    });
    for (const answered of attempts.filter((span) => span !== failed)) {
      expect(answered.failed).toBe(false);
      expect(answered.attributes).toMatchObject({
        'gen_ai.provider.name': 'anthropic',
        'gen_ai.response.model': 'claude-haiku-4-5',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 3,
      });
      expect(answered.startMs).toBeGreaterThanOrEqual(prompt?.startMs as number);
      expect(answered.endMs).toBeLessThanOrEqual((prompt?.endMs as number) + 1);
    }
    const settlements = below.filter(({ name }) => name === 'settlement');
    expect(settlements.map((span) => span.attributes['polylogue.response.status'])).toEqual(['COMPLETED', 'COMPLETED']);

    expect(collector.requests.every(({ headers }) => headers.authorization === secrets.header)).toBe(true);
    const told = JSON.stringify(collector.requests.map(({ body }) => String(body)));
    for (const secret of Object.values(secrets)) expect(told).not.toContain(secret);
    expect(told).not.toContain(member.email);
  });

  it('gets tokens, durations and first tokens by provider and model', async () => {
    await start({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_SERVICE_NAME: 'chat',
      OTEL_RESOURCE_ATTRIBUTES: 'team=a%2Cb',
    });
    await askBoth(member);
    await app.close();
    const anthropic = { 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.model': 'claude-haiku-4-5' };
    const tokens = collector.points('gen_ai.client.token.usage');
    const ofType = (type: string) => tokens.find(({ attributes }) => attributes['gen_ai.token.type'] === type);
    expect(ofType('input')).toMatchObject({ attributes: anthropic, count: 2, sum: 18 });
    expect(ofType('output')).toMatchObject({ attributes: anthropic, count: 2, sum: 6 });
    expect(collector.points('gen_ai.client.operation.duration')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ attributes: expect.objectContaining(anthropic), count: 2 }),
        expect.objectContaining({ attributes: expect.objectContaining({ 'error.type': 'overloaded' }), count: 1 }),
      ]),
    );
    expect(collector.points('gen_ai.server.time_to_first_token')).toMatchObject([{ attributes: anthropic, count: 2 }]);
    const [request] = collector.requests;
    expect(String(request?.body)).toContain('{"key":"service.name","value":{"stringValue":"chat"}}');
    expect(String(request?.body)).toContain('{"key":"team","value":{"stringValue":"a,b"}}');
  });

  it('gets the host of a provider that an admin has entered', async () => {
    await start({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    await database.db.updateTable('user').set({ role: 'ADMIN' }).where('email', '=', member.email).execute();
    const lab = { id: 'lab', name: 'Lab', kind: 'OPENAI_COMPATIBLE', baseUrl: `${wire.url}/v1`, apiKey: 'sk-lab' };
    const model = { id: 'lab/one', name: 'One', minimumTier: 'FREE', contextWindow: 8000, maxOutputTokens: 1000 };
    await member.gql('mutation ($input: SetProviderInput!) { setProvider(input: $input) { id } }', { input: lab });
    await member.gql('mutation ($input: SetModelInput!) { setModel(input: $input) { id } }', {
      input: { ...model, inputPriceUsd: 1, outputPriceUsd: 2 },
    });
    await converse(member, { prompt: secrets.prompt, modelIds: [model.id] });
    await app.close();
    const { hostname } = new URL(wire.url);
    const attempts = collector.spans().filter(({ name }) => name === 'chat one');
    expect(new Set(attempts.map(({ attributes }) => attributes['server.address']))).toEqual(new Set([hostname]));
    const [duration] = collector.points('gen_ai.client.operation.duration');
    expect(duration?.attributes).toMatchObject({ 'gen_ai.provider.name': 'lab', 'server.address': hostname });
  });

  it('gets protobuf unless asked otherwise, compressed if asked', async () => {
    await start({ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip', OTEL_METRICS_EXPORTER: 'none' });
    await askBoth(member);
    await app.close();
    expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/traces']);
    const [{ headers, body } = { headers: {}, body: Buffer.of() }] = collector.requests;
    expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' });
    for (const text of ['prompt', 'chat gpt-4.1-mini', 'settlement', 'polylogue'])
      expect(body.includes(text)).toBe(true);
    expect(body.includes(secrets.prompt)).toBe(false);
  });

  it('that is away delays no answer and does not keep the server from ending', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    await askBoth(member);
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it('hears nothing where OTEL_SDK_DISABLED is true', async () => {
    await start({ OTEL_SDK_DISABLED: 'true' });
    await askBoth(member);
    await app.close();
    expect(app.parts.config.openTelemetry).toBeNull();
    expect(collector.requests).toEqual([]);
  });
});

/** The member, in a trace of the caller's. */
function connectTraced(url: string, { cookie, email, subscribe }: Client, traceparent: string): Client {
  const headers = { 'content-type': 'application/json', cookie, traceparent };
  return {
    ...connect(url, { cookie, email }),
    subscribe,
    async gql(query, variables) {
      const body = JSON.stringify({ query, variables });
      return (await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).json()).data;
    },
  };
}
