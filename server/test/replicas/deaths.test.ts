import { setTimeout as delay } from 'node:timers/promises';
import { decodeGlobalID, encodeGlobalID } from '@pothos/plugin-relay';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, converse, expectSettled, follow, followDocument, Reading, storedResponses } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, streamBody, type WireServer } from '../wire-server.ts';
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

  it('leaves, at any of 20 moments, all text that was journalled or shown two writings before, no holds and sound books', {
    timeout: 120_000,
  }, async () => {
    // The answers take about two seconds, so that some of them complete.
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: words, usage: { input: 9, output: 500 } }),
      pieces: [400],
      pieceDelayMs: api === 'openai.chat' ? 20 : 40,
    }));
    // The moments reach from before the first piece to the end of the faster answer.
    const moments = Array.from({ length: 20 }, (_, death) => Math.floor((death * whole.length) / 20));
    const deaths: Death[] = [];
    // Five replicas die at a time, as each start takes longer than the life that follows.
    await Promise.all(
      Array.from({ length: 5 }, async (_, lane) => {
        for (const characters of moments.filter((_, death) => death % 5 === lane)) {
          deaths.push(await dieAt(await replicas.start(), characters));
        }
      }),
    );

    await until(async () => (await live()).length === 0, 'everything is final', 60_000);
    await expectReconciled(database.db);
    await expectSettled(member);
    const statuses = new Map<string, number>();
    let looks = 0;
    for (const { turnId, journalled, seen } of deaths) {
      for (const { id, text, status } of await storedResponses(member, turnId)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(['INTERRUPTED', 'COMPLETED']).toContain(status);
        expect(whole.startsWith(text)).toBe(true);
        if (status === 'COMPLETED') expect(text).toBe(whole);
        const { length: kept, writings = 0 } = journalled.get(id) ?? { length: 0 };
        expect(text.length).toBeGreaterThanOrEqual(kept);
        // A text that was shown when the journal had been written n times is in the journal after two more writings:
        // the next writing may have begun before the text came, and the one after it begins later.
        for (const { shown, journalled } of seen) {
          if ((journalled.get(id)?.writings ?? 0) + 2 > writings) continue;
          expect(text.length).toBeGreaterThanOrEqual(shown.get(id) ?? 0);
          looks += 1;
        }
      }
    }
    expect(deaths).toHaveLength(20);
    expect(statuses.get('INTERRUPTED')).toBeGreaterThan(0);
    expect(looks).toBeGreaterThan(0);
    console.log(`  ${deaths.length} deaths: ${JSON.stringify(Object.fromEntries(statuses))}`);
  });

  it('leaves the whole shown text if no text came while the journal was written', async () => {
    const told = words.slice(0, 20);
    wire.respondWith(({ api }) => ({ body: streamBeginning(api, { text: told }), ending: 'stall' }));
    const victim = await replicas.start();
    const { turn } = await ask(connect(victim.url, member), { prompt: 'Tell', modelIds });
    const length = told.join('').length;
    await until(
      async () => [...(await journalledOf(turn.id)).values()].every((journalled) => journalled.length === length),
      'it is written',
    );
    await victim.kill();
    const { finished } = await follow(member, turn.id);
    expect([...finished.values()].map(({ status }) => status)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    for (const { text } of await storedResponses(member, turn.id)) expect(text).toBe(told.join(''));
  });

  it('an owner that was only paused changes nothing after its lease has expired, and serves on', {
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
    // The sleeper hears that its answers are no longer its own, and cancels them.
    await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
    await following;
    expect(await booksOf()).toEqual(settled);
    // The order in which the sleeper hears of the two answers does not matter.
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
    /** The journal when the owner was killed. */
    journalled: Journalled;
    /**
     * For each look: how many characters of each response the owner had shown to a reader, and the journal a little
     * later.
     */
    seen: { shown: Map<string, number>; journalled: Journalled }[];
  }

  /**
   * For each response: how many characters are written, and in how many writings. No number of writings if the response
   * is final.
   */
  type Journalled = Map<string, { length: number; writings?: number }>;

  /**
   * Kills the victim once the journal has that many characters of an answer; more arrive meanwhile. A machine that is
   * too busy to renew a lease ends the answers earlier.
   */
  async function dieAt(victim: Replica, characters: number): Promise<Death> {
    const there = connect(victim.url, member);
    const { turn } = await ask(there, { prompt: 'Tell', modelIds });
    const reading = new Reading();
    // The connection ends with its server.
    const following = follow(there, turn.id, { over: 'ws', reading }).catch(() => {});
    const seen: Death['seen'] = [];
    let journalled: Journalled = new Map();
    await until(async () => {
      await delay(10);
      const shown = new Map([...reading.texts].map(([id, { text }]) => [id, text.length]));
      journalled = await journalledOf(turn.id);
      seen.push({ shown, journalled });
      const lengths = [...journalled.values()].map(({ length }) => length);
      return Math.max(...lengths) >= characters || (await live(turn.id)).length === 0;
    }, `${characters} characters are journalled`);
    await victim.kill();
    await following;
    return { turnId: turn.id, journalled, seen };
  }

  /** All responses, or those of one turn, that are not final. */
  function live(turnId?: string) {
    const all = database.db.selectFrom('response').select('id').where('lease_until', 'is not', null);
    return (turnId ? all.where('turn_id', '=', decodeGlobalID(turnId).id) : all).execute();
  }

  async function journalledOf(turnId: string): Promise<Journalled> {
    const rows = await database.db
      .selectFrom('response')
      .leftJoin('response_chunk', (join) =>
        join.onRef('response_id', '=', 'response.id').on('response_chunk.part', '=', 'text'),
      )
      .select(['response.id', 'response.text', 'lease_until', 'content'])
      .where('turn_id', '=', decodeGlobalID(turnId).id)
      .execute();
    const journalled: Journalled = new Map();
    for (const { id, text, lease_until, content } of rows) {
      const globalId = encodeGlobalID('Response', id);
      const before = journalled.get(globalId) ?? { length: 0, writings: 0 };
      journalled.set(
        globalId,
        lease_until === null
          ? { length: text.length }
          : {
              length: before.length + (content?.length ?? 0),
              writings: (before.writings ?? 0) + (content === null ? 0 : 1),
            },
      );
    }
    return journalled;
  }

  async function booksOf() {
    const { db } = database;
    return {
      responses: await db.selectFrom('response').selectAll().orderBy('id').execute(),
      receipts: await db.selectFrom('receipt').selectAll().orderBy('response_id').execute(),
      entries: await db.selectFrom('credit_entry').selectAll().orderBy('id').execute(),
      accounts: await db.selectFrom('credit_account').selectAll().orderBy('id').execute(),
      chunks: await db.selectFrom('response_chunk').selectAll().execute(),
    };
  }
});
