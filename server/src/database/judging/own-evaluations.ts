import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';

interface IdPage {
  after: string | null;
  limit: number;
}

/** What is stored of the user's sets, behind this id. */
export async function findOwnSets(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: IdPage,
): Promise<Omit<Selectable<Database['prompt_set']>, 'user_id'>[]> {
  return db
    .selectFrom('prompt_set')
    .select(['id', 'name', 'shared_with', 'team_id', 'created_at', 'updated_at'])
    .where('user_id', '=', userId)
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The prompts of the user's sets with the names of their files, behind this id. */
export async function findOwnSetPrompts(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: IdPage,
): Promise<(Selectable<Database['prompt_set_item']> & { files: string[] })[]> {
  return db
    .selectFrom('prompt_set_item')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('prompt_set_file')
        .innerJoin('file', 'file.id', 'prompt_set_file.file_id')
        .select(sql<string[]>`coalesce(array_agg(file.name order by prompt_set_file.position), '{}')`.as('names'))
        .whereRef('item_id', '=', 'prompt_set_item.id')
        .$asScalar()
        .$notNull()
        .as('files'),
    )
    .where('set_id', 'in', db.selectFrom('prompt_set').select('id').where('user_id', '=', userId))
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The user's evaluations, behind this id; their answers are among the user's conversations. */
export async function findOwnEvaluations(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: IdPage,
): Promise<Omit<Selectable<Database['evaluation']>, 'user_id' | 'lease_owner' | 'lease_until'>[]> {
  return db
    .selectFrom('evaluation')
    .select(['id', 'set_id', 'set_name', 'model_ids', 'repeats', 'parameters', 'system_prompt', 'judge_model_id'])
    .select(['rubric', 'judge_of_family', 'payer_team_id', 'credits_max', 'spent', 'stop_early', 'judged_by'])
    .select([
      'judging_team_id',
      'state',
      'pause_code',
      'pause_message',
      'decided_model_id',
      'created_at',
      'finished_at',
    ])
    .where('user_id', '=', userId)
    .where('state', '!=', 'DELETED')
    .$if(after !== null, (select) => select.where('id', '>', after as string))
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** What the user said of pairs in evaluations, behind this id. */
export async function findOwnPairVerdicts(
  db: Kysely<Database>,
  userId: string,
  { after, limit }: IdPage,
): Promise<
  {
    id: string;
    evaluation_id: string;
    position: number;
    shown: string;
    said: string | null;
    blind: boolean | null;
    judged_at: Date | null;
  }[]
> {
  return db
    .selectFrom('evaluation_verdict as verdict')
    .innerJoin('evaluation_pair as pair', 'pair.id', 'verdict.pair_id')
    .select(['verdict.id', 'pair.evaluation_id', 'pair.position', 'verdict.said', 'verdict.blind', 'verdict.judged_at'])
    .select(sql<string>`case when swapped then 'BA' else 'AB' end`.as('shown'))
    .where('verdict.user_id', '=', userId)
    .$if(after !== null, (select) => select.where('verdict.id', '>', after as string))
    .orderBy('verdict.id')
    .limit(limit)
    .execute();
}
