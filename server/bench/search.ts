import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { migrate } from '../src/database/connection/migrate.ts';
import { openDatabase } from '../src/database/connection/open.ts';
import type { Database } from '../src/database/database.ts';
import { countFound, searchConversations } from '../src/domain/conversations/search.ts';
import { startDatabase, withoutLimits } from './database.ts';

/*
 * How long a search takes among a million turns of 100 members: its first page and its count, as the API reads them.
 * `npm run bench:search`; needs Postgres on this machine, 6 GB of disk, and half an hour.
 */

const MEMBERS = 100;
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

const server = await startDatabase();
if (!server) {
  console.error('There is no Postgres on this machine (initdb and postgres), and nothing to measure without it.');
  process.exit(1);
}
const log = pino({ level: 'warn' });
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
        from generate_series(${from / 5}::int, ${(from + step) / 5 - 1}::int) as made
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
  await sql`set maintenance_work_mem = '1GB'`.execute(db);
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
  const all: number[] = [];
  for (const search of searches) {
    const filter = { userId: 'member-7', search };
    const times: number[] = [];
    let count = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const startedAt = performance.now();
      await searchConversations(db, { ...filter, limit: 21 });
      times.push(performance.now() - startedAt);
      count = await countFound(db, filter);
    }
    times.sort((a, b) => a - b);
    all.push(times[Math.floor(ROUNDS / 2)] as number);
    const [median, worst] = [times[Math.floor(ROUNDS / 2)], times.at(-1)].map(
      (ms) => `${ms?.toFixed(0).padStart(5)} ms`,
    );
    console.log(`  ${search.padEnd(30)} ${String(count).padStart(6)} found ${median}, at worst ${worst}`);
  }
  all.sort((a, b) => a - b);
  console.log(
    `half of them within ${all[Math.floor(all.length / 2)]?.toFixed(0)} ms, all within ${all.at(-1)?.toFixed(0)} ms`,
  );
}
