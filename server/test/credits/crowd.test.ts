import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accountOf, send } from '../api/asking.ts';
import { type Client, connect, environment, signUp, startApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startProcess, type TestProcess } from '../setup/process.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { expectReconciled } from './audit.ts';
import { until } from './house.ts';

const monthlyCredits = 500_000;

/** On Postgres the server runs in two processes. The embedded database takes one process, which is this one. */
describeDatabases('a crowd of prompts', (database) => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-crowd-'));
  let wire: WireServer;
  let urls: string[];
  const processes: TestProcess[] = [];
  let closeApp = async () => {};
  beforeAll(async () => {
    wire = await startWireServer();
    // No model answers, so that nothing is settled before every prompt is admitted or refused.
    wire.respondWith(() => ({ silent: true }));
    const options = {
      wire,
      catalogue: { models: [{ id: 'openai/gpt-4.1', minimumTier: 'FREE' }], tiers: { monthlyCredits } },
    };
    const { url } = database();
    if (url === null) {
      const app = await startApp({ ...options, database: database() });
      closeApp = app.close;
      urls = [app.url];
      return;
    }
    const env = { ...environment(options, folder), DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'error' };
    processes.push(startProcess('src/main.ts', [], env), startProcess('src/main.ts', [], env));
    urls = await Promise.all(processes.map(async ({ line }) => (await line(/http:\/\/[^/]+:\d+/))[0]));
  });
  afterAll(async () => {
    wire?.reset();
    await Promise.all(processes.map(({ stop }) => stop()));
    await closeApp();
    await wire?.close();
    rmSync(folder, { recursive: true, force: true });
    for (const { output } of processes) expect(output()).not.toContain('"level":50');
  });

  /** The same new member as a client of each server. */
  async function member(): Promise<Client[]> {
    const { cookie, email } = await signUp(urls[0] as string);
    return urls.map((url) => connect(url, { cookie, email }));
  }

  it('prompts of one account are admitted exactly as far as its credits suffice', { timeout: 60_000 }, async () => {
    const { db } = database();
    const places = await member();
    const place = places[0] as Client;
    const input = { prompt: 'What now?', modelIds: ['openai/gpt-4.1'], parameters: { maxOutputTokens: 5500 } };
    const { quote } = await place.gql(
      'query ($input: SendPromptInput!) { quote(input: $input) { maximum affordable } }',
      { input },
    );
    const fitting = Math.floor(monthlyCredits / quote.maximum);
    expect(fitting).toBeGreaterThan(7);
    expect(fitting).toBeLessThan(13);

    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) => send(places[index % places.length] as Client, input)),
    );
    const admitted = results.filter(({ __typename }) => __typename === 'SendPromptPayload');
    expect(admitted.length).toBe(fitting);
    for (const { __typename, required, available } of results.filter((result) => !admitted.includes(result))) {
      expect(__typename).toBe('InsufficientCreditsError');
      expect(required).toBe(quote.maximum);
      expect((monthlyCredits - available) % quote.maximum).toBe(0);
      expect(available).toBeLessThan(required);
    }
    expect(await accountOf(place)).toMatchObject({ balance: monthlyCredits, held: fitting * quote.maximum });
    for (const table of ['conversation', 'turn', 'response'] as const) {
      const { count } = await db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      expect(count).toBe(fitting);
    }
    await expectReconciled(db);

    for (const { turn } of admitted)
      await place.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await until(async () => (await accountOf(place)).held === 0, 'nothing is held');
    expect(await accountOf(place)).toMatchObject({ balance: monthlyCredits });
    await expectReconciled(db);
  });

  it('prompts with one idempotency key are admitted as one prompt', async () => {
    const places = await member();
    const input = {
      prompt: 'What now?',
      modelIds: ['openai/gpt-4.1'],
      parameters: { maxOutputTokens: 100 },
      idempotencyKey: 'once',
    };
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) => send(places[index % places.length] as Client, input)),
    );
    expect(new Set(results.map(({ turn }) => turn.id)).size).toBe(1);
    const { id } = results[0].turn;
    await (places[0] as Client).gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id });
    await expectReconciled(database().db);
  });

  it('an account is topped up once, however many first uses of an account or a month come at once', {
    timeout: 60_000,
  }, async () => {
    const { db } = database();
    for (let round = 0; round < 6; round++) {
      const places = await member();
      for (let month = 0; month < 3; month++) {
        const looks = Array.from({ length: 10 }, (_, index) => {
          const place = places[index % places.length] as Client;
          const input = { prompt: 'What now?', modelIds: ['openai/gpt-4.1'], parameters: { maxOutputTokens: 100 } };
          return index < 8 ? place.gql('{ viewer { credits { balance } } }') : send(place, input);
        });
        await Promise.all(looks);
        const { entries, balance } = await accountOf(places[0] as Client);
        expect(balance).toBe(monthlyCredits);
        expect(entries.filter(({ kind }) => kind === 'GRANT').length).toBe(month + 1);
        await spendAndPassMonth((places[0] as Client).email);
      }
    }
    await expectReconciled(db);

    async function spendAndPassMonth(email: string) {
      await db.transaction().execute(async (trx) => {
        const { id } = await trx.selectFrom('user').select('id').where('email', '=', email).executeTakeFirstOrThrow();
        const { id: credit_account_id, balance } = await trx
          .updateTable('credit_account')
          .set({ balance: sql`balance - 100000`, topped_up_month: sql<string>`topped_up_month - interval '1 month'` })
          .where('user_id', '=', id)
          .returning(['id', 'balance'])
          .executeTakeFirstOrThrow();
        await trx
          .insertInto('credit_entry')
          .values({
            credit_account_id,
            kind: 'ADJUSTMENT',
            amount: -100_000,
            balance_after: balance,
            response_id: null,
            note: 'Spent',
          })
          .execute();
      });
    }
  });
});
