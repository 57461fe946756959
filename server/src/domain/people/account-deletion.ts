import type { Kysely } from 'kysely';
import { lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { forgetJudge } from '../../database/judging/verdicts.ts';
import { eraseAuditNames, findHeldAddresses } from '../../database/people/audit-chain.ts';
import { anonymiseUser, deleteCredentials } from '../../database/people/deletion.ts';
import { endMembership } from '../../database/teams.ts';
import { lockUser } from '../../database/users.ts';
import { NotFoundError } from '../ground/errors.ts';
import { memberTopic, type Notifications } from '../ground/notifications.ts';
import { type Actor, audit, requireAnotherAdmin } from './administration.ts';
import type { Purge } from './purge.ts';

export interface AccountDeletion {
  db: Kysely<Database>;
  notifications: Pick<Notifications, 'publish'>;
  /** Deletes afterwards what may be too much for one transaction. */
  purge: Pick<Purge, 'wake'>;
}

/**
 * Deletes a member's account, at the member's own wish or by an admin. From now on nobody can sign in with it; sessions,
 * keys and invitations end, the name is gone, also from the audit log. Running answers are then stopped and settled, and
 * conversations deleted, in the background. Ledger entries, receipts and verdicts stay, without a name.
 *
 * @throws ForbiddenError if it is the last admin; NotFoundError
 */
export async function deleteAccount(
  { db, notifications, purge }: AccountDeletion,
  actor: Actor,
  userId: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await requireAnotherAdmin(trx, userId);
    const user = await lockUser(trx, userId);
    if (!user) throw new NotFoundError('user');
    // The lock waits for a prompt that is being admitted, so that its responses are found among the running ones.
    await lockMemberAccount(trx, userId);
    await deleteCredentials(trx, userId);
    await forgetJudge(trx, userId);
    for (const address of await findHeldAddresses(trx, user)) await eraseAuditNames(trx, address);
    const target = await anonymiseUser(trx, userId);
    // A settlement that the team pays for writes its receipt, which needs the user's row, before it charges the member.
    await endMembership(trx, { userId });
    await audit(trx, actor, 'deleteAccount', target, null);
  });
  notifications.publish([memberTopic(userId)]);
  purge.wake();
}
