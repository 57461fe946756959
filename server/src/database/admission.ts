import { type Kysely, sql } from 'kysely';
import type { TierId } from './auth-tables.ts';
import { prepare } from './connection/prepared.ts';
import type { Database } from './database.ts';

export interface AdmissionRow {
  tier: TierId;
  suspended: boolean;
  disabledModelIds: string[];
  /** Age in ms of the admission in the last minute that has exactly `newerMax` newer ones; null if there is none. */
  blockingAgeMs: number | null;
  /** Responses that are being written. */
  running: number;
}

/**
 * Reads everything but credits that decides on a member's prompt, in one row (none if there is no such member). Must be
 * a statement of its own under the account's lock: rows that are read together with a lock may be older than it.
 */
export const findAdmissionStatement = prepare<AdmissionQuestion, AdmissionRow>((db, { userId, newerMax }) =>
  db
    .selectFrom('user')
    .select(['tier', 'suspended'])
    .select([
      disabledModels(db).as('disabledModelIds'),
      blockingAge(db, userId, newerMax).as('blockingAgeMs'),
      liveResponses(db, userId).as('running'),
    ])
    .where('id', '=', userId),
);

interface AdmissionQuestion {
  userId: string;
  /** How many other admissions there may be in a minute. */
  newerMax: number;
}

function disabledModels(db: Kysely<Database>) {
  return db
    .selectFrom('model_setting')
    .select(sql<string[]>`coalesce(array_agg(model_id), '{}')`.as('ids'))
    .where('enabled', '=', false);
}

// This is the database's clock, which set the times too; this process's may differ. `clock_timestamp()` would be
// evaluated for every row, so that no index could be used and all that the member ever sent would be read.
const aMinuteAgo = sql<Date>`statement_timestamp() - interval '1 minute'`;

/** An answer that came from a file was admitted elsewhere. */
const isNotImported = sql<boolean>`not exists (select from imported_response where response_id = response.id)`;

/** How long ago the prompt, regeneration or call was admitted that has exactly `newerMax` newer ones in the last minute. */
function blockingAge(db: Kysely<Database>, userId: string, newerMax: number) {
  const admissions = db
    .selectFrom('turn')
    .select('created_at')
    .where('user_id', '=', userId)
    .where('created_at', '>', aMinuteAgo)
    .where('imported', '=', false)
    .unionAll(
      db
        .selectFrom('response')
        .select('created_at')
        .where('user_id', '=', userId)
        .where(sql<boolean>`(regenerated or turn_id is null)`)
        .where('created_at', '>', aMinuteAgo)
        .where(isNotImported),
    )
    .unionAll(
      db
        .selectFrom('deleted_admission')
        .select('admitted_at as created_at')
        .where('user_id', '=', userId)
        .where('admitted_at', '>', aMinuteAgo),
    )
    .orderBy('created_at', 'desc')
    .offset(newerMax)
    .limit(1);
  return db
    .selectFrom(admissions.as('admission'))
    .select(sql<number>`(extract(epoch from statement_timestamp() - created_at) * 1000)::float8`.as('ms'));
}

function liveResponses(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('response')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('lease_until', 'is not', null);
}

/**
 * Keeps the times at which the last minute's prompts and regenerations of a conversation were admitted. Called before
 * the conversation is deleted, for the rate limit.
 */
export async function keepAdmissions(trx: Kysely<Database>, userId: string, conversationId: string): Promise<void> {
  await trx
    .deleteFrom('deleted_admission')
    .where('user_id', '=', userId)
    .where('admitted_at', '<=', aMinuteAgo)
    .execute();
  const ofTurns = trx
    .selectFrom('turn')
    .select(['user_id', 'created_at'])
    .where('conversation_id', '=', conversationId)
    .where('created_at', '>', aMinuteAgo)
    .where('imported', '=', false);
  const ofResponses = trx
    .selectFrom('response')
    .select(['user_id', 'created_at'])
    .where('conversation_id', '=', conversationId)
    .where('regenerated', '=', true)
    .where('created_at', '>', aMinuteAgo)
    .where(isNotImported);
  await trx
    .insertInto('deleted_admission')
    .columns(['user_id', 'admitted_at'])
    .expression(ofTurns.unionAll(ofResponses))
    .execute();
}
