import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { migrate } from '../src/database/connection/migrate.ts';
import { openDatabase } from '../src/database/connection/open.ts';
import type { Database } from '../src/database/database.ts';
import { findHitsOf } from '../src/domain/conversations/searching/hits.ts';
import { countFound, searchConversations } from '../src/domain/conversations/searching/search.ts';
import { startDatabase, withoutLimits } from './database.ts';

/*
 * How long a search takes among a million turns of 100 members: its first page as conversations and as lines (hits), and
 * its count, as the API reads them. `npm run bench:search`; needs Postgres on this machine, 6 GB of disk, and half an
 * hour. With `MEMBERS=1 TURNS=100000` one member has them all, and with `DATABASE=pglite` the embedded database is measured.
 */

const MEMBERS = Number(process.env.MEMBERS ?? 100);
const TURNS = Number(process.env.TURNS ?? 1_000_000);
const ROUNDS = 5;

/** What people type, from one text to all of them. */
const searches = [
  'lighthouse',
  'resume',
  'strasse',
  'react-dom',
  'example.org',
  'Script',
  '東京',
  '株式会社',
  'C++',
  'C#',
  '.NET',
  'the keeper of the lighthouse',
  'zzyzx',
  'ab',
  'go',
  'e',
  'the',
  'node_modules/react',
  'don’t',
  '100%',
];

/** The first is the most frequent, the last are rare. */
const marked = [
  'the',
  'e',
  'of',
  'keeper',
  'go',
  'don’t',
  'JavaScript',
  '100%',
  'résumé',
  '.NET',
  'C++',
  'C#',
  '東京タワー',
  '株式会社',
  'node_modules/react-dom',
  'https://docs.example.org/a',
  'Straße',
  'lighthouse',
];

const SAMPLES = 20_000;

/** The first are the most frequent. */
const vocabulary = Array.from({ length: 20_000 }, (_, n) => {
  const letters = createHash('sha256')
    .update(String(n))
    .digest('hex')
    .replace(/\d/g, (digit) => 'iouyrtnslp'[Number(digit)] ?? '');
  return (n % 400 === 0 && marked[n / 400]) || letters.slice(0, 2 + (n % 9));
});

const log = pino({ level: 'warn' });
if (process.env.DATABASE === 'pglite') await measureEmbedded();
else await measurePostgres();

async function measureEmbedded(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-search-'));
  const database = await openDatabase({ databaseUrl: null, dataDir, log });
  try {
    await migrate(database.db, log);
    await sql`set statement_timeout = 0`.execute(database.db);
    await database.withoutTimeLimit(() => fill(database.db));
    await measureAll(database.db);
  } finally {
    await database.close();
    rmSync(dataDir, { recursive: true });
  }
}

async function measurePostgres(): Promise<void> {
  const server = await startDatabase();
  if (!server) {
    console.error('There is no Postgres on this machine (initdb and postgres), and nothing to measure without it.');
    process.exit(1);
  }
  const url = await server.create('search');
  const database = await openDatabase({ databaseUrl: url, dataDir: '', log });
  try {
    await migrate(database.db, log);
    await withoutLimits(url, fill);
    await measureAll(database.db);
  } finally {
    await database.close();
    await server.stop();
  }
}

/** Titles of 4 words, prompts of 15 and answers of 120, of 20,000 words that are as unevenly used as those of a language. */
async function fill(db: Kysely<Database>): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  await sql`drop index turn_user_folded, response_user_folded`.execute(db);
  await sql`
    insert into "user" (id, name, email)
    select 'member-' || n, 'Member ' || n, 'member-' || n || '@example.org' from generate_series(0, ${MEMBERS - 1}::int) as n
  `.execute(db);
  await sql`create table sample (n int primary key, title text, prompt text, answer text)`.execute(db);
  for (let from = 0; from < SAMPLES; from += 1000) {
    const texts = (words: number) => Array.from({ length: 1000 }, () => textOf(words));
    await sql`
      insert into sample select ${from}::int + place - 1, title, prompt, answer
      from unnest(${texts(4)}::text[], ${texts(15)}::text[], ${texts(120)}::text[])
        with ordinality as made (title, prompt, answer, place)`.execute(db);
  }
  const step = 50_000;
  for (let from = 0; from < TURNS; from += step) {
    await sql`
      with begun as (
        insert into conversation (id, user_id, title, titled_by_user, model_ids, active_at)
        select gen_random_uuid(), 'member-' || made % ${MEMBERS}::int, title, false, '{}', now() - made * interval '1 second'
        from generate_series(${from / 5}::int, ${Math.min(from + step, TURNS) / 5 - 1}::int) as made
        join sample on n = made * 7 % ${SAMPLES}::int
        returning id, user_id
      ), asked as (
        insert into turn (id, conversation_id, user_id, depth, prompt)
        select gen_random_uuid(), id, user_id, depth, prompt
        from (select id, user_id, depth, floor(random() * ${SAMPLES}::int)::int as picked from begun, generate_series(0, 4) as depth) as planned
        join sample on n = picked
        returning id, conversation_id, user_id
      )
      insert into response (id, turn_id, conversation_id, user_id, lane, model_id, status, text, input_tokens_expected,
        credits_held, credits_charged, finished_at)
      select gen_random_uuid(), id, conversation_id, user_id, 0, 'mock/swift', 'COMPLETED', answer, 1, 1, 1, now()
      from (select *, floor(random() * ${SAMPLES}::int)::int as picked from asked) as planned
      join sample on n = picked`.execute(db);
    if ((from / step) % 4 === 3) console.log(`  ${(from + step).toLocaleString('en')} turns after ${seconds()}`);
  }
  await sql`set maintenance_work_mem = '256MB'`.execute(db);
  for (const table of ['turn', 'response']) {
    await sql`create index ${sql.id(`${table}_user_folded`)} on ${sql.id(table)} using gin (user_id, folded gin_trgm_ops)`.execute(
      db,
    );
  }
  await sql`vacuum analyze`.execute(db);
  const { rows } = await sql<{ size: string }>`
    select pg_size_pretty(pg_database_size(current_database())) as size, (select count(*) from turn) as turns`.execute(
    db,
  );
  console.log(`${TURNS.toLocaleString('en')} turns of ${MEMBERS} members made in ${seconds()}, ${rows[0]?.size}.`);
}

function textOf(words: number): string {
  return Array.from({ length: words }, () => vocabulary[Math.floor(vocabulary.length * Math.random() ** 4)]).join(' ');
}

async function measureAll(db: Kysely<Database>): Promise<void> {
  const all: Record<'conversations' | 'hits', number[]> = { conversations: [], hits: [] };
  for (const search of searches) {
    const filter = { userId: `member-${Math.min(7, MEMBERS - 1)}`, search };
    const conversations: number[] = [];
    const hits: number[] = [];
    let count: number | string = 0;
    for (let round = 0; round < ROUNDS; round++) {
      conversations.push(await timed(() => searchConversations(db, { ...filter, limit: 21 })));
      hits.push(await timed(() => findHitsOf(db, { ...filter, after: null, limit: 21 })));
    }
    count = await countFound(db, filter).catch(() => 'many');
    all.conversations.push(median(conversations));
    all.hits.push(median(hits));
    const shown = [median(conversations), Math.max(...conversations), median(hits), Math.max(...hits)].map(
      (ms) => `${ms.toFixed(0).padStart(5)} ms`,
    );
    console.log(
      `  ${search.padEnd(30)} ${String(count).padStart(6)} found ${shown[0]}, at worst ${shown[1]}; hits ${shown[2]}, at worst ${shown[3]}`,
    );
  }
  for (const [name, times] of Object.entries(all)) {
    console.log(`${name}: half within ${median(times).toFixed(0)} ms, all within ${Math.max(...times).toFixed(0)} ms`);
  }
}

/** In milliseconds. A search that takes too long counts as that. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work().catch(() => {});
  return performance.now() - startedAt;
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
