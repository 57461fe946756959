import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { ask, converse, expectSettled, followDocument, Reading, storedResponses, take } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, connect, type GraphQLEvent, signUp } from '../setup/app.ts';
import { findPostgresBin } from '../setup/databases.ts';
import { testLog } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { type PostgresCluster, startCluster } from './postgres-cluster.ts';
import { modelIds, prepareReplicas, type Replica, type Replicas } from './replicas.ts';

const bin = process.env.TEST_POSTGRES_BIN ?? findPostgresBin();
const words = Array.from({ length: 400 }, (_, index) => `wörd ${index} 🔥 `);
const whole = words.join('');

describe.runIf(bin && inject('databases').postgres)('a lost database', () => {
  let cluster: PostgresCluster;
  let wire: WireServer;
  let replicas: Replicas;
  let first: Replica;
  let second: Replica;
  let here: Client;
  let there: Client;
  beforeAll(async () => {
    cluster = await startCluster(bin as string);
    wire = await startWireServer();
    replicas = await prepareReplicas({ databaseUrl: cluster.url, wire, env: { LEASE_SECONDS: '2' } });
    first = await replicas.start();
    second = await replicas.start();
    here = await signUp(first.url);
    there = connect(second.url, here);
  });
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await cluster?.close();
  });

  it.each(['SIGINT', 'SIGQUIT'] as const)(
    'an outage that is longer than a lease (%s) costs no text, no credits and no process',
    { timeout: 90_000 },
    async (signal) => {
      // One answer ends while the database is away, the other one then or afterwards.
      wire.respondWith(({ api }) => ({
        body: streamBody(api, { text: words, usage: { input: 9, output: 500 } }),
        pieces: [400],
        pieceDelayMs: api === 'openai.chat' ? 25 : 70,
      }));
      const { turn } = await ask(here, { prompt: 'Tell', modelIds });
      const readings = { here: new Reading(), there: new Reading() };
      const account: { held: number }[] = [];
      const following = [
        take(here.subscribe('ws', followDocument, { turnId: turn.id }), readings.here),
        take(there.subscribe('sse', followDocument, { turnId: turn.id }), readings.there),
        (async () => {
          for await (const { data, errors } of here.subscribe('ws', 'subscription { creditsChanged { held } }')) {
            expect(errors).toBeUndefined();
            account.push(data.creditsChanged);
            if (account.length > 1 && data.creditsChanged.held === 0) return;
          }
        })(),
      ];
      const shown = (reading: Reading) => [...reading.texts.values()].map(({ text }) => text.length);
      await until(() => shown(readings.there).filter((length) => length > 0).length === 2, 'both are followed');
      await until(() => account.length > 0, 'the account is followed');

      await cluster.stop(signal);
      const shownBefore = shown(readings.here);
      expect(await readiness(first)).toBe(503);
      expect((await fetch(`${first.url}/health`)).status).toBe(200);
      const refusals: GraphQLEvent[] = await Promise.all([here, there].map((client) => client.post(sendShortly)));
      for (const over of ['ws', 'sse'] as const) {
        for await (const refusal of here.subscribe(over, followDocument, { turnId: turn.id })) refusals.push(refusal);
      }
      for (const refusal of refusals) expect(refusal.errors).toMatchObject([sorry]);
      const signIn = await fetch(`${first.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: here.email, password: 'correct horse battery staple' }),
      });
      expect([signIn.status, await signIn.json()]).toMatchObject([500, { errors: [{ extensions: sorry.extensions }] }]);
      await until(
        () => shown(readings.here).every((length, index) => length > (shownBefore[index] ?? 0)),
        'the texts go on',
      );
      await until(() => shown(readings.here).includes(whole.length), 'one is at its end');
      // The outage outlasts the lease, and the second one also the interval of the notifications' probes.
      await delay(signal === 'SIGINT' ? 2500 : 11_000);

      // A replica that starts meanwhile must not take any lease.
      const third = replicas.start();
      await cluster.start();
      await Promise.all(following);
      for (const replica of [first, second]) {
        await until(async () => (await readiness(replica)) === 200, 'it is ready again');
        expect(replica.process.exitCode).toBeNull();
        expect(replica.complaints.join('\n')).not.toMatch(/unhandled|uncaught|TypeError/i);
      }
      for (const { id, text, status } of await storedResponses(there, turn.id)) {
        expect([status, text]).toEqual(['COMPLETED', whole]);
        for (const reading of Object.values(readings)) {
          expect(reading.texts.get(id)?.text).toBe(whole);
          expect(reading.finished.get(id)).toMatchObject({ status: 'COMPLETED', usage: { estimated: false } });
        }
      }
      await (await third).stop();
      wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['Again.'] }) }));
      await converse(there, { prompt: 'Again?', modelIds });
      await expectSettled(here);
      await withDatabase(({ db }) => expectReconciled(db));
    },
  );

  async function withDatabase(work: (database: OpenDatabase) => Promise<void>): Promise<void> {
    const database = await openDatabase({ databaseUrl: cluster.url, dataDir: '', log: testLog });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  }
});

const sendShortly = 'mutation { sendPrompt(input: { prompt: "Anybody?" }) { __typename } }';

/** The error shows neither the address of the database nor the cause. */
const sorry = {
  message: 'Something went wrong on this server.',
  extensions: { code: 'INTERNAL_SERVER_ERROR' },
};

async function readiness({ url }: Replica): Promise<number> {
  return (await fetch(`${url}/ready`)).status;
}
