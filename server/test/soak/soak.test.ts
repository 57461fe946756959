import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, followDocument } from '../api/asking.ts';
import { findDiscrepancies } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { prepareReplicas, type Replica, type Replicas } from '../replicas/replicas.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import {
  errorBody,
  startWireServer,
  streamBeginning,
  streamBody,
  type WireAnswer,
  type WireApi,
  type WireServer,
} from '../wire-server.ts';
import { runCrowd } from './crowd.ts';

// Every run of the tests takes some seconds; `npm run soak -- 5` runs for minutes, with 300 streams at once.
const minutes = Number(process.env.SOAK_MINUTES ?? 0);
const streams = minutes > 0 ? 300 : 40;
const durationMs = minutes > 0 ? minutes * 60_000 : 15_000;
const modelIds = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5'];

const operatorToken = 'token-of-the-soak-test';
const words = Array.from({ length: 150 }, (_, index) => `wörd ${index} 🔥 `);

describe.runIf(inject('databases').postgres)('a server under load', () => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let replicas: Replicas;
  let server: Replica;
  let members: Client[];
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    const env = {
      OPERATOR_TOKEN: operatorToken,
      IDLE_TIMEOUT_SECONDS: '3',
      FIRST_TOKEN_TIMEOUT_SECONDS: '5',
      LEASE_SECONDS: '15',
    };
    replicas = await prepareReplicas({ databaseUrl: database.url, wire, env, fallbacks: modelIds.slice(1) });
    server = await replicas.start();
    const accounts = await Promise.all(Array.from({ length: 10 }, () => signUp(server.url)));
    members = accounts.map((account) => connect(server.url, account));
  });
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await database?.close();
  });

  it('ends every stream, leaks no memory and keeps sound books, although a tenth of the provider calls fail', {
    timeout: durationMs + 180_000,
  }, async () => {
    let calls = 0;
    wire.respondWith(({ api }) => (calls++ % 10 === 9 ? failure(api, Math.floor(calls / 10)) : story(api)));
    await stopOne(members[0] as Client);
    const started = performance.now();
    const samples: { atMs: number; heap: number; rss: number; live: number }[] = [];
    const sampling = setInterval(async () => {
      const live = await liveResponses();
      const { heapUsed, rss } = await server.memory();
      samples.push({ atMs: performance.now() - started, heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20, live });
    }, durationMs / 12);
    // A quarter more members than streams, as some are between two prompts.
    const size = Math.ceil((streams * 1.25) / modelIds.length);
    const figures = await runCrowd(members, { size, modelIds, deadline: started + durationMs }).finally(() =>
      clearInterval(sampling),
    );

    const live = () => database.db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute();
    await until(async () => (await live()).length === 0, 'everything is final', 60_000);
    expect(await liveResponses()).toBe(0);
    const idle = (await server.memory()).heapUsed / 2 ** 20;
    for (const { atMs, heap, rss, live } of samples) {
      console.log(
        `  ${(atMs / 1000).toFixed(0).padStart(5)} s: heap ${heap.toFixed(1)} MB, resident ${rss.toFixed(0)} MB, ${live} streams`,
      );
    }
    console.log(
      `  at rest: heap ${idle.toFixed(1)} MB;`,
      `${calls} calls of providers, a tenth of which failed;`,
      JSON.stringify(figures),
    );
    expect(figures.statuses.COMPLETED).toBeGreaterThan(streams);
    // The server is warm after a third of the time. From then on the same number of streams takes the same memory.
    const warm = samples.slice(Math.floor(samples.length / 3)).map(({ heap }) => heap);
    const half = Math.floor(warm.length / 2);
    expect(mean(warm.slice(half))).toBeLessThan(mean(warm.slice(0, half)) * 1.15 + 8);
    expect(await findDiscrepancies(database.db)).toEqual([]);
    expect(server.process.exitCode).toBeNull();
    expect(server.complaints.filter((line) => /unhandled|deadlock|TypeError|"level":[56]0/i.test(line))).toEqual([]);
  });

  /** The first answer that is stopped loads the tokenizer, which takes its memory once and for all. */
  async function stopOne(member: Client): Promise<void> {
    const { turn } = await ask(member, { prompt: 'Tell me something', modelIds });
    let isStopped = false;
    for await (const { data } of member.subscribe('ws', followDocument, { turnId: turn.id })) {
      if (isStopped || data.streamResponse.__typename !== 'TextDelta') continue;
      isStopped = true;
      await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    }
    expect(isStopped).toBe(true);
  }

  async function liveResponses(): Promise<number> {
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${operatorToken}` } });
    return Number(/^polylogue_live_responses (\d+)/m.exec(await answer.text())?.[1]);
  }
});

function story(api: WireApi): WireAnswer {
  const body = streamBody(api, { text: words, usage: { input: 9, output: 500 } });
  return { body, pieces: [600], pieceDelayMs: 120 + Math.random() * 60 };
}

/** Failures in turn: before and after the first character, by refusal, cut, silence and nonsense. */
function failure(api: WireApi, index: number): WireAnswer {
  const half = streamBeginning(api, { text: words.slice(0, 40) });
  const refusal = (status: number, name: string) => ({
    status,
    body: errorBody(api, { status, name, message: 'No.' }),
  });
  const failures: WireAnswer[] = [
    refusal(500, 'server_error'),
    { body: half, pieces: [600], pieceDelayMs: 100, ending: 'cut' },
    refusal(429, 'rate_limit_error'),
    { body: half, pieces: [600], pieceDelayMs: 100, ending: 'reset' },
    { body: half, pieces: [600], pieceDelayMs: 100, ending: 'stall' },
    refusal(400, 'invalid_request_error'),
    { body: 'data: {"nonsense\n\n' },
    { body: half, pieces: [600], pieceDelayMs: 100 },
  ];
  return failures[index % failures.length] as WireAnswer;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
