import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  expectSettled,
  follow,
  type Reading,
  type Stored,
  storedResponse,
  storedResponses,
} from '../api/asking.ts';
import { findDiscrepancies } from '../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireRequest, type WireServer } from '../wire-server.ts';
import { withTable } from './failures-page.ts';
import { type AdapterName, adapterApis, type Expected, type Fault, faults, prompt } from './faults.ts';

// Every adapter meets every fault, with and without a fallback, in a complete running server.
const adapters = Object.keys(adapterApis) as AdapterName[];
type Variant = 'alone' | 'backed';

/** Each run has its own provider, so that failures of other runs do not count against it. */
const runs = faults.flatMap((fault, index) =>
  adapters.flatMap((adapter) =>
    variantsOf(fault).map((variant) => ({ fault, adapter, variant, providerId: `${adapter}.${variant}.${index}` })),
  ),
);
type Run = (typeof runs)[number];

const backupText = 'From the backup.';
/** The backup's price, rounded up once. */
const backupCharge = Math.ceil(9 * 0.5 + 3 * 1);

/** A huge answer takes seconds, and fails after the first character, where no fallback applies. */
function variantsOf(fault: Fault): readonly Variant[] {
  return isHuge(fault) ? ['alone'] : ['alone', 'backed'];
}

function isHuge({ expected }: Fault): boolean {
  return expected.text.length > 1_000_000;
}

let wire: WireServer;
let database: TestDatabase;
const apps: TestApp[] = [];
const clients: Client[] = [];
const outcomes = new Map<string, { stored: Stored; reading: Reading }>();
const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', noteUnhandled);
  wire = await startWireServer();
  wire.respondWith(answer);
  const closed = await startWireServer();
  await closed.close();
  database = await openTestDatabase('pglite');
  const catalogue = {
    providers: runs.map((run) => providerOf(run, closed.url)).concat(backup()),
    models: modelEntries(),
  };
  const start = async (timeoutSeconds: number): Promise<Client> => {
    const env = {
      PROVIDER_KEY: 'sk-test-provider',
      FIRST_TOKEN_TIMEOUT_SECONDS: `${timeoutSeconds}`,
      IDLE_TIMEOUT_SECONDS: `${timeoutSeconds}`,
      // Two servers share one database in one process, and a busy machine must not look like a dead server.
      LEASE_SECONDS: '120',
    };
    const app = await startApp({ database, env, catalogue, retryDelayMs: 2 });
    apps.push(app);
    const client = await app.newMember();
    clients.push(client);
    return client;
  };
  // Only the faults that end in a time-out run with a short time limit: a busy machine must not look like a silent
  // provider.
  const isStall = ({ expected }: Fault) => expected.failure === 'TIMEOUT';
  const impatient = await start(3);
  await Promise.all(faults.filter(isStall).map((fault) => askAll(impatient, fault)));
  const patient = await start(120);
  const others = faults.filter((fault) => !isStall(fault) && !isHuge(fault));
  await Promise.all(others.map((fault) => askAll(patient, fault)));
  for (const fault of faults.filter(isHuge)) await askAll(patient, fault);
}, 120_000);

afterAll(async () => {
  for (const app of apps) await app.close();
  await database?.close();
  await wire?.close();
  process.off('unhandledRejection', noteUnhandled);
});

/** Sends one prompt to every adapter, in both variants. */
async function askAll(client: Client, fault: Fault): Promise<void> {
  const ofFault = runs.filter((run) => run.fault === fault);
  const { turn } = await ask(client, { prompt, modelIds: ofFault.map(({ providerId }) => `${providerId}/model`) });
  const reading = await follow(client, turn.id);
  const stored = isHuge(fault)
    ? await Promise.all(turn.responses.map(({ id }) => storedResponse(client, id)))
    : await storedResponses(client, turn.id);
  for (const [lane, { providerId }] of ofFault.entries()) {
    outcomes.set(providerId, { stored: stored[lane] as Stored, reading });
  }
}

function answer(request: WireRequest) {
  const providerId = providerIdOf(request);
  if (providerId === 'backup') {
    return { body: streamBody(request.api, { text: [backupText], usage: { input: 9, output: 3 } }) };
  }
  const run = runs.find((candidate) => candidate.providerId === providerId);
  if (!run?.fault.answer) throw new Error(`Nobody should ask ${providerId}.`);
  return run.fault.answer(request.api);
}

/** Each provider has its own base URL on the one server. */
function providerIdOf({ path }: WireRequest): string | undefined {
  return path.split('/')[1];
}

function providerOf({ fault, adapter, providerId }: Run, closedUrl: string) {
  const url = `${fault.answer ? wire.url : closedUrl}/${providerId}`;
  const baseURL = adapter.startsWith('openai') ? `${url}/v1` : url;
  return { id: providerId, name: providerId, kind: adapter as string, baseURL, apiKeyEnv: 'PROVIDER_KEY' };
}

function backup(): ReturnType<typeof providerOf> {
  const baseURL = `${wire.url}/backup/v1`;
  return { id: 'backup', name: 'Backup', kind: 'openai-compatible', baseURL, apiKeyEnv: 'PROVIDER_KEY' };
}

function modelEntries() {
  const sizes = { minimumTier: 'FREE', contextWindow: 100_000, maxOutputTokens: 1000 };
  const models = runs.map(({ providerId, variant }) => ({
    ...sizes,
    id: `${providerId}/model`,
    name: providerId,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    fallbacks: variant === 'backed' ? ['backup/model'] : [],
  }));
  return [{ ...sizes, id: 'backup/model', name: 'Backup', inputPriceUsd: 0.5, outputPriceUsd: 1 }, ...models];
}

describe.each(faults)('a provider that $name', (fault) => {
  describe.each(adapters)('(%s)', (adapter) => {
    const expected: Expected = { ...fault.expected, ...fault.differing?.[adapter] };
    const find = (variant: Variant) => {
      const run = runs.find(
        (candidate) => candidate.fault === fault && candidate.adapter === adapter && candidate.variant === variant,
      ) as Run;
      return { providerId: run.providerId, ...(outcomes.get(run.providerId) as { stored: Stored; reading: Reading }) };
    };

    it(`${expected.failure ? `ends in ${expected.failure}` : 'is answered'} without a fallback`, () => {
      const outcome = find('alone');
      expectAnswerOf(outcome, expected, expected.asked);
    });

    if (!variantsOf(fault).includes('backed')) return;
    it(`${expected.fallback ? 'is replaced' : 'ends the same'} if it has a fallback`, () => {
      const outcome = find('backed');
      if (!expected.fallback) return expectAnswerOf(outcome, expected, 1);
      const { providerId, stored, reading } = outcome;
      expect(stored).toMatchObject({
        status: 'COMPLETED',
        failure: null,
        text: backupText,
        reasoning: '',
        servedBy: { id: 'backup/model' },
        creditsCharged: backupCharge,
        attempts: [
          { model: { id: `${providerId}/model` }, failure: { code: expected.failure } },
          { model: { id: 'backup/model' }, failure: null },
        ],
      });
      expect(reading.typesOf(stored.id)).toEqual([
        'ResponseStarted',
        'ResponseFellBack',
        'ResponseStarted',
        'TextDelta',
        'ResponseFinished',
      ]);
      expect(
        reading.events.find((event) => event.responseId === stored.id && event.__typename === 'ResponseFellBack'),
      ).toMatchObject({
        from: { id: `${providerId}/model` },
        to: { id: 'backup/model' },
        failure: { code: expected.failure },
      });
      expect(
        reading.events.find((event) => event.responseId === stored.id && event.__typename === 'TextDelta'),
      ).toMatchObject({ modelId: 'backup/model' });
      expect(requestsTo(providerId)).toBe(fault.answer ? 1 : 0);
    });

    function expectAnswerOf(
      { providerId, stored, reading }: ReturnType<typeof find>,
      expected: Expected,
      asked: number,
    ) {
      const failure = expected.failure && { code: expected.failure };
      expect(stored.text === expected.text).toBe(true);
      expect({ ...stored, text: '' }).toMatchObject({
        status: failure ? 'FAILED' : 'COMPLETED',
        failure,
        reasoning: expected.reasoning ?? '',
        servedBy: { id: `${providerId}/model` },
        creditsCharged: expected.charged,
        attempts: Array.from({ length: asked }, () => ({ model: { id: `${providerId}/model` }, failure })),
      });
      expect(reading.texts.get(stored.id)?.text === expected.text).toBe(true);
      expect(reading.typesOf(stored.id)).not.toContain('ResponseFellBack');
      expect(requestsTo(providerId)).toBe(fault.answer ? asked : 0);
    }
  });
});

/** Counts the requests for answers only: after a 404 the list of models is requested too. */
function requestsTo(providerId: string): number {
  return wire.requests.filter((request) => providerIdOf(request) === providerId && !request.api.endsWith('.models'))
    .length;
}

describe('after all faults', () => {
  it('no credits are held, and the books reconcile', async () => {
    for (const client of clients) await expectSettled(client);
    expect(await findDiscrepancies(database.db)).toEqual([]);
  });

  it('the servers are healthy, logged no error and left no rejection unhandled', async () => {
    for (const { url, errors } of apps) {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      expect(errors).toEqual([]);
    }
    expect(unhandled).toEqual([]);
  });

  it('docs/failures.md has the current table (npm test -- server/test/resilience -u writes it)', async () => {
    const path = join(import.meta.dirname, '../../../docs/failures.md');
    await expect(withTable(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
  });
});
