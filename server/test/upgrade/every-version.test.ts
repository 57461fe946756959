import { hashPassword } from 'better-auth/crypto';
import { sql, type Transaction } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { dropEverything } from '../../src/database/backup/loading.ts';
import { applyMigrations, lockSchema, migrate, migrationNames } from '../../src/database/connection/migrate.ts';
import type { Database } from '../../src/database/database.ts';
import { expectReconciled } from '../credits/audit.ts';
import { connect, startApp } from '../setup/app.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import { cookiesOf } from '../setup/members.ts';

const password = 'a password of before';
const email = 'ben@example.org';
const userId = 'ben';
const conversationId = '01890000-0000-7000-8000-000000000001';
const turnId = '01890000-0000-7000-8000-000000000002';
const responseId = '01890000-0000-7000-8000-000000000003';

describeDatabases('a database of an earlier version', (database) => {
  let hash: string;
  beforeAll(async () => {
    hash = await hashPassword(password);
  });

  it.each(migrationNames())('of %s is brought up to date at the start, with all that it holds', async (last) => {
    const { db, withoutTimeLimit } = database();
    await withoutTimeLimit(() =>
      db.transaction().execute(async (trx) => {
        await lockSchema(trx);
        await dropEverything(trx);
        await applyMigrations(trx, migrationNames().slice(0, migrationNames().indexOf(last) + 1));
        await inhabit(trx, hash);
      }),
    );
    await withoutTimeLimit(() => migrate(db, testLog));

    const app = await startApp({ database: database() });
    const signedIn = await fetch(`${app.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    const member = connect(app.url, { cookie: cookiesOf(signedIn) });
    const { viewer, conversations } = await member.gql(document);
    await app.close();
    expect(app.errors).toEqual([]);
    expect(viewer).toMatchObject({ email, role: 'ADMIN' });
    if (last >= '0001') {
      const [turn] = conversations.edges[0].node.turns.edges;
      expect(turn.node).toMatchObject({
        prompt: 'What is it?',
        responses: [{ text: 'An answer.', creditsCharged: 7 }],
      });
    }
    if (last >= '0002') {
      const charges = viewer.credits.entries.edges.filter(
        ({ node }: { node: { kind: string } }) => node.kind === 'CHARGE',
      );
      expect(charges).toMatchObject([{ node: { amount: -7, balanceAfter: 93, receipt: { credits: 7 } } }]);
      await expectReconciled(db);
    }
  });
});

const document = `{
  viewer { email role credits { entries(first: 10) { edges { node { kind amount balanceAfter receipt { credits } } } } } }
  conversations(first: 2) { edges { node { turns(last: 2) { edges { node {
    prompt responses { text creditsCharged }
  } } } } } }
}`;

/** A member with a password, who asked once and was charged, in whatever tables there are by now. */
async function inhabit(trx: Transaction<Database>, hash: string): Promise<void> {
  const monthAgo = new Date(Date.now() - 40 * 86_400_000);
  const insert = (table: string, row: Record<string, unknown>) => insertWhatFits(trx, table, row);
  await insert('user', { id: userId, name: 'Ben', email, email_verified: true });
  await insert('account', { id: 'a', user_id: userId, provider_id: 'credential', account_id: userId, password: hash });
  await insert('conversation', {
    id: conversationId,
    user_id: userId,
    title: 'What is it?',
    titled_by_user: false,
    model_ids: ['mock/swift'],
  });
  await insert('turn', {
    id: turnId,
    conversation_id: conversationId,
    user_id: userId,
    depth: 0,
    prompt: 'What is it?',
    created_at: monthAgo,
  });
  await insert('response', {
    id: responseId,
    turn_id: turnId,
    conversation_id: conversationId,
    user_id: userId,
    lane: 0,
    model_id: 'mock/swift',
    status: 'COMPLETED',
    text: 'An answer.',
    input_tokens_expected: 3,
    credits_held: 9,
    credits_charged: 7,
    finished_at: monthAgo,
    created_at: monthAgo,
  });
  await insert('credit_account', { user_id: userId, balance: 93 });
  const account = { user_id: userId, credit_account_id: await findAccount(trx) };
  await insert('credit_entry', { ...account, kind: 'GRANT', amount: 100, balance_after: 100, created_at: monthAgo });
  await insert('credit_entry', {
    ...account,
    kind: 'CHARGE',
    amount: -7,
    balance_after: 93,
    response_id: responseId,
    created_at: monthAgo,
  });
  const tokens = { input_tokens: 3, cached_input_tokens: 0, cache_write_input_tokens: 0, output_tokens: 4 };
  const price = 1_000_000;
  const prices = {
    input_price: price,
    cached_input_price: price,
    cache_write_input_price: price,
    output_price: price,
    request_price: 0,
  };
  await insert('receipt', {
    ...account,
    ...tokens,
    ...prices,
    response_id: responseId,
    model_id: 'mock/swift',
    provider_id: 'mock',
    status: 'COMPLETED',
    reasoning_tokens: 0,
    estimated: false,
    credits_held: 9,
    credits: 7,
    cost_usd: '0.000007',
    cost_reported: false,
    created_at: monthAgo,
  });
}

/** Inserts the values of the columns that the table has in this version; nothing if there is no such table. */
async function insertWhatFits(trx: Transaction<Database>, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = await columnsOf(trx, table);
  const fitting = Object.entries(row).filter(([name]) => columns.includes(name));
  if (columns.length === 0) return;
  const names = sql.join(fitting.map(([name]) => sql.id(name)));
  await sql`insert into ${sql.id(table)} (${names}) values (${sql.join(fitting.map(([, value]) => value))})`.execute(
    trx,
  );
}

async function columnsOf(trx: Transaction<Database>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${table}`.execute(trx);
  return rows.map(({ name }) => name);
}

async function findAccount(trx: Transaction<Database>): Promise<string | null> {
  if (!(await columnsOf(trx, 'credit_account')).includes('id')) return null;
  const { rows } = await sql<{ id: string }>`select id from credit_account`.execute(trx);
  return rows[0]?.id ?? null;
}
