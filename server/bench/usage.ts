import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { migrate } from '../src/database/connection/migrate.ts';
import { openDatabase } from '../src/database/connection/open.ts';
import type { Database } from '../src/database/database.ts';
import { reportUsage, type UsageGroup, type UsageRequest } from '../src/domain/money/usage.ts';
import { startDatabase, withoutLimits } from './database.ts';

/*
 * How long the reports of /usage and /admin take at a million receipts of 200 members over a year: `npm run bench:usage`.
 * Needs Postgres on this machine.
 */

const RECEIPTS = 1_000_000;
const USERS = 200;
const ROUNDS = 5;

const server = await startDatabase();
if (!server) {
  console.error('There is no Postgres on this machine (initdb and postgres), and nothing to measure without it.');
  process.exit(1);
}
const log = pino({ level: 'warn' });
const url = await server.create('usage');
const database = await openDatabase({ databaseUrl: url, dataDir: '', log });
try {
  await migrate(database.db, log);
  await withoutLimits(url, fill);
  await measureAll();
} finally {
  await database.close();
  await server.stop();
}

/** Three in a hundred failed; a few members write most; all of it in the year that ends now. */
async function fill(db: Kysely<Database>): Promise<void> {
  const startedAt = performance.now();
  await sql`
    insert into "user" (id, name, email)
    select 'user-' || lpad(n::text, 4, '0'), 'Member ' || n, 'member-' || n || '@example.org'
    from generate_series(0, ${USERS - 1}::int) as n`.execute(db);
  await sql`insert into credit_account (user_id) select id from "user"`.execute(db);
  await sql`
    insert into receipt (
      response_id, user_id, credit_account_id, model_id, provider_id, status, input_tokens, cached_input_tokens, cache_write_input_tokens,
      output_tokens, reasoning_tokens, estimated, input_price, cached_input_price, cache_write_input_price, output_price,
      request_price, credits_held, credits, cost_usd, first_token_ms, created_at
    )
    select gen_random_uuid(), user_id, (select id from credit_account where credit_account.user_id = picked.user_id),
      provider || '/model-' || n % 6, provider, case when n % 33 = 0 then 'FAILED' else 'COMPLETED' end,
      100 + n % 3000, n % 700, 0, 50 + n % 900, n % 50, false, 1000000, 100000, 1000000, 4000000,
      0, 50000, 100 + n % 4000, (100 + n % 4000)::numeric / 1000000, 150 + n % 2500,
      now() - (${RECEIPTS}::int - n) * interval '31.5 seconds'
    from generate_series(1, ${RECEIPTS}::int) as n,
      lateral (select (array['openai', 'anthropic', 'google', 'xai', 'perplexity'])[1 + n % 5] as provider) as of_provider,
      lateral (
        select 'user-' || lpad(floor(${USERS}::int * power(random() + 0 * n, 2))::text, 4, '0') as user_id
      ) as picked
  `.execute(db);
  await sql`vacuum analyze receipt`.execute(db);
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${RECEIPTS.toLocaleString('en')} receipts of ${USERS} members made in ${seconds.toFixed(0)} s.`);
}

async function measureAll(): Promise<void> {
  const monthAgo = new Date(Date.now() - 30 * 24 * 3_600_000);
  const busiest = 'user-0000';
  for (const from of [null, monthAgo]) {
    console.log(from ? '\nthe last 30 days' : '\nthe whole year');
    await measure('member, by day', { userId: busiest, from, groupBy: 'DAY' });
    await measure('member, by model', { userId: busiest, from, groupBy: 'MODEL' });
    for (const groupBy of ['DAY', 'MODEL', 'PROVIDER', 'USER'] as const satisfies UsageGroup[]) {
      await measure(`everybody, by ${groupBy.toLowerCase()}`, { userId: null, from, groupBy });
    }
  }
}

/** Rows and total as the API reads them, and then with the medians of the time to the first token. */
async function measure(name: string, request: UsageRequest): Promise<void> {
  const { db } = database;
  const plain = await medianOf(() => reportUsage(db, request));
  const full = await medianOf(async () => {
    const report = await reportUsage(db, request);
    await Promise.all([report.total.medianFirstTokenMs(), ...report.rows.map((row) => row.medianFirstTokenMs())]);
  });
  const { rows } = await reportUsage(db, request);
  console.log(
    `  ${name.padEnd(22)} ${String(rows.length).padStart(4)} rows ${ms(plain)}, with median times ${ms(full)}`,
  );
}

async function medianOf(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
}

function ms(value: number): string {
  return `${value.toFixed(0).padStart(5)} ms`;
}
