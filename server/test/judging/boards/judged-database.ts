import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import pino from 'pino';
import { openDatabase } from '../../../src/database/connection/open.ts';
import type { Database } from '../../../src/database/database.ts';
import { type Chance, chanceFrom } from './simulated-team.ts';

/** Models, the best first: how good they are on the scale of logits, and what an answer costs. */
const models = [
  { id: 'mock/sage', strength: 1.6, credits: 900 },
  { id: 'mock/poet', strength: 0.4, credits: 210 },
  { id: 'mock/swift', strength: 0.1, credits: 60 },
  { id: 'gone/vole', strength: -0.6, credits: 400 },
  { id: 'gone/wren', strength: -1, credits: 0 },
];
const JUDGES = 7;
const VERDICTS = 420;
const DAY_MS = 24 * 3600 * 1000;

/** Makes a database in which seven members, who are gone, gave 420 blind verdicts in eleven weeks, some on poems. */
export function judgedDatabase(databaseFolder: string): (dataDir: string) => Promise<void> {
  return async (dataDir) => {
    await cp(databaseFolder, join(dataDir, 'database'), { recursive: true });
    const database = await openDatabase({ databaseUrl: null, dataDir, log: pino({ level: 'silent' }) });
    await fill(database.db);
    await database.close();
  };
}

async function fill(db: Kysely<Database>): Promise<void> {
  const chance = chanceFrom(22);
  await sql`insert into judge (user_id) select null from generate_series(1, ${JUDGES}::integer)`.execute(db);
  const judged = Array.from({ length: VERDICTS }, (_, index) => verdictOf(index, chance));
  await db
    .insertInto('verdict')
    .values(judged.map(({ verdict }) => verdict))
    .execute();
  await db
    .insertInto('verdict_contestant')
    .values(judged.flatMap(({ contestants }) => contestants))
    .execute();
}

function verdictOf(index: number, chance: Chance) {
  const id = randomUUID();
  const lanes = models
    .map((model) => ({ model, order: chance.even() }))
    .sort((one, other) => one.order - other.order)
    .slice(0, chance.even() < 0.7 ? 2 : 3)
    .map(({ model }) => model);
  const isAllBad = chance.even() < 0.05;
  const best = chosen(lanes, chance.even());
  const verdict = {
    ...{ id, turn_id: null, team_id: null, note: null, blind: index % 30 !== 0, named: index % 40 === 1 },
    judge_number: (index % JUDGES) + 1,
    kind: isAllBad ? ('ALL_BAD' as const) : ('BEST' as const),
    topic: index % 4 === 0 ? 'poems' : null,
    created_at: new Date(Date.UTC(2026, 8, 1) + (index / VERDICTS) * 77 * DAY_MS),
  };
  const contestants = lanes.map((model, lane) => ({
    ...{ verdict_id: id, lane, response_id: randomUUID(), model_id: model.id, best: !isAllBad && lane === best },
    credits: Math.round(model.credits * Math.exp(0.4 * chance.normal())),
    first_token_ms: 200 + Math.round(800 * chance.even()),
    output_tokens: 80 + Math.round(300 * chance.even()),
    characters: 300 + Math.round(1500 * chance.even()),
  }));
  return { verdict, contestants };
}

/** The place of the answer that is taken with a chance that is proportional to the exponential of its strength. */
function chosen(lanes: typeof models, draw: number): number {
  const worth = lanes.map(({ strength }) => Math.exp(strength));
  let rest = draw * worth.reduce((sum, one) => sum + one, 0);
  return worth.findIndex((one) => {
    rest -= one;
    return rest <= 0;
  });
}
