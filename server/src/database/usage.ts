import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';

export type UsageGroup = 'DAY' | 'MODEL' | 'PROVIDER' | 'USER';

export interface UsageFilter {
  /** Null: everybody. */
  userId: string | null;
  /** Inclusive. */
  from: Date | null;
  /** Exclusive. */
  to: Date | null;
}

export interface UsageSum {
  /** The day (`2026-01-31`, UTC), model, provider or user that the row is about; null in a total. */
  key: string | null;
  responses: number;
  /** Of those, how many ended FAILED. */
  failures: number;
  inputTokens: number;
  outputTokens: number;
  credits: number;
  /** A decimal. */
  costUsd: string;
}

const keys = {
  DAY: sql<string>`to_char(created_at at time zone 'UTC', 'YYYY-MM-DD')`,
  MODEL: sql<string>`model_id`,
  PROVIDER: sql<string>`provider_id`,
  USER: sql<string>`user_id`,
};

/** By group, days newest first, the others by credits. */
export async function sumUsage(db: Kysely<Database>, filter: UsageFilter, group: UsageGroup): Promise<UsageSum[]> {
  return selectSums(db, filter)
    .select(keys[group].as('key'))
    .groupBy('key')
    .orderBy(group === 'DAY' ? 'key' : 'credits', 'desc')
    .execute();
}

export async function sumAllUsage(db: Kysely<Database>, filter: UsageFilter): Promise<UsageSum> {
  return selectSums(db, filter).select(sql<null>`null`.as('key')).executeTakeFirstOrThrow();
}

function selectSums(db: Kysely<Database>, filter: UsageFilter) {
  return selectReceipts(db, filter).select([
    sql<number>`count(*)`.as('responses'),
    sql<number>`count(*) filter (where status = 'FAILED')`.as('failures'),
    sql<number>`coalesce(sum(input_tokens + cached_input_tokens + cache_write_input_tokens), 0)::bigint`.as(
      'inputTokens',
    ),
    sql<number>`coalesce(sum(output_tokens + reasoning_tokens), 0)::bigint`.as('outputTokens'),
    sql<number>`coalesce(sum(credits), 0)::bigint`.as('credits'),
    sql<string>`coalesce(sum(cost_usd), 0)`.as('costUsd'),
  ]);
}

/** Median time to the first token, by the same keys; null where no response of a group had one. */
export async function medianFirstTokens(
  db: Kysely<Database>,
  filter: UsageFilter,
  group: UsageGroup | null,
): Promise<{ key: string | null; medianMs: number | null }[]> {
  const median = sql<number | null>`percentile_disc(0.5) within group (order by first_token_ms)`.as('medianMs');
  const select = selectReceipts(db, filter).select(median);
  if (group === null) return select.select(sql<null>`null`.as('key')).execute();
  return select.select(keys[group].as('key')).groupBy('key').execute();
}

function selectReceipts(db: Kysely<Database>, { userId, from, to }: UsageFilter) {
  return db
    .selectFrom('receipt')
    .$if(userId !== null, (select) => select.where('user_id', '=', userId as string))
    .$if(from !== null, (select) => select.where('created_at', '>=', from as Date))
    .$if(to !== null, (select) => select.where('created_at', '<', to as Date));
}
