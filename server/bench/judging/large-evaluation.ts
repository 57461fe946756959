import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';

const MODELS = 10;

/** Ten models that are never asked, and one that judges. */
export const answeredModels = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: [...Array.from({ length: MODELS }, (_, lane) => `model-${lane}`), 'judge'].map((name) => ({
    ...{ id: `lab/${name}`, name: `The ${name}`, minimumTier: 'FREE', contextWindow: 100_000, maxOutputTokens: 1000 },
    ...{ inputPriceUsd: 1, outputPriceUsd: 2 },
  })),
};

export interface LargeEvaluation {
  userId: string;
  /** Who judged beside its owner. */
  people: readonly string[];
  prompts: number;
  /** MODEL: a model judged all pairs; HALF: half of them; PEOPLE: people judged a part. */
  judgedBy: 'MODEL' | 'HALF' | 'PEOPLE';
}

/** Makes the rows of an evaluation that ten models have answered, with texts of two thousand characters. @returns its id */
export async function makeEvaluation(
  within: (work: (db: Kysely<Database>) => Promise<void>) => Promise<void>,
  evaluation: LargeEvaluation,
): Promise<string> {
  const id = randomUUID();
  await within(async (db) => {
    await makeAnswers(db, id, evaluation);
    await makePairs(db, id, evaluation);
    await sql`analyze`.execute(db);
  });
  return id;
}

/** An id that follows from a name, so that statements agree on it. */
function idOf(id: string, kind: string, ...columns: readonly string[]) {
  return sql`md5(concat_ws('/', ${sql.lit(id)}, ${sql.lit(kind)}, ${sql.join(columns.map((name) => sql.ref(name)))}))::uuid`;
}

async function makeAnswers(db: Kysely<Database>, id: string, { userId, prompts, judgedBy }: LargeEvaluation) {
  const models = Array.from({ length: MODELS }, (_, lane) => `lab/model-${lane}`);
  const judge = judgedBy === 'PEOPLE' ? null : 'lab/judge';
  await sql`
    insert into evaluation (id, user_id, set_name, model_ids, repeats, credits_max, state, judge_model_id, judged_by)
    values (${id}::uuid, ${userId}, ${`A thousand, ${judgedBy.toLowerCase()}`}, ${models}::text[], 1, 0, 'PAUSED',
      ${judge}, 'MEMBERS')`.execute(db);
  await sql`
    insert into evaluation_item (evaluation_id, position, prompt)
    select ${id}::uuid, n, concat('Prompt ', n, ': what is said of ', md5(n::text), ' where nobody has asked before?')
    from generate_series(0, ${prompts}::integer - 1) n`.execute(db);
  await sql`
    insert into conversation (id, user_id, title, titled_by_user, model_ids, evaluation_id)
    select ${idOf(id, 'conversation', 'n')}, ${userId}, 'A prompt', false, ${models}::text[], ${id}::uuid
    from generate_series(0, ${prompts}::integer - 1) n`.execute(db);
  await sql`
    insert into turn (id, conversation_id, user_id, depth, prompt)
    select ${idOf(id, 'turn', 'position')}, ${idOf(id, 'conversation', 'position')}, ${userId}, 0, prompt
    from evaluation_item where evaluation_id = ${id}::uuid`.execute(db);
  await sql`
    insert into response (
      id, turn_id, conversation_id, user_id, lane, model_id, served_by, status, text, input_tokens, cached_input_tokens,
      cache_write_input_tokens, output_tokens, reasoning_tokens, input_tokens_expected, credits_held, credits_charged,
      first_token_ms, duration_ms, finished_at, finish_reason
    )
    select ${idOf(id, 'response', 'n', 'lane')}, ${idOf(id, 'turn', 'n')},
      ${idOf(id, 'conversation', 'n')}, ${userId}, lane, 'lab/model-' || lane, 'lab/model-' || lane, 'COMPLETED',
      repeat(concat('Answer ', lane, ' to ', n, ': ', md5(concat(n, '/', lane)), '. '), 40), 50, 0, 0, 400 + n % 100, 0, 50,
      5000, 900 + n % 50 + lane * 10, 200 + (n + lane) % 700, 3000, now(), 'STOP'
    from generate_series(0, ${prompts}::integer - 1) n, generate_series(0, ${MODELS}::integer - 1) lane`.execute(db);
  await sql`
    insert into evaluation_ask (evaluation_id, position, repeat, place, state, turn_id)
    select ${id}::uuid, n, 0, n, 'ENDED', ${idOf(id, 'turn', 'n')}
    from generate_series(0, ${prompts}::integer - 1) n`.execute(db);
}

async function makePairs(db: Kysely<Database>, id: string, { userId, people, prompts, judgedBy }: LargeEvaluation) {
  const isSaid = { MODEL: sql`true`, HALF: sql`n < ${prompts}::integer / 2`, PEOPLE: sql`false` }[judgedBy];
  await sql`
    insert into evaluation_pair (
      id, evaluation_id, position, repeat, lane_a, lane_b, first_asked, last_asked, first_said, last_said, judged
    )
    select ${idOf(id, 'pair', 'n', 'a', 'b')}, ${id}::uuid, n, 0, a, b, ${isSaid}, ${isSaid},
      case when ${isSaid} then said end, case when ${isSaid} then said end, case when ${isSaid} then said end
    from generate_series(0, ${prompts}::integer - 1) n, generate_series(0, ${MODELS}::integer - 1) a,
      generate_series(a + 1, ${MODELS}::integer - 1) b,
      lateral (select (array['A', 'A', 'B', 'TIE'])[1 + (hashtext(concat(n, a, b)) & 3)] as said) as judge`.execute(db);
  for (const [place, judge] of [userId, ...people].entries()) {
    await sql`
      insert into evaluation_verdict (id, pair_id, user_id, swapped, said, blind, judged_at)
      select gen_random_uuid(), id, ${judge}, lane_a % 2 = 0, (array['A', 'A', 'B', 'TIE', 'ALL_BAD'])[1 + position % 5], true,
        now() + position * interval '1 second'
      from evaluation_pair where evaluation_id = ${id}::uuid and (hashtext(id::text) & 7) = ${place}::integer`.execute(
      db,
    );
  }
}
