import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { prepare } from '../connection/prepared.ts';
import { conversationAt, type Whereabouts } from '../conversations.ts';
import type { Database, StoredMerge } from '../database.ts';
import { type ResponseRow, responseColumns } from '../responses.ts';

/*
 * A blind turn hides its models from its member until it is revealed. Whatever is read for a member of responses, receipts,
 * entries and accounts uses the expressions here or `shown-responses.ts`; the domain's own work reads what is true.
 */

/** Whether the turn of this name in a statement hides its models. */
export function isHidden(turn: string): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(`${turn}.blind`)} and ${sql.ref(`${turn}.revealed_at`)} is null)`;
}

/** The ids of the responses of the member's hidden turns. */
export function hiddenResponsesOfUser(userId: string): RawBuilder<string> {
  return sql<string>`(
    select hidden.id from turn join response hidden on hidden.turn_id = turn.id
    where turn.user_id = ${userId} and ${isHidden('turn')}
  )`;
}

/** The ids of the responses of all hidden turns that the account pays for. */
export function hiddenResponsesOfAccount(accountId: RawBuilder<string> | string): RawBuilder<string> {
  return sql<string>`(
    select hidden.id from turn join response hidden on hidden.turn_id = turn.id
    where turn.credit_account_id = ${accountId} and ${isHidden('turn')}
  )`;
}

/** Whether a response, by its id, is of a hidden turn. */
export function isOfHiddenTurn(responseId: string): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select from response hidden join turn on turn.id = hidden.turn_id
    where hidden.id = ${sql.ref(responseId)} and ${isHidden('turn')}
  )`;
}

/**
 * Whether the turn hides its models, and one of the answers that it began with is still being written: then its texts are
 * hidden too.
 */
export function isPending(turn: string): RawBuilder<boolean> {
  return sql<boolean>`(
    ${isHidden(turn)} and not ${sql.ref(`${turn}.unpaced`)} and exists (
      select from response writing where writing.turn_id = ${sql.ref(`${turn}.id`)} and not writing.regenerated
        and writing.lease_until is not null
    )
  )`;
}

/** What the hidden turns of an account did to it, in credits. */
export interface HiddenCredits {
  /** Charged, and not to be seen yet; what a top-up has given back since does not count. */
  charged: number;
  /** Held for answers that are being written. */
  held: number;
  /** What they count as held, from the prompt to the reveal. */
  counted: number;
}

/**
 * What was charged to an account for hidden turns and has not been given back by a top-up since, in credits: a top-up
 * brings the true balance to its mark, so that it shows less by what the shown balance lacks less.
 *
 * @param upTo the ids of the hidden turns' responses, and the last entry that counts (null: all)
 */
export function hiddenChargesUpTo(
  accountId: RawBuilder<string>,
  { hidden, most }: { hidden: RawBuilder<string>; most: RawBuilder<number> | null },
): RawBuilder<number> {
  return sql<number>`coalesce((
    select (max(sum) filter (where is_last) - least(0, min(sum)))::bigint from (
      select sum(-moved.amount) over (order by moved.id) as sum,
        row_number() over (order by moved.id desc) = 1 as is_last
      from credit_entry moved
      where moved.credit_account_id = ${accountId} ${most ? sql`and moved.id <= ${most}` : sql``}
        and (moved.response_id in ${hidden} or moved.kind = 'GRANT')
        and moved.id >= (
          select min(first.id) from credit_entry first
          where first.credit_account_id = ${accountId} and first.response_id in ${hidden}
        )
    ) as moves
  ), 0)`;
}

/** Whether the response of this name is a merge that its member knows to be one: it was asked for after the prompt. */
export function isKnownMerge(response: string): RawBuilder<boolean> {
  return sql<boolean>`(${sql.ref(`${response}.merge`)} is not null and not ${sql.ref(`${response}.merge`)} ? 'withPrompt')`;
}

/** A merge counts with its own hold if that is more: the member knows its model. */
const countedHold = sql`case when ${isKnownMerge('hidden')} then greatest(turn.lane_hold, hidden.credits_held) else turn.lane_hold end`;

/** The `HiddenCredits` of the row of `credit_account`; null: it pays for no hidden turn. */
export const hiddenCredits = sql<HiddenCredits | null>`(
  select json_build_object(
    'charged', ${hiddenChargesUpTo(sql`credit_account.id`, { hidden: hiddenResponsesOfAccount(sql`credit_account.id`), most: null })},
    'held', coalesce(sum(hidden.credits_held) filter (where hidden.lease_until is not null), 0)::bigint,
    'counted', sum(${countedHold})::bigint
  )
  from turn join response hidden on hidden.turn_id = turn.id
  where turn.credit_account_id = credit_account.id and ${isHidden('turn')}
  having count(*) > 0
)`;

const thisMonth = sql`hidden.finished_at at time zone 'UTC' >= date_trunc('month', now() at time zone 'UTC')`;

/** What was charged this month for hidden turns that the key of the row of `api_key` asked. */
export const hiddenChargesOfKey = sql<number>`coalesce((
  select sum(hidden.credits_charged)::bigint from turn join response hidden on hidden.turn_id = turn.id
  where turn.user_id = api_key.user_id and ${isHidden('turn')} and hidden.api_key_id = api_key.id and ${thisMonth}
), 0)`;

/** What the team was charged this month for hidden turns of the member of the row of `team_member`. */
export const hiddenChargesOfTeamMember = sql<number>`coalesce((
  select sum(hidden.credits_charged)::bigint from turn join response hidden on hidden.turn_id = turn.id
  where turn.user_id = team_member.user_id and ${isHidden('turn')} and ${thisMonth}
    and turn.credit_account_id = (select id from credit_account where credit_account.team_id = team_member.team_id)
), 0)`;

/** What is to be added to what was spent this month, so that hidden turns count as held. */
const addedSpending = sql<number>`
  sum(
    ${countedHold} - case
      when hidden.lease_until is not null then hidden.credits_held
      when ${thisMonth} then coalesce(hidden.credits_charged, 0)
      else 0
    end
  )::bigint`;

/** `addedSpending` of the key of the row of `api_key`. */
export const hiddenSpendingOfKey = sql<number>`coalesce((
  select ${addedSpending} from turn join response hidden on hidden.turn_id = turn.id
  where turn.user_id = api_key.user_id and ${isHidden('turn')} and hidden.api_key_id = api_key.id
), 0)`;

/** `addedSpending` of a member, of the credits of the row of `team`. */
export function hiddenSpendingOf(userId: string): RawBuilder<number> {
  return sql<number>`coalesce((
    select ${addedSpending}
    from turn join response hidden on hidden.turn_id = turn.id
    where turn.user_id = ${userId} and ${isHidden('turn')}
      and turn.credit_account_id = (select id from credit_account where credit_account.team_id = team.id)
  ), 0)`;
}

export interface HiddenLaneRow {
  turn_id: string;
  lane: number;
  model_id: string;
  merge: StoredMerge | null;
}

/** The models that the hidden turns of a conversation asked with their prompts, by lane. */
export const findHiddenLanesAtStatement = prepare(
  (_db, at: Whereabouts) => sql<HiddenLaneRow>`
    select response.turn_id, response.lane, response.model_id, response.merge
    from turn join response on response.turn_id = turn.id
    where turn.user_id = ${at.userId} and turn.conversation_id = ${conversationAt(at)} and ${isHidden('turn')}
      and not response.regenerated
    order by response.turn_id, response.lane`,
);

/** Notes that the hidden turn is shown as its answers come. @returns whether there is such a turn */
export async function setUnpaced(db: Kysely<Database>, userId: string, turnId: string): Promise<boolean> {
  const { rows } = await sql`
    update turn set unpaced = true where id = ${turnId}::uuid and user_id = ${userId} and ${isHidden('turn')}
    returning id`.execute(db);
  return rows.length > 0;
}

/** A response as it is, and whether its turn hides its models. */
export interface FollowedResponseRow extends ResponseRow {
  hidden: boolean;
}

/** All responses of a turn, superseded ones included, by lane and age, oldest first. */
export async function findFollowedResponses(
  db: Kysely<Database>,
  userId: string,
  turnId: string,
): Promise<FollowedResponseRow[]> {
  return db
    .selectFrom('response')
    .select(responseColumns)
    .select(
      sql<boolean>`exists (select from turn where turn.id = response.turn_id and ${isHidden('turn')})`.as('hidden'),
    )
    .where('user_id', '=', userId)
    .where('turn_id', '=', turnId)
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .execute() as Promise<FollowedResponseRow[]>;
}

/** The turns of a conversation whose answers are hidden, since one of them is still being written. */
export async function findPendingTurnIds(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<string[]> {
  const rows = await db
    .selectFrom('turn')
    .select('id')
    .where('user_id', '=', userId)
    .where('conversation_id', '=', conversationId)
    .where(isPending('turn'))
    .execute();
  return rows.map(({ id }) => id);
}

export interface HiddenTurnRow {
  unpaced: boolean;
  laneHold: number;
  /** Whether a merge of the other answers is among them. */
  withMerge: boolean;
}

/** The member's turn, if it hides its models. */
export async function findHiddenTurn(
  db: Kysely<Database>,
  userId: string,
  turnId: string,
): Promise<HiddenTurnRow | undefined> {
  return db
    .selectFrom('turn')
    .select(['unpaced', 'lane_hold as laneHold', 'with_merge as withMerge'])
    .where('user_id', '=', userId)
    .where('id', '=', turnId)
    .where(isHidden('turn'))
    .executeTakeFirst();
}

/** Those of the turns that hide their models. */
export async function findHiddenTurnIds(db: Kysely<Database>, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('turn').select('id').where('id', 'in', ids).where(isHidden('turn')).execute();
  return rows.map(({ id }) => id);
}

/** Of the turn `named`, and of each hidden turn of its conversation, the models by lane; a merge counts as one. */
const askedLanes = sql`
  select response.turn_id,
    array_agg(case when response.merge is null then model_id else 'merge' end order by lane) as model_ids
  from named join turn on turn.conversation_id = named.conversation_id and ${isHidden('turn')}
    join response on response.turn_id = turn.id and not response.regenerated
  group by response.turn_id`;

/** What the hidden turns with the same models in the same lanes as a hidden turn have told of these lanes. */
export interface ToldLanesRow {
  /** Whether the answers of one of them were shown as they came. */
  unpaced: boolean;
  /**
   * Whether it may be known which lane is the merge: of those that were asked with the prompt, only it ends otherwise than the
   * rest when all are stopped, or when their process ends.
   */
  merge: boolean;
}

export async function findToldLanes(db: Kysely<Database>, turnId: string): Promise<ToldLanesRow> {
  const { rows } = await sql<ToldLanesRow>`
    with named as (
      select id, conversation_id from turn where id = ${turnId}::uuid and ${isHidden('turn')}
    ), asked as (${askedLanes})
    select coalesce(bool_or(turn.unpaced), false) as unpaced,
      coalesce(bool_or(turn.with_merge and exists (
        select from response
        where response.turn_id = turn.id and not response.regenerated and response.finished_at is not null
          and response.status <> 'COMPLETED'
      )), false) as merge
    from asked join turn on turn.id = asked.turn_id
    where turn_id <> ${turnId}::uuid and model_ids = (select model_ids from asked where turn_id = ${turnId}::uuid)
  `.execute(db);
  return rows[0] as ToldLanesRow;
}

export interface RevealedTurnRow {
  id: string;
  conversationId: string;
  creditAccountId: string | null;
}

/**
 * Reveals the member's turn, and with it the hidden turns of its conversation that went on with the same models in the
 * same lanes: who knows the one knows the others. Nothing is changed if it is not hidden.
 */
export async function setRevealed(
  trx: Transaction<Database>,
  userId: string,
  turnId: string,
): Promise<RevealedTurnRow[]> {
  const { rows } = await sql<RevealedTurnRow>`
    with named as (
      select id, conversation_id from turn where id = ${turnId}::uuid and user_id = ${userId} and ${isHidden('turn')}
    ), asked as (${askedLanes})
    update turn set revealed_at = clock_timestamp()
    from named
    where turn.conversation_id = named.conversation_id and ${isHidden('turn')}
      and (
        turn.id = named.id or turn.id in (
          select turn_id from asked where model_ids = (select model_ids from asked where turn_id = named.id)
        )
      )
    returning turn.id, turn.conversation_id as "conversationId", turn.credit_account_id as "creditAccountId"`.execute(
    trx,
  );
  return rows;
}

/** Gives the conversation the turn's models, unless a later prompt named its models openly. */
export async function setConversationModels(trx: Transaction<Database>, turnId: string): Promise<void> {
  await sql`
    update conversation set updated_at = now(), model_ids = (
      select coalesce(array_agg(model_id order by lane), '{}') from response
      where turn_id = ${turnId}::uuid and not regenerated and merge is null
    )
    where id = (select conversation_id from turn where id = ${turnId}::uuid) and not exists (
      select from turn later where later.conversation_id = conversation.id and not later.blind
        and later.created_at > (select created_at from turn where id = ${turnId}::uuid)
    )`.execute(trx);
}
