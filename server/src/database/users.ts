import { type Insertable, type Kysely, sql, type Transaction } from 'kysely';
import type { Role, TierId } from './auth-tables.ts';
import type { Database } from './database.ts';

export interface UserRow {
  id: string;
  email: string;
  name: string;
  role: Role;
  tier: TierId;
  suspended: boolean;
  /** Whether signing in with the password asks for a code too. */
  twoFactor: boolean;
  /** When the account was deleted: name and address are gone then. Null: it was not. */
  deletedAt: Date | null;
  /** What a session of the user has to name (migration 0022_credentials). */
  credentialsEpoch: number;
  createdAt: Date;
}

export const userColumns = [
  'id',
  'email',
  'name',
  'role',
  'tier',
  'suspended',
  'two_factor_enabled as twoFactor',
  'deleted_at as deletedAt',
  'credentials_epoch as credentialsEpoch',
  'created_at as createdAt',
] as const;

function selectUsers(db: Kysely<Database>) {
  return db.selectFrom('user').select(userColumns);
}

/** Finds users by their ids, also those whose accounts are deleted: reports name them. */
export async function findUsers(db: Kysely<Database>, ids: readonly string[]): Promise<UserRow[]> {
  return selectUsers(db).where('id', 'in', ids).execute();
}

export async function findUserByEmail(db: Kysely<Database>, email: string): Promise<UserRow | undefined> {
  return selectUsers(db).where('email', '=', email.toLowerCase()).executeTakeFirst();
}

/** Whether there is any user beside guests. */
export async function hasUsers(db: Kysely<Database>): Promise<boolean> {
  const member = db.selectFrom('user').select('id').where('guest_key', 'is', null).limit(1);
  return (await member.executeTakeFirst()) !== undefined;
}

/** Whether any sign-up has been completed. */
export async function hasAccounts(db: Kysely<Database>): Promise<boolean> {
  return (await db.selectFrom('account').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/**
 * Whether a trigger refused to insert a user because the way in that it names is closed (migration 0005_invitations).
 */
export function isShutDoor(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === 'PL001' || code === 'PL002';
}

/** A page of users in the order of their sign-up, without deleted ones; ids are sortable by time. */
export async function findUserPage(
  db: Kysely<Database>,
  page: { search: string | null; after: string | null; limit: number },
): Promise<UserRow[]> {
  return selectUsers(db)
    .where('deleted_at', 'is', null)
    .$if(page.search !== null, (select) => select.where(matches(page.search as string)))
    .$if(page.after !== null, (select) => select.where('id', '>', page.after as string))
    .orderBy('id')
    .limit(page.limit)
    .execute();
}

export async function countUsers(db: Kysely<Database>, search: string | null): Promise<number> {
  const { count } = await db
    .selectFrom('user')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('deleted_at', 'is', null)
    .$if(search !== null, (select) => select.where(matches(search as string)))
    .executeTakeFirstOrThrow();
  return count;
}

function matches(search: string) {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`(email ilike ${pattern} or name ilike ${pattern})`;
}

/**
 * Locks the user until the transaction ends. Rows that refer to the user can still be inserted, by a transaction that
 * has the user's credit account locked.
 *
 * @returns undefined if there is no such user, or the account is deleted
 */
export async function lockUser(trx: Transaction<Database>, id: string): Promise<UserRow | undefined> {
  return selectUsers(trx).where('id', '=', id).where('deleted_at', 'is', null).forNoKeyUpdate().executeTakeFirst();
}

/**
 * Locks the admins who are not suspended, always in the same order, so that two admins cannot demote each other at
 * once.
 */
export async function lockAdmins(trx: Transaction<Database>): Promise<UserRow[]> {
  return selectUsers(trx)
    .where('role', '=', 'ADMIN')
    .where('suspended', '=', false)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

/** @returns undefined if the address is taken */
export async function insertUser(
  trx: Transaction<Database>,
  user: Pick<
    Insertable<Database['user']>,
    'id' | 'email' | 'name' | 'admitted_as' | 'invitation_id' | 'email_verified'
  >,
): Promise<UserRow | undefined> {
  return trx
    .insertInto('user')
    .values({ ...user, image: null })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(userColumns)
    .executeTakeFirst();
}

export async function setUser(
  trx: Transaction<Database>,
  id: string,
  changes: Partial<Pick<UserRow, 'role' | 'tier' | 'suspended'>>,
): Promise<UserRow> {
  return trx
    .updateTable('user')
    .set({ ...changes, updated_at: sql`now()` })
    .where('id', '=', id)
    .returning(userColumns)
    .executeTakeFirstOrThrow();
}
