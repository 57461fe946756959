import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, converse, expectSettled, follow, followDocument, Reading, storedResponses } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { modelIds, prepareReplicas, type Replica, type Replicas } from './replicas.ts';

const words = Array.from({ length: 150 }, (_, index) => `wörd ${index} 🔥 `);
const whole = words.join('');

describe.runIf(inject('databases').postgres)('an owner that dies', () => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let replicas: Replicas;
  let survivor: Replica;
  let member: Client;
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    replicas = await prepareReplicas({ databaseUrl: database.url, wire, env: { LEASE_SECONDS: '1.5' } });
    survivor = await replicas.start();
    member = await signUp(survivor.url);
  });
  afterEach(() => wire.reset());
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await database?.close();
  });

  it('at any of 20 moments leaves prefixes, no hold, and books that add up', { timeout: 120_000 }, async () => {
    // About two seconds, so that some come to their end.
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: words, usage: { input: 9, output: 500 } }),
      pieces: [400],
      pieceDelayMs: api === 'openai.chat' ? 20 : 40,
    }));
    const deaths: Death[] = [];
    const kill = async () => {
      const afterMs = 100 + Math.random() * 1500;
      deaths.push(await dieAfter(await replicas.start(), afterMs));
    };
    // Each start takes longer than each life: some at once.
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let round = 0; round < 4; round++) await kill();
      }),
    );

    const live = () => database.db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute();
    await until(async () => (await live()).length === 0, 'everything is final', 60_000);
    await expectReconciled(database.db);
    await expectSettled(member);
    const missingMs: number[] = [];
    const statuses = new Map<string, number>();
    for (const { turnId, seen, diedAt } of deaths) {
      for (const { id, text, status } of await storedResponses(member, turnId)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(['INTERRUPTED', 'COMPLETED']).toContain(status);
        expect(whole.startsWith(text)).toBe(true);
        if (status === 'COMPLETED') expect(text).toBe(whole);
        if (status === 'COMPLETED') continue;
        const firstMissing = seen.get(id)?.find(({ length }) => length > text.length);
        missingMs.push(firstMissing ? diedAt - firstMissing.at : 0);
        // The journal is written four times a second; this leaves it the time that a busy machine takes.
        expect(missingMs.at(-1)).toBeLessThan(2000);
      }
    }
    expect(deaths).toHaveLength(20);
    expect(missingMs.length).toBeGreaterThan(0);
    missingMs.sort((a, b) => a - b);
    console.log(
      `  ${deaths.length} deaths, ${JSON.stringify(Object.fromEntries(statuses))}: of what was shown the last`,
      `${missingMs[missingMs.length >> 1]?.toFixed(0)} ms are missing (median), ${missingMs.at(-1)?.toFixed(0)} ms at most`,
    );
  });

  it('only seemingly, and wakes up after its lease, changes nothing any more, and serves on', {
    timeout: 60_000,
  }, async () => {
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: words }), pieces: [200], pieceDelayMs: 100 }));
    const sleeper = await replicas.start();
    const there = connect(sleeper.url, member);
    const { turn } = await ask(there, { prompt: 'Tell', modelIds });
    const reading = new Reading();
    const following = (async () => {
      for await (const { data } of there.subscribe('ws', followDocument, { turnId: turn.id }))
        reading.take(data.streamResponse);
    })();
    await until(
      () => [...reading.texts.values()].filter(({ text }) => text !== '').length === modelIds.length,
      'both run',
    );
    await delay(300);
    sleeper.process.kill('SIGSTOP');
    const after = await follow(member, turn.id);
    expect([...after.finished.values()].map(({ status }) => status)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    const settled = await booksOf();

    sleeper.process.kill('SIGCONT');
    // It hears that nobody wants the rest from it.
    await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
    await following;
    expect(await booksOf()).toEqual(settled);
    // Which of them it hears of first is nobody's business.
    const stored = await storedResponses(member, turn.id);
    expect(
      stored.map(({ id }) => reading.finished.get(id)).map((seen) => [seen?.id, seen?.text, seen?.status]),
    ).toEqual(stored.map(({ id, text, status }) => [id, text, status]));

    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['Awake.'] }) }));
    const awake = await converse(there, { prompt: 'And now?', modelIds });
    const answers = await storedResponses(member, awake.turn.id);
    expect(answers.map(({ status, text }) => [status, text])).toEqual(modelIds.map(() => ['COMPLETED', 'Awake.']));
    await expectReconciled(database.db);
  });

  interface Death {
    turnId: string;
    /** What was shown of each response, as it came. */
    seen: Map<string, { at: number; length: number }[]>;
    diedAt: number;
  }

  async function dieAfter(victim: Replica, afterMs: number): Promise<Death> {
    const there = connect(victim.url, member);
    const { turn } = await ask(there, { prompt: 'Tell', modelIds });
    const seen = new Map<string, { at: number; length: number }[]>();
    const following = (async () => {
      for await (const { data } of there.subscribe('ws', followDocument, { turnId: turn.id })) {
        const { __typename, responseId, offset, text } = data.streamResponse;
        if (__typename !== 'TextDelta') continue;
        const shown = seen.get(responseId) ?? [];
        seen.set(responseId, shown);
        shown.push({ at: performance.now(), length: offset + text.length });
      }
    })().catch(() => {});
    await delay(afterMs);
    await victim.kill();
    const diedAt = performance.now();
    await following;
    return { turnId: turn.id, seen, diedAt };
  }

  async function booksOf() {
    const { db } = database;
    return {
      responses: await db.selectFrom('response').selectAll().orderBy('id').execute(),
      receipts: await db.selectFrom('receipt').selectAll().orderBy('response_id').execute(),
      entries: await db.selectFrom('credit_entry').selectAll().orderBy('id').execute(),
      accounts: await db.selectFrom('credit_account').selectAll().orderBy('user_id').execute(),
      chunks: await db.selectFrom('response_chunk').selectAll().execute(),
    };
  }
});
