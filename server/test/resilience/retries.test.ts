import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, expectSettled, follow, type Stored } from '../api/asking.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';

// No test can wait this long: a test that ends has waited for another time, or its wait was cut short.
const retryDelayMs = 3_600_000;
const prompt = { prompt: 'Hello?', modelIds: ['openai/gpt-4.1-mini'] };
const refusal = { status: 429, body: '{"error":{"message":"Slow down."}}' };

let wire: WireServer;
let database: TestDatabase;
let app: TestApp;
let member: Client;
beforeAll(async () => {
  wire = await startWireServer();
  database = await openTestDatabase('pglite');
  app = await startApp({ database, wire, retryDelayMs, logLevel: 'info' });
  member = await app.newMember();
});
beforeEach(() => wire.reset());
afterAll(async () => {
  await app?.close();
  await database?.close();
  await wire?.close();
});

async function outcomeOf(turnId: string): Promise<Stored> {
  return [...(await follow(member, turnId)).finished.values()][0] as Stored;
}

it('a retry waits as long as the provider asks, not for the server’s own delay', async () => {
  const patient = { ...refusal, headers: { 'retry-after': '0.02' } };
  wire.enqueue(patient, patient);
  const { turn } = await ask(member, prompt);
  expect(await outcomeOf(turn.id)).toMatchObject({
    status: 'COMPLETED',
    text: 'Hello there!',
    attempts: [{ failure: { code: 'RATE_LIMITED' } }, { failure: { code: 'RATE_LIMITED' } }, { failure: null }],
  });
});

it('a retry is given up at once when the member stops the answer', async () => {
  const refused = new Promise<void>((resolve) => {
    wire.enqueue(() => {
      resolve();
      return refusal;
    });
  });
  const { turn } = await ask(member, prompt);
  await refused;
  await member.gql('mutation ($turnId: ID!) { stopResponses(turnId: $turnId) { id } }', { turnId: turn.id });
  expect(await outcomeOf(turn.id)).toMatchObject({ status: 'STOPPED', failure: null, text: '', creditsCharged: 0 });
  expect(wire.requests).toHaveLength(1);
  await expectSettled(member);
});

it('a failed attempt is logged, as a warning if only the operator can help, and without text of the conversation', async () => {
  const lines = app.errors.length;
  wire.enqueue({ status: 401, body: '{"error":{"message":"Bad key for: Hello?"}}' });
  const { turn } = await ask(member, prompt);
  expect(await outcomeOf(turn.id)).toMatchObject({ status: 'FAILED', failure: { code: 'AUTHENTICATION' } });
  wire.enqueue({ ...refusal, headers: { 'retry-after': '0.02' } });
  await outcomeOf((await ask(member, prompt)).turn.id);
  const logged = app.errors.slice(lines).map((line) => JSON.parse(line));
  const failed = logged.filter(({ msg }) => msg === 'A model failed.');
  expect(failed).toMatchObject([
    { level: 40, modelId: 'openai/gpt-4.1-mini', code: 'AUTHENTICATION' },
    { level: 30, modelId: 'openai/gpt-4.1-mini', code: 'RATE_LIMITED' },
  ]);
  expect(JSON.stringify(logged)).not.toContain('Hello');
});
