import { type Kysely, sql, type Transaction } from 'kysely';
import { countAuditEntry, insertAuditEntry } from './audit.ts';
import type { ApiKeyScope, Role, TierId, UserTable } from './auth-tables.ts';
import { prepare } from './connection/prepared.ts';
import { execute } from './connection/statement.ts';
import type { Database } from './database.ts';
import { deleteLinksThatOpen, isConfirmationDue } from './people/one-time-links.ts';
import { setSessionUsed } from './people/sessions.ts';
import { deleteApiKeys } from './programs/api-keys.ts';
import { lockUser } from './users.ts';

/** A signed-in user who is not suspended, and the session or API key of the request. */
export interface SessionUserRow {
  id: string;
  email: string;
  name: string;
  role: Role;
  tier: TierId;
  /** The session of a browser; null for an API key. */
  sessionId: string | null;
  /** The API key's scopes; null for a session, which may do all that the user may. */
  scopes: ApiKeyScope[] | null;
  /** The API key's own limits; null for a session. */
  apiKey: {
    id: string;
    monthlyCredits: number | null;
    modelIds: string[] | null;
    payer: { teamId: string } | null;
  } | null;
  /** When the session or the key ends by itself; null: never. */
  expiresAt: Date | null;
}

/** The queries of http/auth/ that better-auth does not make itself. */
export function createAccountStore(db: Kysely<Database>) {
  return {
    findUserBySession: (token: string) => findUserBySession(db, token),
    findUserByApiKey: (hash: string) => findUserByApiKey(db, hash),
    isUserSuspended: (userId: string) => isUserSuspended(db, userId),
    isConfirmationDue: (userId: string) => isConfirmationDue(db, userId),
    findCredentialsEpoch: (of: { email: string } | { userId: string }) => findCredentialsEpoch(db, of),
    isRefusedSession,
    deleteExpiredSessions: (userId: string) => deleteExpiredSessions(db, userId),
    deleteHalfMadeUsers: (like: { email: string; invitationId: string | null }) => deleteHalfMadeUsers(db, like),
    changePassword: (change: PasswordChange) => db.transaction().execute((trx) => changePassword(trx, change)),
    noteAct: ({ action, of, address }: NotedAct) =>
      countAuditEntry(db, { action, of, note: address === '' ? null : `from ${address}` }),
  };
}

/** Finds the user of a session, and notes the session's use at most once in five minutes. */
async function findUserBySession(db: Kysely<Database>, token: string): Promise<SessionUserRow | null> {
  const [row] = await execute(db, findUserBySessionStatement({ token }));
  if (!row) return null;
  const { unnoted, ...user } = row;
  if (unnoted) await setSessionUsed(db, user.sessionId);
  return { ...user, scopes: null, apiKey: null };
}

const findUserBySessionStatement = prepare((db, { token }: { token: string }) =>
  db
    .selectFrom('session')
    .innerJoin('user', 'user.id', 'session.user_id')
    .select([...userColumns, 'session.id as sessionId', 'session.expires_at as expiresAt'])
    .select(sql<boolean>`session.last_used_at < now() - interval '5 minutes'`.as('unnoted'))
    .where('session.token', '=', token)
    .where('session.expires_at', '>', sql<Date>`now()`)
    .where('user.suspended', '=', false),
);

const userColumns = [
  'user.id',
  'user.email',
  'user.name',
  'user.role',
  'user.tier',
] as const satisfies `user.${keyof UserTable}`[];

/**
 * Finds the user of an API key, and notes the key's use at most once a minute: a write per request would be too many.
 *
 * @param hash SHA-256 of the whole key, in base64url
 */
async function findUserByApiKey(db: Kysely<Database>, hash: string): Promise<SessionUserRow | null> {
  const row = await db
    .selectFrom('api_key')
    .innerJoin('user', 'user.id', 'api_key.user_id')
    .select([...userColumns, 'api_key.scopes', 'api_key.expires_at as expiresAt'])
    .select(['api_key.id as keyId', 'api_key.monthly_credits as monthlyCredits', 'api_key.model_ids as modelIds'])
    .select('api_key.payer_team_id as teamId')
    .select(sql<boolean>`coalesce(api_key.last_request < now() - interval '1 minute', true)`.as('unnoted'))
    .where('api_key.key', '=', hash)
    .where(sql<boolean>`api_key.enabled is not false and coalesce(api_key.expires_at > now(), true)`)
    .where('user.suspended', '=', false)
    .executeTakeFirst();
  if (!row) return null;
  const { keyId, monthlyCredits, modelIds, teamId, unnoted, ...user } = row;
  if (unnoted) await db.updateTable('api_key').set({ last_request: sql`now()` }).where('id', '=', keyId).execute();
  return {
    ...user,
    sessionId: null,
    apiKey: { id: keyId, monthlyCredits, modelIds, payer: teamId === null ? null : { teamId } },
  };
}

async function isUserSuspended(db: Kysely<Database>, userId: string): Promise<boolean> {
  const row = await db.selectFrom('user').select('suspended').where('id', '=', userId).executeTakeFirst();
  return row?.suspended ?? false;
}

/** @returns null: there is no such user */
async function findCredentialsEpoch(
  db: Kysely<Database>,
  of: { email: string } | { userId: string },
): Promise<number | null> {
  const [column, value] = 'email' in of ? (['email', of.email] as const) : (['id', of.userId] as const);
  const row = await db.selectFrom('user').select('credentials_epoch').where(column, '=', value).executeTakeFirst();
  return row?.credentials_epoch ?? null;
}

async function deleteExpiredSessions(db: Kysely<Database>, userId: string): Promise<void> {
  await db.deleteFrom('session').where('user_id', '=', userId).where('expires_at', '<', sql<Date>`now()`).execute();
}

/**
 * Deletes users whose sign-up was killed between its two inserts, the user and the password, which have no transaction
 * around them. Such a user would keep its address and its place in an invitation from ever being used, and as a
 * server's first user would keep everybody out. Users younger than a minute stay: their sign-up may still be under way.
 */
export async function deleteHalfMadeUsers(
  db: Kysely<Database>,
  { email, invitationId }: { email: string; invitationId: string | null },
): Promise<void> {
  const nobodySignedUp = sql<boolean>`not exists (select from account)`;
  const inTheWay = db
    .selectFrom('user')
    .select('id')
    .where('email', '=', email)
    .unionAll(db.selectFrom('user').select('id').where('invitation_id', '=', invitationId))
    .unionAll(db.selectFrom('user').select('id').where(nobodySignedUp));
  const isOf = (table: 'account' | 'credit_account') => sql<boolean>`
    exists (select from ${sql.table(table)} as own where own.user_id = "user".id)`;
  await db
    .with('gone', (db) =>
      db
        .deleteFrom('user')
        .where('id', 'in', inTheWay)
        .where('created_at', '<', sql<Date>`now() - interval '1 minute'`)
        .where('guest_key', 'is', null)
        .where(({ not }) => not(isOf('account')))
        // An admin who looks at a user gives it a credit account, and credit accounts are never deleted.
        .where(({ not }) => not(isOf('credit_account')))
        .returning('invitation_id'),
    )
    .with('places', (db) =>
      db
        .selectFrom('gone')
        .select((eb) => ['invitation_id', eb.fn.countAll<number>().as('count')])
        .where('invitation_id', 'is not', null)
        .groupBy('invitation_id'),
    )
    .updateTable('invitation')
    .from('places')
    .set({ uses: sql`uses - places.count` })
    .whereRef('invitation.id', '=', 'places.invitation_id')
    .execute();
}

/**
 * Inserts a user's first password as better-auth keeps it.
 *
 * @param hash made by better-auth's `hashPassword`
 */
export async function insertPasswordHash(
  trx: Transaction<Database>,
  { id, userId, hash }: { id: string; userId: string; hash: string },
): Promise<void> {
  await trx
    .insertInto('account')
    .values({ id, user_id: userId, provider_id: 'credential', account_id: userId, password: hash })
    .execute();
}

interface NotedAct {
  action: string;
  of: { email: string } | { userId: string };
  address: string;
}

interface PasswordChange {
  userId: string;
  hash: string;
  revokeApiKeys: boolean;
  /** The user's count at the beginning of the request. */
  credentialsEpoch: number;
}

/**
 * Changes the password at the member's own wish. better-auth takes care of the sessions.
 *
 * @returns the count that a session made by this request has to name; null: nothing was changed, since somebody else has
 * changed the ways to sign in meanwhile
 */
async function changePassword(
  trx: Transaction<Database>,
  { userId, hash, revokeApiKeys, credentialsEpoch }: PasswordChange,
): Promise<number | null> {
  const user = await lockUser(trx, userId);
  if (user?.credentialsEpoch !== credentialsEpoch) return null;
  await setPasswordHash(trx, userId, hash);
  const revoked = revokeApiKeys ? await deleteApiKeys(trx, userId) : 0;
  const note = revoked > 0 ? `API keys revoked: ${revoked}` : null;
  await insertAuditEntry(trx, { actor_id: userId, action: 'changePassword', target: user.email, note });
  return endSignInsUnderWay(trx, userId);
}

/**
 * Replaces the user's password hash, which better-auth's `hashPassword` makes. Sessions and API keys stay.
 *
 * @returns whether the user has a password
 */
export async function setPasswordHash(trx: Transaction<Database>, userId: string, hash: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('account')
    .set({ password: hash, updated_at: sql`now()` })
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Ends all sessions of a user who is locked, and sign-ins that are under way: those that still hash the password, and
 * those that are asked for a code.
 */
export async function deleteSessions(trx: Transaction<Database>, userId: string): Promise<void> {
  await endSignInsUnderWay(trx, userId);
  await trx.deleteFrom('session').where('user_id', '=', userId).execute();
}

/** Keeps every request that has begun from making a session. @returns the count for those that begin now */
async function endSignInsUnderWay(trx: Transaction<Database>, userId: string): Promise<number> {
  const { credentials_epoch } = await trx
    .updateTable('user')
    .set({ credentials_epoch: sql`credentials_epoch + 1` })
    .where('id', '=', userId)
    .returning('credentials_epoch')
    .executeTakeFirstOrThrow();
  // These are better-auth's questions for a code, and links that set a new password or lead to another address.
  await trx.deleteFrom('verification').where('value', '=', userId).execute();
  await deleteLinksThatOpen(trx, userId);
  return credentials_epoch;
}

/**
 * Whether the database refused to insert a session, because its user was suspended or the ways to sign in have changed
 * (migration 0022_credentials).
 */
export function isRefusedSession(error: unknown): boolean {
  return ((error ?? {}) as { code?: unknown }).code === '23001';
}
