import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';

export type TurnRow = Omit<Selectable<Database['turn']>, 'search'>;

const columns = [
  'id',
  'conversation_id',
  'user_id',
  'parent_id',
  'depth',
  'prompt',
  'parameters',
  'idempotency_key',
  'chosen_response_id',
  'created_at',
] as const;

export async function insertTurn(trx: Kysely<Database>, turn: Insertable<Database['turn']>): Promise<TurnRow> {
  return trx.insertInto('turn').values(turn).returning(columns).executeTakeFirstOrThrow();
}

export async function findTurns(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<TurnRow[]> {
  return db.selectFrom('turn').select(columns).where('user_id', '=', userId).where('id', 'in', ids).execute();
}

export async function findTurnByIdempotencyKey(
  db: Kysely<Database>,
  userId: string,
  key: string,
): Promise<TurnRow | undefined> {
  return db
    .selectFrom('turn')
    .select(columns)
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
}

export async function findLatestTurn(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<TurnRow | undefined> {
  return db
    .selectFrom('turn')
    .select(columns)
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The latest turn among the given one and everything that follows from it. */
export async function findLatestDescendant(
  db: Kysely<Database>,
  userId: string,
  turnId: string,
): Promise<TurnRow | undefined> {
  return db
    .withRecursive('below', (qb) =>
      qb
        .selectFrom('turn')
        .select('id')
        .where('user_id', '=', userId)
        .where('id', '=', turnId)
        .unionAll(qb.selectFrom('turn').innerJoin('below', 'turn.parent_id', 'below.id').select('turn.id')),
    )
    .selectFrom('turn')
    .select(columns)
    .where('id', 'in', (qb) => qb.selectFrom('below').select('id'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The ids from the root to the given turn, oldest first. */
export async function findBranch(db: Kysely<Database>, userId: string, leafId: string): Promise<string[]> {
  const rows = await db
    .withRecursive('branch', (qb) =>
      qb
        .selectFrom('turn')
        .select(['id', 'parent_id', 'depth'])
        .where('user_id', '=', userId)
        .where('id', '=', leafId)
        .unionAll(
          qb
            .selectFrom('turn')
            .innerJoin('branch', 'turn.id', 'branch.parent_id')
            .select(['turn.id', 'turn.parent_id', 'turn.depth']),
        ),
    )
    .selectFrom('branch')
    .select('id')
    .orderBy('depth')
    .execute();
  return rows.map(({ id }) => id);
}

/** In no order. */
export async function findTurnsOfConversation(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<TurnRow[]> {
  return db
    .selectFrom('turn')
    .select(columns)
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .execute();
}

/** The turns of these conversations that have one of these parents (null: the roots), oldest first. */
export async function findSiblings(
  db: Kysely<Database>,
  userId: string,
  turns: readonly Pick<TurnRow, 'conversation_id' | 'parent_id'>[],
): Promise<TurnRow[]> {
  const parentIds = turns.flatMap(({ parent_id }) => parent_id ?? []);
  const rootsOf = turns.filter(({ parent_id }) => parent_id === null).map(({ conversation_id }) => conversation_id);
  return db
    .selectFrom('turn')
    .select(columns)
    .where('user_id', '=', userId)
    .where((eb) =>
      eb.or([
        ...(parentIds.length > 0 ? [eb('parent_id', 'in', parentIds)] : []),
        ...(rootsOf.length > 0 ? [eb('conversation_id', 'in', rootsOf).and('parent_id', 'is', null)] : []),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export async function setChosenResponse(
  db: Kysely<Database>,
  userId: string,
  turnId: string,
  responseId: string,
): Promise<TurnRow | undefined> {
  return db
    .updateTable('turn')
    .set({ chosen_response_id: responseId })
    .where('user_id', '=', userId)
    .where('id', '=', turnId)
    .returning(columns)
    .executeTakeFirst();
}

/**
 * How long ago, in ms, the account's prompt or regeneration was admitted that is the `nth` newest of the last minute's;
 * null: there are not as many.
 */
export async function findAgeOfAdmission(trx: Kysely<Database>, userId: string, nth: number): Promise<number | null> {
  const aMinuteAgo = sql<Date>`clock_timestamp() - interval '1 minute'`;
  // By the clock that set the times: this process's own may differ from it.
  const age = sql<number>`(extract(epoch from clock_timestamp() - created_at) * 1000)::float8`.as('age_ms');
  const row = await trx
    .selectFrom('turn')
    .select(age)
    .where('user_id', '=', userId)
    .where('created_at', '>', aMinuteAgo)
    .unionAll(
      trx
        .selectFrom('response')
        .select(age)
        .where('user_id', '=', userId)
        .where('regenerated', '=', true)
        .where('created_at', '>', aMinuteAgo),
    )
    .orderBy('age_ms')
    .offset(nth - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.age_ms ?? null;
}
