import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { deleteOtherSessions, deleteSession, findSessions as findRows } from '../../database/people/sessions.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { memberTopic, type Notifications } from '../ground/notifications.ts';
import { audit } from './administration.ts';
import type { Member } from './members.ts';

export type { SessionRow } from '../../database/people/sessions.ts';

interface Sessions {
  db: Kysely<Database>;
  notifications: Pick<Notifications, 'publish'>;
}

/** How many sessions are listed: those that were used last. */
const LISTED_MAX = 100;

export function findSessions(db: Kysely<Database>, userId: string) {
  return findRows(db, userId, LISTED_MAX);
}

/** Ends one of the member's sessions, with the streams that were opened in it. It is written to the audit log. */
export async function endSession(
  { db, notifications }: Sessions,
  member: Pick<Member, 'id' | 'email'>,
  id: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const ended = await deleteSession(trx, member.id, id);
    if (!ended) throw new NotFoundError('session');
    await audit(trx, member, 'endSession', member.email, ended.address ? `the one from ${ended.address}` : null);
  });
  notifications.publish([memberTopic(member.id)]);
}

/**
 * Ends all of the member's sessions but the one that asks.
 *
 * @returns how many ended
 * @throws InvalidInputError if an API key asks, which has no session
 */
export async function endOtherSessions(
  { db, notifications }: Sessions,
  member: Pick<Member, 'id' | 'email'>,
  keptId: string | null,
): Promise<number> {
  if (keptId === null) {
    throw new InvalidInputError('sessions', 'An API key has no session that would stay. End them one by one.');
  }
  const ended = await db.transaction().execute(async (trx) => {
    const count = await deleteOtherSessions(trx, member.id, keptId);
    if (count > 0) await audit(trx, member, 'endSessions', member.email, `${count}`);
    return count;
  });
  notifications.publish([memberTopic(member.id)]);
  return ended;
}
