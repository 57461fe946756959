import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** API keys in force that end by themselves within so many days, the next first. */
export async function findExpiringKeys(
  db: Kysely<Database>,
  { days, limit }: { days: number; limit: number },
): Promise<{ subject: string; at: Date }[]> {
  const rows = await db
    .selectFrom('api_key')
    .innerJoin('user', 'user.id', 'api_key.user_id')
    .select(['api_key.name', 'user.email', 'api_key.expires_at'])
    .where('api_key.enabled', '=', true)
    .where('api_key.expires_at', '>', sql<Date>`now()`)
    .where('api_key.expires_at', '<', sql<Date>`now() + make_interval(days => ${days}::int)`)
    .orderBy('api_key.expires_at')
    .limit(limit)
    .execute();
  return rows.map(({ name, email, expires_at }) => ({
    subject: `${name ?? 'API key'} (${email})`,
    at: expires_at as Date,
  }));
}
