import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { ApiKeyScope } from '../auth-tables.ts';
import type { Database } from '../database.ts';
import { hiddenChargesOfKey } from '../judging/hidden-turns.ts';
import { chargedThisMonth } from './key-spending.ts';

export interface ApiKeyRow {
  id: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  scopes: ApiKeyScope[];
  /** Null: it does not expire. */
  expiresAt: Date | null;
  createdAt: Date;
  /** Exact to a minute. */
  lastUsedAt: Date | null;
  /** The credits that may be spent with the key in a calendar month (UTC); null: no limit. */
  monthlyCredits: number | null;
  /** The models that the key may ask; null: all. */
  modelIds: string[] | null;
  /** The team that pays for all that the key asks; null: as each request says. */
  payerTeamId: string | null;
  /** The credits that were charged this month for what the key asked, without hidden turns. */
  spentThisMonth: number;
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
    .select(['monthly_credits as monthlyCredits', 'model_ids as modelIds'])
    .select(sql<number>`greatest(0, ${chargedThisMonth} - ${hiddenChargesOfKey})`.as('spentThisMonth'))
    .select('payer_team_id as payerTeamId')
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

export type NewApiKey = Omit<ApiKeyRow, 'createdAt' | 'lastUsedAt' | 'spentThisMonth'> & {
  userId: string;
  /** SHA-256 of the whole key, in base64url. */
  hash: string;
};

export async function insertApiKey(trx: Transaction<Database>, key: NewApiKey): Promise<void> {
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
      monthly_credits: key.monthlyCredits,
      model_ids: key.modelIds,
      payer_team_id: key.payerTeamId,
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
): Promise<{ name: string; start: string } | undefined> {
  const [deleted] = await deleteKeeping(trx, sql`user_id = ${userId} and id = ${id}`);
  return deleted;
}

/** @returns how many there were */
export async function deleteApiKeys(trx: Transaction<Database>, userId: string): Promise<number> {
  return (await deleteKeeping(trx, sql`user_id = ${userId}`)).length;
}

/** Deletes keys, and keeps the names of those that were used: only they can be in a report. */
async function deleteKeeping(trx: Transaction<Database>, which: RawBuilder<unknown>) {
  const { rows } = await sql<{ name: string; start: string }>`
    with deleted as (
      delete from api_key where ${which}
      returning id, user_id, coalesce(name, '') as name, coalesce(start, '') as start, last_request
    ), kept as (
      insert into revoked_api_key (id, user_id, name, start)
      select id, user_id, name, start from deleted where last_request is not null
    )
    select name, start from deleted`.execute(trx);
  return rows;
}

/** A key by which something was asked, whether or not it has been revoked since. */
export interface KnownKeyRow {
  id: string;
  userId: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  revoked: boolean;
}

/** Finds keys by their ids, whosever they are. */
export async function findKnownKeys(db: Kysely<Database>, ids: readonly string[]): Promise<KnownKeyRow[]> {
  const present = db
    .selectFrom('api_key')
    .select(['id', 'user_id as userId'])
    .select(({ fn, val }) => [fn.coalesce('name', val('')).as('name'), fn.coalesce('start', val('')).as('prefix')])
    .select(sql<boolean>`false`.as('revoked'))
    .where('id', 'in', ids);
  const revoked = db
    .selectFrom('revoked_api_key')
    .select(['id', 'user_id as userId', 'name', 'start as prefix'])
    .select(sql<boolean>`true`.as('revoked'))
    .where('id', 'in', ids);
  return present.unionAll(revoked).execute();
}
