import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { deleteTwoFactor } from '../../database/people/two-factor.ts';
import { lockUser, type UserRow } from '../../database/users.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type Actor, audit } from './administration.ts';

/**
 * Removes a member's second factor, for somebody who has lost their phone and the backup codes: the password alone signs
 * in then. Sessions stay.
 */
export async function removeTwoFactor(
  { db }: { db: Kysely<Database> },
  actor: Actor,
  { userId }: { userId: string },
): Promise<UserRow> {
  return db.transaction().execute(async (trx) => {
    const user = await lockUser(trx, userId);
    if (!user) throw new NotFoundError('user');
    if (!user.twoFactor) throw new InvalidInputError('userId', `${user.email} signs in without a second factor.`);
    await deleteTwoFactor(trx, userId);
    await audit(trx, actor, 'removeTwoFactor', user.email, null);
    return { ...user, twoFactor: false };
  });
}
