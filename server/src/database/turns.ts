import { type Kysely, type Selectable, sql } from 'kysely';
import { prepare } from './connection/prepared.ts';
import { conversationAt, type Whereabouts } from './conversations.ts';
import type { Database, StoredMerge } from './database.ts';

export type TurnRow = Omit<Selectable<Database['turn']>, 'credit_account_id' | 'lane_hold'>;

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
  'chosen_lane',
  'imported',
  'blind',
  'revealed_at',
  'unpaced',
  'history_response_id',
  'history_turn_id',
  'history_lane',
  'with_merge',
  'agent',
  'created_at',
] as const;

/** A turn without a chosen response; `parameters` is JSON. */
export type NewTurn = Pick<
  Selectable<Database['turn']>,
  | 'id'
  | 'conversation_id'
  | 'user_id'
  | 'parent_id'
  | 'depth'
  | 'prompt'
  | 'idempotency_key'
  | 'history_response_id'
  | 'history_turn_id'
  | 'history_lane'
  | 'blind'
  | 'credit_account_id'
  | 'lane_hold'
  | 'with_merge'
> & {
  parameters: string;
  /** JSON; null: each model is asked once. */
  agent: string | null;
};

export const insertTurnStatement = prepare((db, turn: NewTurn) =>
  db
    .insertInto('turn')
    .values({
      id: turn.id,
      conversation_id: turn.conversation_id,
      user_id: turn.user_id,
      parent_id: turn.parent_id,
      depth: turn.depth,
      prompt: turn.prompt,
      parameters: turn.parameters,
      idempotency_key: turn.idempotency_key,
      history_response_id: turn.history_response_id,
      history_turn_id: turn.history_turn_id,
      history_lane: turn.history_lane,
      blind: turn.blind,
      credit_account_id: turn.credit_account_id,
      lane_hold: turn.lane_hold,
      with_merge: turn.with_merge,
      agent: turn.agent,
    })
    .returning(columns),
);

export async function findTurns(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<TurnRow[]> {
  return db.selectFrom('turn').select(columns).where('user_id', '=', userId).where('id', 'in', ids).execute();
}

/** A turn whose prompt is left out, and which then says `withheld`, if it did not fit into the bytes asked for. */
export type RoomyTurnRow = TurnRow & { withheld?: boolean };

const columnsBesidePrompt = columns.filter((name) => name !== 'prompt');

function promptsWithin(bytesMax: number) {
  const bytes = sql<number>`sum(octet_length(prompt)) over (order by created_at, id)`;
  return [
    sql<string>`case when ${bytes} <= ${bytesMax} then prompt else '' end`.as('prompt'),
    sql<boolean>`${bytes} > ${bytesMax}`.as('withheld'),
  ] as const;
}

/** `findTurns` with prompts of at most `bytesMax` in all. */
export async function findTurnsWithin(
  db: Kysely<Database>,
  userId: string,
  { ids, bytesMax }: { ids: readonly string[]; bytesMax: number },
): Promise<RoomyTurnRow[]> {
  return db
    .selectFrom('turn')
    .select(columnsBesidePrompt)
    .select(promptsWithin(bytesMax))
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .execute() as Promise<RoomyTurnRow[]>;
}

export const findTurnStatement = prepare((db, { userId, id }: { userId: string; id: string }) =>
  db.selectFrom('turn').select(columns).where('user_id', '=', userId).where('id', '=', id),
);

/** A turn with the models that its prompt went to, by lane, without that of a merge, its merge, and its files. */
export type KeyedTurnRow = TurnRow & {
  asked_model_ids: string[];
  /** Null: it was asked for none. */
  asked_merge: (Pick<StoredMerge, 'mode' | 'instruction'> & { modelId: string }) | null;
  file_ids: string[];
};

export const findTurnByIdempotencyKeyStatement = prepare((db, { userId, key }: { userId: string; key: string }) =>
  db
    .selectFrom('turn')
    .select(columns)
    .select((eb) =>
      eb
        .selectFrom('response')
        .select(sql<string[]>`coalesce(array_agg(model_id order by lane), '{}')`.as('ids'))
        .whereRef('response.turn_id', '=', 'turn.id')
        .where('response.regenerated', '=', false)
        .where('response.merge', 'is', null)
        .$asScalar()
        .$notNull()
        .as('asked_model_ids'),
    )
    .select(
      sql<KeyedTurnRow['asked_merge']>`(
        select json_build_object('mode', merge -> 'mode', 'instruction', merge -> 'instruction', 'modelId', model_id)
        from response where response.turn_id = turn.id and not response.regenerated and merge is not null
      )`.as('asked_merge'),
    )
    .select((eb) =>
      eb
        .selectFrom('turn_file')
        .select(sql<string[]>`coalesce(array_agg(file_id order by position), '{}')`.as('ids'))
        .whereRef('turn_file.turn_id', '=', 'turn.id')
        .$asScalar()
        .$notNull()
        .as('file_ids'),
    )
    .where('user_id', '=', userId)
    .where('idempotency_key', '=', key),
);

/** Finds the key if it belonged to a prompt whose conversation was deleted. */
export const findSpentIdempotencyKeyStatement = prepare((db, { userId, key }: { userId: string; key: string }) =>
  db.selectFrom('spent_idempotency_key').select('key').where('user_id', '=', userId).where('key', '=', key),
);

/**
 * Keeps the idempotency keys of a conversation that is about to be deleted, for at least a day: nobody retries for
 * longer.
 */
export async function keepIdempotencyKeys(
  trx: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<void> {
  await trx
    .deleteFrom('spent_idempotency_key')
    .where('user_id', '=', userId)
    .where('spent_at', '<', sql<Date>`now() - interval '1 day'`)
    .execute();
  const spent = trx
    .selectFrom('turn')
    .select(['user_id', 'idempotency_key'])
    .where('conversation_id', '=', conversationId)
    .where('idempotency_key', 'is not', null)
    .$narrowType<{ idempotency_key: string }>();
  await trx
    .insertInto('spent_idempotency_key')
    .columns(['user_id', 'key'])
    .expression(spent)
    // A deletion in steps may have kept them before.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Deletes some of the user's turns with their answers, the newest first: a turn takes those below it with it.
 *
 * @param of the user, and the conversation; without one those of all
 * @returns how many there were
 */
export async function deleteSomeTurns(
  db: Kysely<Database>,
  of: { userId: string; conversationId?: string },
  limit: number,
): Promise<number> {
  const some = db
    .selectFrom('turn')
    .select('id')
    .where('user_id', '=', of.userId)
    .$if(of.conversationId !== undefined, (select) => select.where('conversation_id', '=', of.conversationId as string))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  const { numDeletedRows } = await db.deleteFrom('turn').where('id', 'in', some).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
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

/** The latest turn among the given one and its descendants. */
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

/** The ids of the turns from the root to the given one, oldest first. */
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

/** All turns of the conversation, in no order. */
export const findTurnsAtStatement = prepare((db, at: Whereabouts) =>
  db
    .selectFrom('turn')
    .select(columns)
    .where('user_id', '=', at.userId)
    .where('conversation_id', '=', conversationAt(at)),
);

/**
 * The turns of these conversations that have one of these parents (null: the roots), oldest first, with prompts of at
 * most `bytesMax` in all.
 */
export async function findSiblings(
  db: Kysely<Database>,
  userId: string,
  turns: readonly Pick<TurnRow, 'conversation_id' | 'parent_id'>[],
  bytesMax: number,
): Promise<RoomyTurnRow[]> {
  const parentIds = turns.flatMap(({ parent_id }) => parent_id ?? []);
  const rootsOf = turns.filter(({ parent_id }) => parent_id === null).map(({ conversation_id }) => conversation_id);
  return db
    .selectFrom('turn')
    .select(columnsBesidePrompt)
    .select(promptsWithin(bytesMax))
    .where('user_id', '=', userId)
    .where((eb) =>
      eb.or([
        ...(parentIds.length > 0 ? [eb('parent_id', 'in', parentIds)] : []),
        ...(rootsOf.length > 0 ? [eb('conversation_id', 'in', rootsOf).and('parent_id', 'is', null)] : []),
      ]),
    )
    .orderBy('created_at')
    .orderBy('id')
    .execute() as Promise<RoomyTurnRow[]>;
}
