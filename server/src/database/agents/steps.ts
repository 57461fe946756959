import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from '../database.ts';

export type StepRow = Selectable<Database['response_step']>;

/** A step without what was said in it. */
export type ReceiptStepRow = Omit<StepRow, 'output'>;

/** A step that begins. */
export type NewStep = Pick<
  StepRow,
  | 'response_id'
  | 'number'
  | 'key'
  | 'kind'
  | 'model_id'
  | 'tool_id'
  | 'tool_name'
  | 'input_tokens_expected'
  | 'text_start'
  | 'reasoning_start'
  | 'parts_start'
>;

/** How a step ended; `output` is JSON. */
export type EndedStep = Pick<
  StepRow,
  | 'model_id'
  | 'input_tokens'
  | 'cached_input_tokens'
  | 'cache_write_input_tokens'
  | 'output_tokens'
  | 'reasoning_tokens'
  | 'estimated'
  | 'credits'
  | 'cost_usd'
  | 'duration_ms'
> & {
  output: string | null;
  /** Absent: as it was. */
  key?: string;
};

/** Locks the answer for as long as its process has its lease. @returns whether it has */
export async function lockOwned(trx: Kysely<Database>, id: string, owner: string): Promise<boolean> {
  const { rows } = await sql`
    select from response where id = ${id}::uuid and lease_owner = ${owner}::uuid and lease_until is not null
    for share`.execute(trx);
  return rows.length > 0;
}

/** All steps of the answer, in order. */
export async function findSteps(db: Kysely<Database>, responseId: string): Promise<StepRow[]> {
  return db.selectFrom('response_step').selectAll().where('response_id', '=', responseId).orderBy('number').execute();
}

const receiptColumns = [
  'response_id',
  'number',
  'key',
  'kind',
  'model_id',
  'tool_id',
  'tool_name',
  'input_tokens_expected',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'estimated',
  'credits',
  'cost_usd',
  'started_at',
  'duration_ms',
  'text_start',
  'reasoning_start',
  'parts_start',
] as const;

/** The ended steps of these answers, in order, without what was said in them. */
export async function findStepsOf(db: Kysely<Database>, responseIds: readonly string[]): Promise<ReceiptStepRow[]> {
  return db
    .selectFrom('response_step')
    .select(receiptColumns)
    .where('response_id', 'in', responseIds)
    .where('duration_ms', 'is not', null)
    .orderBy('response_id')
    .orderBy('number')
    .execute();
}

/** All steps of the answer, in order, without what was said in them. */
export async function findStepFigures(db: Kysely<Database>, responseId: string): Promise<ReceiptStepRow[]> {
  return db
    .selectFrom('response_step')
    .select(receiptColumns)
    .where('response_id', '=', responseId)
    .orderBy('number')
    .execute();
}

/** Inserts the step, unless it is there. */
export async function insertStep(trx: Kysely<Database>, step: NewStep): Promise<void> {
  await trx
    .insertInto('response_step')
    .values(step)
    .onConflict((conflict) => conflict.columns(['response_id', 'number']).doNothing())
    .execute();
}

export async function hasStep(trx: Kysely<Database>, { response_id, number, key }: NewStep): Promise<boolean> {
  const row = await trx
    .selectFrom('response_step')
    .select('number')
    .where('response_id', '=', response_id)
    .where('number', '=', number)
    .where('key', '=', key)
    .executeTakeFirst();
  return row !== undefined;
}

export async function setStepEnded(
  trx: Kysely<Database>,
  { response_id, number }: Pick<StepRow, 'response_id' | 'number'>,
  ended: EndedStep,
): Promise<void> {
  await trx
    .updateTable('response_step')
    .set(ended satisfies Updateable<Database['response_step']>)
    .where('response_id', '=', response_id)
    .where('number', '=', number)
    .execute();
}
