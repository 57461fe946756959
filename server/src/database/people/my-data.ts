import { type Kysely, type Selectable, sql } from 'kysely';
import { type ConversationRow, conversationColumns } from '../conversations.ts';
import { type CreditEntryRow, selectShownEntries } from '../credits.ts';
import type { Database } from '../database.ts';
import { hiddenResponsesOfUser, isPending } from '../judging/hidden-turns.ts';
import type { ReceiptRow } from '../receipts.ts';
import { heldAddresses } from './audit-chain.ts';

export interface ProfileRow {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  role: string;
  tier: string;
  twoFactor: boolean;
  createdAt: Date;
  /** The ways by which the member signs in: `credential` is the password. */
  signsInBy: string[];
}

export async function findProfile(db: Kysely<Database>, userId: string): Promise<ProfileRow | undefined> {
  return db
    .selectFrom('user')
    .select(['id', 'name', 'email', 'email_verified as emailVerified', 'role', 'tier'])
    .select(['two_factor_enabled as twoFactor', 'created_at as createdAt'])
    .select((eb) =>
      eb
        .selectFrom('account')
        .select(sql<string[]>`coalesce(array_agg(provider_id order by provider_id), '{}')`.as('ids'))
        .whereRef('account.user_id', '=', 'user.id')
        .$asScalar()
        .$notNull()
        .as('signsInBy'),
    )
    .where('id', '=', userId)
    .executeTakeFirst();
}

export interface OwnMembershipRow {
  teamId: string;
  team: string;
  owner: boolean;
  joinedAt: Date;
  /** Null: still a member. */
  leftAt: Date | null;
}

/** The teams that the user is or was in. */
export async function findOwnMemberships(db: Kysely<Database>, userId: string): Promise<OwnMembershipRow[]> {
  return db
    .selectFrom('team_member')
    .innerJoin('team', 'team.id', 'team_member.team_id')
    .select(['team.id as teamId', 'team.name as team', 'owner', 'joined_at as joinedAt', 'left_at as leftAt'])
    .where('user_id', '=', userId)
    .orderBy('joined_at')
    .execute();
}

/** The user's conversations behind this id, in the order of their ids. */
export async function findOwnConversations(
  db: Kysely<Database>,
  userId: string,
  page: { after: string | null; limit: number },
): Promise<ConversationRow[]> {
  return db
    .selectFrom('conversation')
    .select(conversationColumns)
    .where('user_id', '=', userId)
    .where('temporary', '=', false)
    .$if(page.after !== null, (select) => select.where('id', '>', page.after as string))
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** The user's shares behind this id, without their keys: whoever has one reads the share. */
export async function findOwnShares(
  db: Kysely<Database>,
  userId: string,
  page: { after: string | null; limit: number },
): Promise<Omit<Selectable<Database['share']>, 'key' | 'user_id'>[]> {
  return db
    .selectFrom('share')
    .select(['id', 'conversation_id', 'turn_id', 'title', 'audience', 'with_figures', 'with_name', 'asks_verdict'])
    .select(['expires_at', 'created_at'])
    .where('user_id', '=', userId)
    .$if(page.after !== null, (select) => select.where('id', '>', page.after as string))
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** A row whose texts are to be read, and their size. */
export interface SizedRow {
  id: string;
  bytes: number;
}

export interface SizedTurnRow extends SizedRow {
  created_at: Date;
}

/** The turns of a conversation behind this one, by time. */
export async function findTurnSizes(
  db: Kysely<Database>,
  of: { userId: string; conversationId: string },
  page: { after: SizedTurnRow | null; limit: number },
): Promise<SizedTurnRow[]> {
  const { after } = page;
  return db
    .selectFrom('turn')
    .select(['id', 'created_at', sql<number>`octet_length(prompt)`.as('bytes')])
    .where('user_id', '=', of.userId)
    .where('conversation_id', '=', of.conversationId)
    .$if(after !== null, (select) =>
      select.where(sql<boolean>`(created_at, id) > (${after?.created_at}::timestamptz, ${after?.id}::uuid)`),
    )
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

/** The final responses of these turns, by turn, lane and age. Those of a hidden turn are there when all are final. */
export async function findResponseSizes(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<(SizedRow & { turnId: string })[]> {
  return db
    .selectFrom('response')
    .select(['id', 'turn_id as turnId', sql<number>`octet_length(text) + octet_length(reasoning)`.as('bytes')])
    .where('user_id', '=', userId)
    .where('turn_id', 'in', turnIds)
    .where('lease_until', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('turn').select('id').whereRef('turn.id', '=', 'response.turn_id').where(isPending('turn'))),
      ),
    )
    .orderBy('turn_id')
    .orderBy('lane')
    .orderBy('created_at')
    .orderBy('id')
    .$narrowType<{ turnId: string }>()
    .execute();
}

/** The user's receipts behind this one, by time, without those of hidden turns. */
export async function findOwnReceipts(
  db: Kysely<Database>,
  userId: string,
  page: { after: Pick<ReceiptRow, 'created_at' | 'response_id'> | null; limit: number },
): Promise<Omit<ReceiptRow, 'team_id'>[]> {
  const { after } = page;
  return db
    .selectFrom('receipt')
    .selectAll()
    .where('user_id', '=', userId)
    .where(sql<boolean>`response_id not in ${hiddenResponsesOfUser(userId)}`)
    .$if(after !== null, (select) =>
      select.where(
        sql<boolean>`(created_at, response_id) > (${after?.created_at}::timestamptz, ${after?.response_id}::uuid)`,
      ),
    )
    .orderBy('created_at')
    .orderBy('response_id')
    .limit(page.limit)
    .execute();
}

/** The shown entries of the user's own credit account behind this one. */
export async function findOwnCreditEntries(
  db: Kysely<Database>,
  userId: string,
  page: { after: number | null; limit: number },
): Promise<CreditEntryRow[]> {
  return selectShownEntries(db, hiddenResponsesOfUser(userId))
    .where('credit_account_id', 'in', db.selectFrom('credit_account').select('id').where('user_id', '=', userId))
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

export interface OwnAuditEntryRow {
  id: number;
  at: Date;
  action: string;
  /** Whether the member did it. */
  own: boolean;
  target: string | null;
  note: string | null;
}

/** The audit entries behind this one that the user made, or that name the user's address while it was theirs. */
export async function findOwnAuditEntries(
  db: Kysely<Database>,
  user: { id: string; email: string },
  page: { after: number | null; limit: number },
): Promise<OwnAuditEntryRow[]> {
  const { after, limit } = { ...page, after: page.after ?? 0 };
  const { rows } = await sql<OwnAuditEntryRow>`
    select id, created_at as at, action, target, note, coalesce(actor_id = ${user.id}, false) as own
    from audit_entry where id in (
      (select id from audit_entry where actor_id = ${user.id} and id > ${after} order by id limit ${limit})
      union
      (
        select entry.id from (${heldAddresses(user)}) as held
        join audit_entry entry on entry.target = held.email and entry.id > held.after
        where entry.id > ${after} and (held.until is null or entry.id <= held.until)
        order by entry.id limit ${limit}
      )
    ) order by id limit ${limit}`.execute(db);
  return rows;
}
