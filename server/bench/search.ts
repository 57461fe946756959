import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import type { Database } from '../src/database/database.ts';
import { migrate } from '../src/database/migrate.ts';
import { openDatabase } from '../src/database/open.ts';
import { countFound, searchConversations } from '../src/domain/search.ts';
import { startDatabase } from './database.ts';

/*
 * How long a search takes among a million turns of 100 members: its first page and its count, as the API reads them.
 * `npm run bench:search`; needs Postgres on this machine, 6 GB of disk, and half an hour.
 */

const MEMBERS = 100;
const TURNS = Number(process.env.TURNS ?? 1_000_000);
const TURNS_OF_A_CONVERSATION = 5;
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

const server = await startDatabase();
if (!server) {
  console.error('There is no Postgres on this machine (initdb and postgres), and nothing to measure without it.');
  process.exit(1);
}
const log = pino({ level: 'warn' });
const database = await openDatabase({ databaseUrl: await server.create('search'), dataDir: '', log });
try {
  await migrate(database.db, log);
  await fill(database.db);
  await measureAll(database.db);
} finally {
  await database.close();
  await server.stop();
}

/** Prompts of 15 words and answers of 120, of 20,000 words that are as unevenly used as those of a language. */
async function fill(db: Kysely<Database>): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  await sql`drop index turn_user_folded, response_user_folded`.execute(db);
  await sql`
    insert into "user" (id, name, email)
    select 'member-' || n, 'Member ' || n, 'member-' || n || '@example.org' from generate_series(0, ${MEMBERS - 1}::int) as n
  `.execute(db);
  await sql`
    create table word as
    select n, coalesce(case when n % 400 = 0 then (${marked}::text[])[1 + n / 400] end, substr(translate(md5(n::text), '0123456789', 'aeiourstln'), 1, 2 + n % 9)) as word
    from generate_series(0, 19999) as n`.execute(db);
  const step = 50_000;
  for (let from = 0; from < TURNS; from += step) {
    await sql`
      with words as materialized (select array_agg(word order by n) as list from word),
      begun as (
        insert into conversation (id, user_id, title, titled_by_user, model_ids, active_at)
        select gen_random_uuid(), 'member-' || n % ${MEMBERS}::int, ${text(4, 'n')}, false, '{}', now() - n * interval '1 second'
        from generate_series(${from}::int, ${from + step - 1}::int, ${TURNS_OF_A_CONVERSATION}::int) as n, words
        returning id, user_id
      ), asked as (
        insert into turn (id, conversation_id, user_id, depth, prompt)
        select gen_random_uuid(), id, user_id, n, ${text(15, 'n')}
        from begun, words, generate_series(0, ${TURNS_OF_A_CONVERSATION - 1}::int) as n
        returning id, conversation_id, user_id, depth
      )
      insert into response (id, turn_id, conversation_id, user_id, lane, model_id, status, text, input_tokens_expected,
        credits_held, credits_charged, finished_at)
      select gen_random_uuid(), id, conversation_id, user_id, 0, 'mock/swift', 'COMPLETED', ${text(120, 'depth')}, 1, 1, 1, now()
      from asked, words`.execute(db);
    if ((from / step) % 4 === 3) console.log(`  ${(from + step).toLocaleString('en')} turns after ${seconds()}`);
  }
  await sql`set maintenance_work_mem = '1GB'`.execute(db);
  for (const table of ['turn', 'response']) {
    await sql`create index ${sql.id(`${table}_user_folded`)} on ${sql.id(table)} using gin (user_id, folded gin_trgm_ops)`.execute(
      db,
    );
  }
  await sql`vacuum analyze`.execute(db);
  const { rows } = await sql<{
    size: string;
  }>`select pg_size_pretty(pg_database_size(current_database())) as size`.execute(db);
  console.log(`${TURNS.toLocaleString('en')} turns of ${MEMBERS} members made in ${seconds()}, ${rows[0]?.size}.`);
}

/** Another one for each row: by `column`, Postgres sees that it is the row's own. */
function text(words: number, column: string) {
  return sql`(
    select string_agg(words.list[1 + floor(20000 * power(random(), 4))::int], ' ')
    from generate_series(1, ${words}::int) as word where ${sql.ref(column)} is not null
  )`;
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
