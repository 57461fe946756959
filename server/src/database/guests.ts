import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';
import { type UserRow, userColumns } from './users.ts';

export async function findGuest(db: Kysely<Database>, key: string): Promise<UserRow | undefined> {
  return db.selectFrom('user').select(userColumns).where('guest_key', '=', key).executeTakeFirst();
}

export interface NewGuest {
  id: string;
  key: string;
  name: string;
  email: string;
}

/**
 * Inserts a guest, who may be there already, if there are fewer than `countMax`.
 *
 * @returns the guest; undefined if there are too many
 */
export async function insertGuest(
  db: Kysely<Database>,
  { id, key, name, email }: NewGuest,
  countMax: number,
): Promise<UserRow | undefined> {
  return db.transaction().execute(async (trx) => {
    // Guests who come at once are counted one after the other.
    await sql`select pg_advisory_xact_lock(hashtext('polylogue.guests'))`.execute(trx);
    const known = await findGuest(trx, key);
    if (known) return known;
    const { count } = await trx
      .selectFrom('user')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('guest_key', 'is not', null)
      .executeTakeFirstOrThrow();
    if (count >= countMax) return undefined;
    return trx
      .insertInto('user')
      .values({ id, name, email, guest_key: key, admitted_as: 'GUEST', image: null })
      .returning(userColumns)
      .executeTakeFirstOrThrow();
  });
}
