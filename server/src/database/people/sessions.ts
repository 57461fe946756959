import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

export interface SessionRow {
  id: string;
  userAgent: string | null;
  address: string | null;
  createdAt: Date;
  /** Exact to five minutes. */
  lastUsedAt: Date;
  expiresAt: Date;
}

function selectSessions(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('session')
    .select(['id', 'user_agent as userAgent', 'ip_address as address'])
    .select(['created_at as createdAt', 'last_used_at as lastUsedAt', 'expires_at as expiresAt'])
    .where('user_id', '=', userId)
    .where('expires_at', '>', sql<Date>`now()`);
}

/** The user's sessions that have not expired, the one that was used last first. */
export async function findSessions(db: Kysely<Database>, userId: string, limit: number): Promise<SessionRow[]> {
  return selectSessions(db, userId).orderBy('last_used_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** @returns the session; undefined if the user has no such session */
export async function deleteSession(
  trx: Kysely<Database>,
  userId: string,
  id: string,
): Promise<Pick<SessionRow, 'userAgent' | 'address'> | undefined> {
  return trx
    .deleteFrom('session')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning(['user_agent as userAgent', 'ip_address as address'])
    .executeTakeFirst();
}

/** Deletes all sessions of the user but one. @returns how many there were */
export async function deleteOtherSessions(trx: Kysely<Database>, userId: string, keptId: string): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('session')
    .where('user_id', '=', userId)
    .where('id', '<>', keptId)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Notes that the session is in use. */
export async function setSessionUsed(db: Kysely<Database>, id: string): Promise<void> {
  await db.updateTable('session').set({ last_used_at: sql`now()` }).where('id', '=', id).execute();
}

/** Whether the session or the API key that a request came in with is still there. */
export async function isStillGood(
  db: Kysely<Database>,
  { sessionId, apiKeyId }: { sessionId?: string | null | undefined; apiKeyId?: string | undefined },
): Promise<boolean> {
  if (sessionId == null && apiKeyId === undefined) return true;
  const found =
    apiKeyId === undefined
      ? db
          .selectFrom('session')
          .select('id')
          .where('id', '=', sessionId ?? '')
      : db.selectFrom('api_key').select('id').where('id', '=', apiKeyId);
  return (await found.executeTakeFirst()) !== undefined;
}
