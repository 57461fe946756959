import { type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import type { Database } from '../../src/database/database.ts';

/**
 * Returns what an auditor would find wrong with the books, from the tables alone, in one snapshot. Empty: the books
 * reconcile.
 */
export async function findDiscrepancies(db: Kysely<Database>): Promise<string[]> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const findings: string[] = [];
      for (const [rule, query] of Object.entries(violations)) {
        const { rows } = await query.execute(trx);
        findings.push(...rows.map((row) => `${rule}: ${JSON.stringify(row)}`));
      }
      return findings;
    });
}

export async function expectReconciled(db: Kysely<Database>): Promise<void> {
  expect(await findDiscrepancies(db)).toEqual([]);
}

/** Each query returns the rows that break its rule. */
const violations = {
  'the entries of an account add up to its balance': sql`
    select id, balance, coalesce(entered, 0) as entered
    from credit_account left join (
      select credit_account_id as id, sum(amount) as entered from credit_entry group by credit_account_id
    ) as entries using (id)
    where balance <> coalesce(entered, 0)`,

  'what is held is covered': sql`
    select id, balance, held from credit_account where held < 0 or held > balance`,

  'what is held is what live responses hold': sql`
    select id, held, coalesce(live, 0) as live
    from credit_account full join (
      select credit_account_id as id, sum(credits_held) as live from response where lease_until is not null group by credit_account_id
    ) as responses using (id)
    where held is distinct from coalesce(live, 0)`,

  'what an account was charged in its last month is what its entries of that month say': sql`
    select id, charged_month, charged, coalesce(entered, 0) as entered
    from credit_account left join lateral (
      select -sum(amount) as entered from credit_entry
      where credit_account_id = credit_account.id and kind = 'CHARGE'
        and date_trunc('month', created_at at time zone 'UTC') = charged_month
    ) as entries on true
    where charged <> coalesce(entered, 0)`,

  'what an API key was charged in its last month is what its receipts of that month say': sql`
    select api_key.id, charged_month, charged, coalesce(received, 0) as received
    from api_key left join lateral (
      select sum(credits) as received from receipt
      where api_key_id = api_key.id and date_trunc('month', created_at at time zone 'UTC') = charged_month
    ) as receipts on true
    where charged <> coalesce(received, 0)`,

  'an API key has spent and holds at most its limit': sql`
    select api_key.id, monthly_credits, charged, live
    from api_key left join lateral (
      select sum(credits_held) as live from response where api_key_id = api_key.id and lease_until is not null
    ) as responses on true
    where charged + coalesce(live, 0) > monthly_credits`,

  'what a member was charged in a team’s last month is what its receipts of that month say': sql`
    select team_member.team_id, team_member.user_id, team_member.charged_month, team_member.charged,
      coalesce(received, 0) as received
    from team_member
      join credit_account using (team_id)
      left join lateral (
        select sum(credits) as received from receipt
        where credit_account_id = credit_account.id and user_id = team_member.user_id
          and date_trunc('month', created_at at time zone 'UTC') = team_member.charged_month
      ) as receipts on true
    where team_member.charged <> coalesce(received, 0)`,

  'a member of a team has spent and holds at most what it allows': sql`
    select team_member.team_id, team_member.user_id, member_monthly_credits, team_member.charged, live
    from team_member
      join team on team.id = team_member.team_id
      join credit_account on credit_account.team_id = team.id
      left join lateral (
        select sum(credits_held) as live from response
        where credit_account_id = credit_account.id and user_id = team_member.user_id and lease_until is not null
      ) as responses on true
    where team_member.charged + coalesce(live, 0) > member_monthly_credits`,

  'a team pays for those alone who are or were in it': sql`
    select receipt.response_id, receipt.user_id, credit_account.team_id
    from receipt join credit_account on credit_account.id = receipt.credit_account_id
      left join team_member on team_member.team_id = credit_account.team_id and team_member.user_id = receipt.user_id
    where credit_account.team_id is not null and team_member.user_id is null`,

  'each entry begins where the one before it ended': sql`
    select * from (
      select id, credit_account_id, amount, balance_after,
        coalesce(lag(balance_after) over (partition by credit_account_id order by id), 0) as balance_before
      from credit_entry
    ) as chain
    where balance_before + amount <> balance_after`,

  'the ended steps of an answer add up to its receipt': sql`
    select response_id, receipt.credits, sum(step.credits) as steps
    from receipt join response_step step using (response_id)
    where step.duration_ms is not null
    group by response_id, receipt.credits
    having sum(step.credits) <> receipt.credits`,

  'a final response has its one receipt, a live or imported one has none': sql`
    select response.id, response.status, response.credits_charged, receipt.credits
    from response
      left join receipt on receipt.response_id = response.id
      left join turn on turn.id = response.turn_id
      left join imported_response on imported_response.response_id = response.id
    where (
      lease_until is null and imported_response.response_id is null and not (coalesce(imported, false) and not regenerated)
    ) <> (receipt.response_id is not null)
      or response.credits_charged is distinct from coalesce(receipt.credits, case when imported then 0 end)
      or (receipt.response_id is not null and response.credits_held <> receipt.credits_held)
      or (receipt.response_id is not null and response.status <> receipt.status)
      or receipt.credit_account_id <> response.credit_account_id
      or (receipt.response_id is not null and receipt.api_key_id is distinct from response.api_key_id)`,

  'an account that no team owns is paid from by its member alone': sql`
    select receipt.response_id, receipt.user_id, credit_account.user_id as owner
    from receipt join credit_account on credit_account.id = receipt.credit_account_id
    where credit_account.user_id <> receipt.user_id`,

  'a receipt is what was charged, at most what was held': sql`
    select receipt.response_id, credits, charged, receipt.credits_held
    from receipt left join (
      select response_id, credit_account_id, -sum(amount) as charged, count(*) as entries
      from credit_entry where kind = 'CHARGE' group by response_id, credit_account_id
    ) as charges on charges.response_id = receipt.response_id and charges.credit_account_id = receipt.credit_account_id
    where credits <> coalesce(charged, 0) or coalesce(entries, 1) <> 1 or credits > receipt.credits_held`,

  'nothing is charged without a receipt': sql`
    select credit_entry.* from credit_entry left join receipt using (response_id)
    where kind = 'CHARGE' and receipt.response_id is null`,

  'a charge is what its tokens cost, rounded up once, and its tools, or the hold': sql`
    select * from (
      select response_id, status, credits, credits_held,
        input_tokens + cached_input_tokens + cache_write_input_tokens + output_tokens + reasoning_tokens as tokens,
        least(credits_held, request_price + ceil((
          input_tokens::numeric * input_price + cached_input_tokens::numeric * cached_input_price
          + cache_write_input_tokens::numeric * cache_write_input_price
          + (output_tokens + reasoning_tokens)::numeric * output_price
        ) / 1000000) + (
          select coalesce(sum(step.credits), 0) from response_step step
          where step.response_id = receipt.response_id and step.kind = 'TOOL'
        )) as due
      from receipt where not cost_reported
    ) as priced
    where credits <> due and not (tokens = 0 and credits = 0)`,

  'a charge that the provider told is what it told, rounded up once, or the hold': sql`
    select response_id, credits, credits_held, cost_usd from receipt
    where cost_reported and credits <> least(credits_held, ceil(cost_usd * 1000000))`,

  'a settled response leaves nothing in the journal': sql`
    select response_chunk.response_id from response_chunk
    left join response on response.id = response_chunk.response_id
    where response.lease_until is null`,
} as const;
