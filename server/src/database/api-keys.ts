import type { Kysely, Transaction } from 'kysely';
import type { ApiKeyScope } from './auth-tables.ts';
import type { Database } from './database.ts';

export interface ApiKeyRow {
  id: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  scopes: ApiKeyScope[];
  /** Null: it does not expire. */
  expiresAt: Date | null;
  createdAt: Date;
  lastUsedAt: Date | null;
}

/** All API keys of the user, newest first, expired ones included. */
export async function findApiKeys(db: Kysely<Database>, userId: string): Promise<ApiKeyRow[]> {
  return selectApiKeys(db, userId).orderBy('created_at', 'desc').execute();
}

export async function findApiKeysById(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ApiKeyRow[]> {
  return selectApiKeys(db, userId).where('id', 'in', ids).execute();
}

function selectApiKeys(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('api_key')
    .select(['id', 'scopes', 'expires_at as expiresAt', 'created_at as createdAt', 'last_request as lastUsedAt'])
    .select(({ fn, val }) => [fn.coalesce('name', val('')).as('name'), fn.coalesce('start', val('')).as('prefix')])
    .where('user_id', '=', userId);
}

/** Counts the user's API keys, expired ones included. */
export async function countApiKeys(db: Kysely<Database>, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom('api_key')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** `hash`: SHA-256 of the whole key, in base64url. */
export async function insertApiKey(
  trx: Transaction<Database>,
  key: Pick<ApiKeyRow, 'id' | 'name' | 'prefix' | 'scopes' | 'expiresAt'> & { userId: string; hash: string },
): Promise<void> {
  const now = new Date();
  await trx
    .insertInto('api_key')
    .values({
      id: key.id,
      user_id: key.userId,
      config_id: 'default',
      name: key.name,
      start: key.prefix,
      key: key.hash,
      enabled: true,
      scopes: key.scopes,
      expires_at: key.expiresAt,
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** @returns undefined if the user has no such key */
export async function deleteApiKey(
  trx: Transaction<Database>,
  userId: string,
  id: string,
): Promise<{ name: string | null; start: string | null } | undefined> {
  return trx
    .deleteFrom('api_key')
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returning(['name', 'start'])
    .executeTakeFirst();
}

/** @returns how many there were */
export async function deleteApiKeys(trx: Transaction<Database>, userId: string): Promise<number> {
  const { numDeletedRows } = await trx.deleteFrom('api_key').where('user_id', '=', userId).executeTakeFirst();
  return Number(numDeletedRows);
}
