import { CompiledQuery, type Kysely } from 'kysely';
import type { Logger } from 'pino';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Database } from './database.ts';

const sweepMs = 60_000;

/**
 * Makes limiters that count attempts in the database, and so for all processes together. While the database cannot be
 * reached, each process counts for itself: it neither lets everything through nor keeps everybody out.
 */
export function createLimiterMaker(db: Kysely<Database>, log: Logger) {
  let sweepAt = performance.now() + sweepMs;

  /**
   * Deletes expired counts at most once a minute, so that the table holds little more than the attempts of current
   * windows.
   */
  async function sweep(): Promise<void> {
    if (performance.now() < sweepAt) return;
    sweepAt = performance.now() + sweepMs;
    await db.deleteFrom('attempt_count').where('expire', '<', Date.now()).execute();
  }

  const storeClient = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      try {
        const { rows, numAffectedRows } = await db.executeQuery(CompiledQuery.raw(text, values));
        await sweep();
        return { rows, rowCount: Number(numAffectedRows ?? rows.length) };
      } catch (error) {
        log.warn({ err: error }, 'Attempts cannot be counted in the database; this process counts for itself.');
        throw error;
      }
    },
  };
  return (options: { keyPrefix: string; points: number; duration: number }) =>
    new RateLimiterPostgres({
      ...options,
      storeClient,
      storeType: 'client',
      tableName: 'attempt_count',
      tableCreated: true,
      clearExpiredByTimeout: false,
      insuranceLimiter: new RateLimiterMemory(options),
    });
}
