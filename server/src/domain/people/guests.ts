import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import { findGuest as findRow, insertGuest } from '../../database/guests.ts';
import type { UserRow } from '../../database/users.ts';
import { ForbiddenError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import type { Member } from './members.ts';

/**
 * The guest whom a program names: a member of the FREE plan who has no password, and so cannot sign in. Whoever knows
 * the name is the guest. Null: there is no such guest yet.
 *
 * @throws ForbiddenError if the guest is suspended
 */
export async function findGuest(db: Kysely<Database>, name: string): Promise<Member | null> {
  const row = await findRow(db, keyOf(name));
  return row ? toMember(row) : null;
}

/** RFC 2606 keeps `invalid` free, so that nobody has such an address. */
const EMAIL_END = '@guest.invalid';

/**
 * Makes the guest of this name, who may be there already.
 *
 * @throws ForbiddenError if there are `countMax` guests, or the guest is suspended
 */
export async function makeGuest(db: Kysely<Database>, name: string, countMax: number): Promise<Member> {
  const id = newId();
  const email = `${id}${EMAIL_END}`;
  const guest = { id, key: keyOf(name), name: toName(name.slice(0, 60)) || 'Guest', email };
  const row = await insertGuest(db, guest, countMax);
  if (row) return toMember(row);
  throw new ForbiddenError('This server takes no more guests. Sign up, or ask its operator for an account.');
}

export function isGuest({ email }: Pick<UserRow, 'email'>): boolean {
  return email.endsWith(EMAIL_END);
}

/** Stored in place of the name, which may be long. */
function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url');
}

function toMember({ id, email, name, role, tier, suspended }: UserRow): Member {
  if (suspended) throw new ForbiddenError('This account is suspended.');
  return { id, email, name, role, tier };
}
