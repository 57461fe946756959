import { type Kysely, sql } from 'kysely';
import { currentMonth } from '../credits.ts';
import type { Database } from '../database.ts';
import { isHidden } from '../judging/hidden-turns.ts';
import type { BudgetScope } from './budget-tables.ts';

export type { BudgetScope } from './budget-tables.ts';

export interface NewBudgetAlert {
  id: string;
  scope: BudgetScope;
  creditAccountId: string | null;
  apiKeyId: string | null;
  percent: 50 | 80 | 100;
  budget: number;
  spent: number;
}

/** Stores alerts of the current month, as far as they are new. @returns how many were */
export async function insertBudgetAlerts(db: Kysely<Database>, alerts: readonly NewBudgetAlert[]): Promise<number> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('budget_alert')
    .values(
      alerts.map(({ creditAccountId, apiKeyId, ...alert }) => ({
        ...alert,
        credit_account_id: creditAccountId,
        api_key_id: apiKeyId,
        month: sql<string>`${currentMonth}::date`,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return Number(numInsertedOrUpdatedRows);
}

export interface BudgetAlertRow {
  id: string;
  scope: BudgetScope;
  percent: number;
  budget: number;
  spent: number;
  /** First day of the month. */
  month: string;
  created_at: Date;
  credit_account_id: string | null;
  api_key_id: string | null;
  /** The member's e-mail address, or the name of the team or of the key; null: it has none. */
  name: string | null;
  /** The credits that the member or the team could spend now; null: the budget is no account's, or it is hidden. */
  left: number | null;
}

/** Whether the account or the key of an alert pays for a turn that hides its models, and that came before the alert. */
const paysForHidden = (alert: string, more = sql``) => sql<boolean>`exists (
  select from turn join response hidden on hidden.turn_id = turn.id
  where ${isHidden('turn')} and turn.created_at <= ${sql.ref(`${alert}.created_at`)} ${more}
    and (
      turn.credit_account_id = ${sql.ref(`${alert}.credit_account_id`)}
      or (
        turn.user_id = (select user_id from api_key where id = ${sql.ref(`${alert}.api_key_id`)})
        and hidden.api_key_id = ${sql.ref(`${alert}.api_key_id`)}
      )
    )
)`;

const columns = sql`
  alert.id, alert.scope, alert.percent, alert.budget, to_char(alert.month, 'YYYY-MM-DD') as month,
  alert.created_at, alert.credit_account_id, alert.api_key_id,
  coalesce(team.name, api_key.name, owner.email) as name,
  case when not exists (select from turn where turn.credit_account_id = account.id and ${isHidden('turn')})
    then account.balance - account.held end as left`;

/** What was spent when the alert came: while a hidden turn is part of it, no more than the part that was crossed. */
const shownSpent = sql`
  case when ${paysForHidden('alert')} then ceil(alert.budget * alert.percent / 100.0)::bigint else alert.spent end as spent`;

/** Where an alert's name comes from. */
const named = sql`
  left join credit_account account on account.id = alert.credit_account_id
  left join team on team.id = account.team_id
  left join api_key on api_key.id = alert.api_key_id
  left join "user" owner on owner.id = coalesce(account.user_id, api_key.user_id)`;

/** The owners of the alert's team who are there to act on it. */
const teamOwners = sql`
  select person.id from team_member member join "user" person on person.id = member.user_id
  where member.team_id = account.team_id and member.owner and member.left_at is null and not person.suspended`;

/** Whether it is the admins who answer for the alert: it is the server's, or of a team without an owner. */
const isForAdmins = sql`
  (alert.scope = 'SERVER' or (account.team_id is not null and not exists (${teamOwners})))`;

/**
 * Whether an alert came while answers of a hidden turn were settled, which the same account or key pays: it may tell when,
 * and how far, one of them was charged, so that it is told after the reveal.
 */
const isHeldBack = (alert: string) =>
  paysForHidden(
    alert,
    sql`and (
      hidden.lease_until is not null
      or hidden.finished_at > ${sql.ref(`${alert}.created_at`)} - interval '1 minute'
    )`,
  );

/**
 * This month's alerts that concern the user: the last one of each budget, as high as it is now, unless they dismissed it.
 *
 * @param isAdmin whether the user is told of what admins answer for
 * @param serverBudget the budget of all accounts together; null: there is none
 */
export async function findBudgetAlerts(
  db: Kysely<Database>,
  userId: string,
  { isAdmin, serverBudget }: { isAdmin: boolean; serverBudget: number | null },
): Promise<BudgetAlertRow[]> {
  const { rows } = await sql<BudgetAlertRow>`
    select * from (
      select distinct on (alert.scope, alert.credit_account_id, alert.api_key_id) ${columns}, ${shownSpent}
      from budget_alert alert ${named}
      where alert.month = ${currentMonth}::date and not ${isHeldBack('alert')}
        and alert.budget = coalesce(account.topped_up_to, api_key.monthly_credits, ${serverBudget}::bigint)
        and (
          account.user_id = ${userId} or api_key.user_id = ${userId} or ${userId} in (${teamOwners})
          or (${isAdmin} and ${isForAdmins})
        )
      order by alert.scope, alert.credit_account_id, alert.api_key_id, alert.percent desc
    ) as last
    where not exists (
      select from dismissed_budget_alert where alert_id = last.id and user_id = ${userId}
    )
    order by percent desc, created_at desc
    limit 20`.execute(db);
  return rows;
}

/** @returns whether there is such an alert */
export async function dismissBudgetAlert(db: Kysely<Database>, userId: string, id: string): Promise<boolean> {
  const { rows } = await sql`
    with dismissed as (
      insert into dismissed_budget_alert (alert_id, user_id)
      select id, ${userId} from budget_alert where id = ${id}::uuid
      on conflict do nothing
    )
    select id from budget_alert where id = ${id}::uuid`.execute(db);
  return rows.length > 0;
}

/** An alert to be delivered, and which try it is, from 1. */
export interface ClaimedAlert extends BudgetAlertRow {
  attempts: number;
}

/**
 * Takes the oldest alert that is to be delivered now, so that no other process tries it for `claimMs`. Alerts older than
 * a week are of no use any more. The claim waits for the one of its mail, which must not hide the alert from it.
 */
export async function claimUndeliveredAlert(db: Kysely<Database>, claimMs: number): Promise<ClaimedAlert | undefined> {
  const { rows } = await sql<ClaimedAlert>`
    with claimed as (
      update budget_alert set
        attempts = attempts + 1, next_attempt_at = clock_timestamp() + ${claimMs} * interval '1 millisecond'
      where id = (
        select id from budget_alert
        where delivered_at is null and next_attempt_at <= clock_timestamp() and created_at > now() - interval '7 days'
        order by created_at limit 1 for update
      )
      returning *
    )
    select ${columns}, alert.spent, alert.attempts from claimed alert ${named}`.execute(db);
  return rows[0];
}

export async function setAlertDelivered(db: Kysely<Database>, id: string): Promise<void> {
  await db.updateTable('budget_alert').set({ delivered_at: new Date() }).where('id', '=', id).execute();
}

/** Marks all alerts as delivered: nobody is told of them. */
export async function setAllDelivered(db: Kysely<Database>): Promise<void> {
  await db.updateTable('budget_alert').set({ delivered_at: new Date() }).where('delivered_at', 'is', null).execute();
}

export async function postponeAlert(db: Kysely<Database>, id: string, ms: number): Promise<void> {
  await db
    .updateTable('budget_alert')
    .set({ next_attempt_at: sql<Date>`clock_timestamp() + ${ms} * interval '1 millisecond'` })
    .where('id', '=', id)
    .execute();
}

/** An alert to be mailed. */
export interface MailedAlert extends BudgetAlertRow {
  /** Of the owners of the account or the key, or of the admins. */
  addresses: string[];
}

/** Takes an alert of the last day that nobody was mailed about: no other process gets it. */
export async function claimUnmailedAlert(db: Kysely<Database>): Promise<MailedAlert | undefined> {
  const { rows } = await sql<MailedAlert>`
    with claimed as (
      update budget_alert set mailed_at = clock_timestamp()
      where id = (
        select id from budget_alert
        where mailed_at is null and created_at > now() - interval '1 day' and not ${isHeldBack('budget_alert')}
        order by created_at, percent limit 1 for update
      )
      returning *
    )
    select ${columns}, ${shownSpent}, array(
      select email from "user" where not suspended and guest_key is null and (
        id = account.user_id or id = api_key.user_id or id in (${teamOwners}) or (role = 'ADMIN' and ${isForAdmins})
      ) limit 100
    ) as addresses
    from claimed alert ${named}`.execute(db);
  return rows[0];
}

/** The credits that all accounts together were charged this month, without what they hold. */
export async function findMonthlyCharges(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ charged: number }>`
    select least(coalesce(sum(charged), 0), 9007199254740991)::bigint as charged
    from credit_account where charged_month >= ${currentMonth}`.execute(db);
  return rows[0]?.charged ?? 0;
}
