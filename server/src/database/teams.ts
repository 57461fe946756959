import { type Insertable, type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import type { TierId } from './auth-tables.ts';
import { prepare } from './connection/prepared.ts';
import { currentMonth } from './credits.ts';
import type { Database } from './database.ts';
import { hiddenChargesOfTeamMember, hiddenSpendingOf } from './judging/hidden-turns.ts';
import { chargedThisMonth } from './programs/key-spending.ts';

export type TeamRow = Selectable<Database['team']>;

export interface TeamMemberRow {
  teamId: string;
  userId: string;
  email: string;
  name: string;
  owner: boolean;
  /** What the team was charged this month for what the member asked, without hidden turns. */
  spentThisMonth: number;
}

/** A team as one of its members, or somebody else, may let it pay. */
export interface PayingTeamRow extends Pick<TeamRow, 'id' | 'name' | 'archived'> {
  /** The models that the team pays for; null: all. */
  modelIds: string[] | null;
  /** What the member may spend of the team's credits in a calendar month (UTC); null: no limit. */
  memberMonthlyCredits: number | null;
  isMember: boolean;
  isOwner: boolean;
  /** What the team was charged this month for what the member asked, and what it holds for that now. */
  spent: number;
  /** The charged part of it. */
  charged: number;
  /** `spent` as it is shown: hidden turns count as held. */
  shownSpent: number;
}

export async function findTeams(db: Kysely<Database>, ids: readonly string[]): Promise<TeamRow[]> {
  return db.selectFrom('team').selectAll().where('id', 'in', ids).execute();
}

/** All teams by name, those in use before archived ones. */
export async function findAllTeams(db: Kysely<Database>): Promise<TeamRow[]> {
  return db.selectFrom('team').selectAll().orderBy('archived').orderBy(sql`lower(name)`).orderBy('id').execute();
}

/** The teams that the user is in, by name, those in use before archived ones. */
export async function findTeamsOf(db: Kysely<Database>, userId: string): Promise<TeamRow[]> {
  return db
    .selectFrom('team')
    .selectAll()
    .where('id', 'in', teamIdsOf(db, userId))
    .orderBy('archived')
    .orderBy(sql`lower(name)`)
    .orderBy('id')
    .execute();
}

function teamIdsOf(db: Kysely<Database>, userId: string) {
  return db.selectFrom('team_member').select('team_id').where('user_id', '=', userId).where('left_at', 'is', null);
}

/** The ids of the member's teams, archived ones among them. */
export async function findTeamIdsOf(db: Kysely<Database>, userId: string): Promise<string[]> {
  return (await teamIdsOf(db, userId).execute()).map(({ team_id }) => team_id);
}

/** The member's plan and teams; undefined: there is no such member. */
export async function findPlanAndTeams(
  db: Kysely<Database>,
  userId: string,
): Promise<{ tier: TierId; teamIds: string[] } | undefined> {
  const user = await db.selectFrom('user').select('tier').where('id', '=', userId).executeTakeFirst();
  return user && { tier: user.tier, teamIds: await findTeamIdsOf(db, userId) };
}

/** Whether a team says how long its conversations are kept. */
export async function hasTeamRetention(db: Kysely<Database>): Promise<boolean> {
  const team = await db.selectFrom('team').select('id').where('retention_days', 'is not', null).executeTakeFirst();
  return team !== undefined;
}

export async function countTeams(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('team')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Finds a team in use by its name, regardless of case. */
export async function findTeamByName(db: Kysely<Database>, name: string): Promise<TeamRow | undefined> {
  return db
    .selectFrom('team')
    .selectAll()
    .where(sql<boolean>`lower(name) = lower(${name})`)
    .where('archived', '=', false)
    .orderBy('id')
    .executeTakeFirst();
}

/** Whether an archived team has the name, regardless of case. */
export async function isNameArchived(db: Kysely<Database>, name: string): Promise<boolean> {
  const team = await db
    .selectFrom('team')
    .select('id')
    .where(sql<boolean>`lower(name) = lower(${name})`)
    .where('archived', '=', true)
    .limit(1)
    .executeTakeFirst();
  return team !== undefined;
}

export async function insertTeam(trx: Transaction<Database>, team: Insertable<Database['team']>): Promise<TeamRow> {
  return trx.insertInto('team').values(team).returningAll().executeTakeFirstOrThrow();
}

/** @param changes at least one */
export async function setTeam(
  trx: Transaction<Database>,
  id: string,
  changes: Updateable<Database['team']>,
): Promise<TeamRow> {
  return trx.updateTable('team').set(changes).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** The present members of the teams: owners first, then by name. */
export async function findTeamMembers(db: Kysely<Database>, teamIds: readonly string[]): Promise<TeamMemberRow[]> {
  return db
    .selectFrom('team_member')
    .innerJoin('user', 'user.id', 'team_member.user_id')
    .select(['team_id as teamId', 'user_id as userId', 'email', 'name', 'owner'])
    .select(sql<number>`greatest(0, ${chargedThisMonth} - ${hiddenChargesOfTeamMember})`.as('spentThisMonth'))
    .where('team_id', 'in', teamIds)
    .where('left_at', 'is', null)
    .orderBy('owner', 'desc')
    .orderBy(sql`lower(name)`)
    .orderBy('user_id')
    .execute();
}

export async function countTeamMembers(db: Kysely<Database>, teamId: string): Promise<number> {
  const { count } = await db
    .selectFrom('team_member')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('team_id', '=', teamId)
    .where('left_at', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** Whether the user is in the team, and as what; undefined: they are not. */
export async function findMembership(
  db: Kysely<Database>,
  { teamId, userId }: { teamId: string; userId: string },
): Promise<{ owner: boolean } | undefined> {
  return db
    .selectFrom('team_member')
    .select('owner')
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId)
    .where('left_at', 'is', null)
    .executeTakeFirst();
}

/** Makes the user a member, or changes what they are. What they were charged this month stays. */
export async function putTeamMember(
  trx: Transaction<Database>,
  member: { teamId: string; userId: string; owner: boolean },
): Promise<void> {
  const { teamId: team_id, userId: user_id, owner } = member;
  await trx
    .insertInto('team_member')
    .values({ team_id, user_id, owner })
    .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doUpdateSet({ owner, left_at: null }))
    .execute();
}

/** Ends a membership, or without a team all of the user's; the rows stay. */
export async function endMembership(
  trx: Transaction<Database>,
  { teamId, userId }: { teamId?: string; userId: string },
): Promise<void> {
  await trx
    .updateTable('team_member')
    .set({ owner: false, left_at: sql<Date>`now()` })
    .$if(teamId !== undefined, (update) => update.where('team_id', '=', teamId as string))
    .where('user_id', '=', userId)
    .where('left_at', 'is', null)
    .execute();
}

/** Those of the users who are or were in a team that the owner owns. */
export async function findUsersOfOwner(
  db: Kysely<Database>,
  ownerId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('team_member')
    .select('user_id')
    .distinct()
    .where('team_id', 'in', teamIdsOf(db, ownerId).where('owner', '=', true))
    .where('user_id', 'in', userIds)
    .execute();
  return rows.map(({ user_id }) => user_id);
}

function selectPayingTeams(db: Kysely<Database>, userId: string) {
  const held = sql<number>`(
    select sum(credits_held)::bigint from response
    where user_id = ${userId} and lease_until is not null
      and credit_account_id = (select id from credit_account where team_id = team.id))`;
  return db
    .selectFrom('team')
    .leftJoin('team_member', (join) =>
      join.onRef('team_member.team_id', '=', 'team.id').on('team_member.user_id', '=', userId),
    )
    .select(['team.id', 'team.name', 'team.archived', 'team.model_ids as modelIds'])
    .select('team.member_monthly_credits as memberMonthlyCredits')
    .select([
      sql<boolean>`team_member.user_id is not null and left_at is null`.as('isMember'),
      sql<boolean>`coalesce(owner, false)`.as('isOwner'),
      sql<number>`${chargedThisMonth} + coalesce(${held}, 0)`.as('spent'),
      chargedThisMonth.as('charged'),
      sql<number>`${chargedThisMonth} + coalesce(${held}, 0) + ${hiddenSpendingOf(userId)}`.as('shownSpent'),
    ]);
}

/**
 * Reads what decides whether a member may let the team pay, in one row (none if there is no such team). Must be a
 * statement of its own under the lock of the team's account, as `findKeySpendingStatement` must be under the member's.
 */
export const findPayingTeamStatement = prepare<{ teamId: string; userId: string }, PayingTeamRow>(
  (db, { teamId, userId }) => selectPayingTeams(db, userId).where('team.id', '=', teamId),
);

export async function findPayingTeams(
  db: Kysely<Database>,
  { teamIds, userId }: { teamIds: readonly string[]; userId: string },
): Promise<PayingTeamRow[]> {
  return selectPayingTeams(db, userId).where('team.id', 'in', teamIds).execute();
}

/** Adds to what a member was charged in the month, as `chargeApiKeyStatement` does for a key. */
export const chargeTeamMemberStatement = prepare(
  (db, { teamId, userId, credits }: { teamId: string; userId: string; credits: number }) =>
    db
      .updateTable('team_member')
      .set({
        charged: sql`${chargedThisMonth} + ${credits}`,
        charged_month: sql`greatest(charged_month, ${currentMonth}::date)`,
      })
      .where('team_id', '=', teamId)
      .where('user_id', '=', userId),
);
