import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Kysely, sql } from 'kysely';
import { pino } from 'pino';
import { migrate } from '../../src/database/connection/migrate.ts';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import type { Database } from '../../src/database/database.ts';
import type { BoardFilter } from '../../src/database/judging/board-verdicts.ts';
import { readBoardVerdicts } from '../../src/domain/judging/boards/board-reading.ts';
import { Leaderboards } from '../../src/domain/judging/boards/leaderboards.ts';
import { startDatabase, withoutLimits } from '../database.ts';

/*
 * How long a board of 100,000 verdicts over 40 models takes that is not kept, with the verdicts in Postgres and in PGlite:
 * `npm run bench:ratings -- --board`. Processor time tells what it costs where others use the machine, too.
 */

const VERDICTS = 100_000;
const MODELS = 40;
const MEMBERS = 60;
const ROUNDS = 7;

const log = pino({ level: 'warn' });
const filter: BoardFilter = { from: null, to: null, topic: null, teamId: null, source: 'MEMBERS', blindOnly: true };
const viewer = { id: 'nobody', name: '', email: '', role: 'ADMIN', tier: 'FREE', key: null } as never;

const server = await startDatabase();
if (server) {
  const url = await server.create('boards');
  await measureIn('Postgres', {
    database: await openDatabase({ databaseUrl: url, dataDir: '', log }),
    fill: (work) => withoutLimits(url, work),
    cpu: server.cpu,
  });
  await server.stop();
} else {
  console.log('There is no Postgres on this machine.');
}
const dataDir = await mkdtemp(join(tmpdir(), 'boards-'));
const embedded = await openDatabase({ databaseUrl: null, dataDir, log, statementSecondsMax: 600 });
await measureIn('PGlite', {
  database: embedded,
  fill: (work) => embedded.withoutTimeLimit(() => work(embedded.db)),
  cpu: () => 0,
});
await rm(dataDir, { recursive: true, force: true });

interface Filled {
  database: OpenDatabase;
  fill(work: (db: Kysely<Database>) => Promise<void>): Promise<void>;
  /** What the database's own processes have used so far, in microseconds. */
  cpu(): number;
}

async function measureIn(name: string, { database, fill, cpu }: Filled): Promise<void> {
  const { db } = database;
  try {
    await migrate(db, log);
    await fill(makeVerdicts);
    const leaderboards = new Leaderboards(db);
    const rounds = { read: [] as Figures[], whole: [] as Figures[] };
    for (let round = 0; round < ROUNDS; round++) {
      rounds.read.push(await measure(cpu, () => readBoardVerdicts(db, filter)));
      await sql`update verdict set changed_at = now() where id = (select id from verdict limit 1)`.execute(db);
      rounds.whole.push(await measure(cpu, () => leaderboards.read(viewer, { source: 'MEMBERS', blindOnly: true })));
    }
    console.log(`${name}: ${VERDICTS.toLocaleString('en')} verdicts over ${MODELS} models, the median of ${ROUNDS}`);
    print('reading them', rounds.read);
    print('the whole board', rounds.whole);
  } finally {
    await database.close();
  }
}

interface Figures {
  ms: number;
  /** Processor time of this process, its threads included, and of the database's processes. */
  ownMs: number;
  databaseMs: number;
  /** The longest that the event loop was held. */
  heldMs: number;
  /** A fixed piece of work just before and after: how fast the machine is at the moment. */
  yardstickMs: number;
}

async function measure(databaseCpu: () => number, work: () => Promise<unknown>): Promise<Figures> {
  const before = yardstick();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [own, ofDatabase, startedAt] = [process.cpuUsage(), databaseCpu(), performance.now()];
  await work();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(own);
  const databaseMs = (databaseCpu() - ofDatabase) / 1000;
  delay.disable();
  return {
    ...{ ms, ownMs: (user + system) / 1000, databaseMs, heldMs: delay.max / 1e6 },
    yardstickMs: (before + yardstick()) / 2,
  };
}

/** Sorts two million numbers. */
function yardstick(): number {
  const startedAt = performance.now();
  Float64Array.from({ length: 2_000_000 }, (_, index) => (index * 7919) % 2_000_003).sort();
  return performance.now() - startedAt;
}

function print(name: string, rounds: readonly Figures[]): void {
  const median = (of: (figures: Figures) => number) =>
    rounds.map(of).sort((one, other) => one - other)[rounds.length >> 1] ?? 0;
  const ms = (of: (figures: Figures) => number) => `${median(of).toFixed(0)} ms`;
  const best = Math.min(...rounds.map((figures) => figures.ms)).toFixed(0);
  console.log(
    `  ${name}: ${ms((figures) => figures.ms)} (best ${best}), ${median((figures) => figures.ms / figures.yardstickMs).toFixed(2)} yardsticks; ` +
      `processor ${ms((figures) => figures.ownMs)} here and ${ms((figures) => figures.databaseMs)} in the database; ` +
      `event loop held ${ms((figures) => figures.heldMs)}`,
  );
}

/** Two answers in four of five verdicts, else three; members judge alike, through a year. Ids are in the order of time, as in life. */
async function makeVerdicts(db: Kysely<Database>): Promise<void> {
  await sql`insert into judge (user_id) select null from generate_series(1, ${MEMBERS}::integer)`.execute(db);
  await sql`
    insert into verdict (id, judge_number, kind, blind, cluster_id, created_at)
    select (lpad(to_hex(1700000000000 + n), 12, '0') || substr(md5(n::text), 1, 20))::uuid, 1 + n % ${MEMBERS}::integer,
      'BEST', true, md5('turn ' || n)::uuid, now() - (${VERDICTS}::integer - n) * interval '5 minutes'
    from generate_series(1, ${VERDICTS}::integer) n`.execute(db);
  await sql`
    insert into verdict_contestant (
      verdict_id, lane, response_id, model_id, best, credits, first_token_ms, output_tokens, characters
    )
    select id, lane, md5(id::text || lane)::uuid, 'provider/model-' || (draw + lane * (1 + draw % 38)) % ${MODELS}::integer,
      lane = draw % lanes, 100 + (random() * 5000)::integer, 200 + (random() * 800)::integer,
      50 + (random() * 500)::integer, 200 + (random() * 3000)::integer
    from (
      select id, (hashtext(id::text) & 65535) as draw, case when hashtext(id::text) % 5 = 0 then 3 else 2 end as lanes
      from verdict
    ) as drawn, generate_series(0, lanes - 1) lane`.execute(db);
  await sql`analyze`.execute(db);
}
