import { sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';

/** Makes Postgres cancel each later statement of the transaction after this many seconds; 0: never. */
export async function limitStatements(trx: Transaction<Database>, seconds: number): Promise<void> {
  await sql`select set_config('statement_timeout', ${`${seconds}s`}, true)`.execute(trx);
}

/** Whether Postgres cancelled the statement because it took too long. */
export function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '57014';
}
