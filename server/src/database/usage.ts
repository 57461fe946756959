import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';
import { hiddenResponsesOfAccount, hiddenResponsesOfUser } from './judging/hidden-turns.ts';
import { HOUSE } from './money/house.ts';

export type UsageGroup = 'DAY' | 'MODEL' | 'PROVIDER' | 'USER' | 'KEY' | 'PAYER';

export interface UsageFilter {
  /** Null: everybody. */
  userId: string | null;
  /** What a team paid for; null: whoever paid. */
  teamId: string | null;
  /** Inclusive. */
  from: Date | null;
  /** Exclusive. */
  to: Date | null;
}

export interface UsageSum {
  /**
   * The day (`2026-01-31`, UTC), model, provider, user, API key or team that the row is about, or HOUSE for what the house
   * asked and paid; null in a total, for what was asked without a key, and for what members paid themselves.
   */
  key: string | null;
  responses: number;
  /** How many of the responses ended FAILED. */
  failures: number;
  inputTokens: number;
  outputTokens: number;
  credits: number;
  /** A decimal. */
  costUsd: string;
}

const keys = {
  DAY: sql<string>`(receipt.created_at at time zone 'UTC')::date`,
  MODEL: sql<string>`model_id`,
  PROVIDER: sql<string>`provider_id`,
  USER: sql<string>`coalesce(receipt.user_id, ${sql.lit(HOUSE)})`,
  KEY: sql<string>`api_key_id`,
  PAYER: sql<string>`case when credit_account.house then ${sql.lit(HOUSE)} else credit_account.team_id::text end`,
};

/**
 * Sums the receipts by group (days newest first, other groups by credits, most first) and in total. A member's and a team's
 * lack those of hidden turns; everybody's have all.
 */
export async function sumUsage(
  db: Kysely<Database>,
  filter: UsageFilter,
  group: UsageGroup,
): Promise<{ rows: UsageSum[]; total: UsageSum }> {
  const sums = selectReceipts(db, filter, group)
    .select(keys[group].as('key'))
    .select([
      sql<number>`count(*)`.as('responses'),
      sql<number>`count(*) filter (where status = 'FAILED')`.as('failures'),
      sql<number>`sum(input_tokens + cached_input_tokens + cache_write_input_tokens)`.as('input_tokens'),
      sql<number>`sum(output_tokens + reasoning_tokens)`.as('output_tokens'),
      sql<number>`sum(credits)`.as('credits'),
      sql<string>`sum(cost_usd)`.as('cost_usd'),
    ])
    .groupBy('key');
  // The total is the sum of the groups, so that the receipts are read only once, and in parallel where Postgres can.
  const { rows } = await sql<UsageSum & { isTotal: boolean }>`
    with sums as materialized (${sums})
    select ${group === 'DAY' ? sql`to_char(key, 'YYYY-MM-DD')` : sql`key::text`} as key, false as "isTotal", responses, failures,
      input_tokens::bigint as "inputTokens", output_tokens::bigint as "outputTokens", credits::bigint,
      cost_usd as "costUsd"
    from sums
    union all
    select null, true, coalesce(sum(responses), 0)::bigint, coalesce(sum(failures), 0)::bigint,
      coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(credits), 0)::bigint,
      coalesce(sum(cost_usd), 0)
    from sums
    order by "isTotal" desc, ${group === 'DAY' ? sql`key` : sql`credits`} desc`.execute(db);
  const [total, ...groups] = rows.map(({ isTotal, ...row }) => row);
  return { rows: groups, total: total as UsageSum };
}

/** Median time to the first token, by the same keys as `sumUsage`; null if no response of a group had one. */
export async function medianFirstTokens(
  db: Kysely<Database>,
  filter: UsageFilter,
  group: UsageGroup | null,
): Promise<{ key: string | null; medianMs: number | null }[]> {
  const median = sql<number | null>`percentile_disc(0.5) within group (order by first_token_ms)`.as('medianMs');
  const select = selectReceipts(db, filter, group).select(median);
  if (group === null) return select.select(sql<null>`null`.as('key')).execute();
  // A date arrives as a string like 2026-01-31.
  return select.select(keys[group].as('key')).groupBy('key').execute();
}

function selectReceipts(db: Kysely<Database>, { userId, teamId, from, to }: UsageFilter, group: UsageGroup | null) {
  const account = db.selectFrom('credit_account').select('id').where('team_id', '=', teamId);
  const notIn = (hidden: RawBuilder<string>) => sql<boolean>`receipt.response_id not in ${hidden}`;
  return db
    .selectFrom('receipt')
    .$if(group === 'PAYER', (select) =>
      select.innerJoin('credit_account', 'credit_account.id', 'receipt.credit_account_id'),
    )
    .$if(userId !== null, (select) => select.where('receipt.user_id', '=', userId as string))
    .$if(userId !== null, (select) => select.where(notIn(hiddenResponsesOfUser(userId as string))))
    .$if(teamId !== null, (select) => select.where('receipt.credit_account_id', '=', account))
    .$if(teamId !== null, (select) => select.where(notIn(hiddenResponsesOfAccount(sql`(${account})`))))
    .$if(from !== null, (select) => select.where('receipt.created_at', '>=', from as Date))
    .$if(to !== null, (select) => select.where('receipt.created_at', '<', to as Date));
}
