import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deleteAccount } from '../../src/domain/people/account-deletion.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { newTeam } from './team-house.ts';

const input = { prompt: 'What now?', modelIds: ['mock/swift'] };
const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 225,
  reasoningTokens: 0,
};

describeDatabases('a member whose answers a team pays', (database) => {
  const model = createScriptedModel();
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: model }, retryDelayMs: 1 });
    admin = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
    await expectReconciled(database().db);
  });

  const liveOf = async (userId: string) => {
    const { rows } = await sql`
      select from response where user_id = ${userId} and lease_until is not null`.execute(database().db);
    return rows.length;
  };

  /**
   * Keeps the user's row from being renamed, as a settlement does that has written its receipt. The embedded database has
   * one connection, so there nobody can come between.
   */
  async function keepName(userId: string) {
    let letGo = () => {};
    if (database().url === null) return letGo;
    const opens = new Promise<void>((resolve) => (letGo = resolve));
    const kept = new Promise<void>((resolve, reject) => {
      const holding = database().db.transaction();
      holding
        .execute(async (trx) => {
          await sql`select from "user" where id = ${userId} for key share`.execute(trx);
          resolve();
          await opens;
        })
        .catch(reject);
    });
    await kept;
    return letGo;
  }

  const isWaited = async () => {
    if (database().url === null) return true;
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      database().db,
    );
    return rows.length > 0;
  };

  it('leaves while answers end that a session and a key asked for, and neither waits for the other in a circle', async () => {
    const member = await app.newMember();
    const team = await newTeam(admin, { name: 'Payers', monthlyCredits: 1_000_000_000 }, member);
    const { createApiKey } = await member.gql(
      'mutation ($payerId: ID) { createApiKey(name: "Program", payerId: $payerId) { secret } }',
      { payerId: team.id },
    );
    await ask(member, { ...input, payerId: team.id });
    await ask(connect(app.url, { key: createApiKey.secret }), input);
    await until(() => model.open.length === 2, 'both are asked');
    const { db } = database();
    const { id: userId } = await db
      .selectFrom('user')
      .select('id')
      .where('email', '=', member.email)
      .executeTakeFirstOrThrow();

    const letGo = await keepName(userId);
    // The background work that stops running answers would hide what is looked for.
    const leaving = deleteAccount({ db, notifications: { publish() {} }, purge: { wake() {} } }, 'operator', userId);
    await until(isWaited, 'the deletion waits for the name');
    const [bySession, byKey] = [...model.open];
    bySession?.finish(usage);
    // It needs nothing that the deletion has.
    if (database().url !== null) await until(async () => (await liveOf(userId)) === 1, 'the one is settled meanwhile');
    byKey?.finish(usage);
    letGo();
    await leaving;
    await until(async () => (await liveOf(userId)) === 0, 'both are settled');
    const receipts = await db.selectFrom('receipt').select(['credits']).where('user_id', '=', userId).execute();
    expect(receipts).toHaveLength(2);
    expect(new Set(receipts.map(({ credits }) => credits > 0))).toEqual(new Set([true]));
    const left = await db.selectFrom('team_member').select(['left_at']).where('user_id', '=', userId).execute();
    expect(left.map(({ left_at }) => left_at === null)).toEqual([false]);
  });
});
