import type { Kysely, Transaction } from 'kysely';
import { lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { type RevealedTurnRow, setConversationModels, setRevealed } from '../../database/judging/hidden-turns.ts';
import { findTurns, type TurnRow } from '../../database/turns.ts';
import { NotFoundError } from '../ground/errors.ts';
import { accountTopic, type Notifications, revealTopic } from '../ground/notifications.ts';

export type { RevealedTurnRow } from '../../database/judging/hidden-turns.ts';

/** Who is told of what is revealed. */
export interface RevealWatchers {
  notifications: Pick<Notifications, 'publish'>;
  /** Names the conversation, which it must not do while its turn hides its models. Absent: nobody does. */
  titles?: { consider(turnId: string): void } | undefined;
}

/**
 * Shows the models of a blind turn, and of the hidden turns that went on with the same ones. A turn that is not hidden
 * stays as it is.
 *
 * @throws NotFoundError
 */
export async function revealTurn(
  { db, ...watchers }: { db: Kysely<Database> } & RevealWatchers,
  userId: string,
  turnId: string,
): Promise<TurnRow> {
  const revealed = await db.transaction().execute((trx) => revealWithin(trx, userId, turnId));
  tellRevealed(watchers, revealed);
  const [turn] = await findTurns(db, userId, [turnId]);
  if (!turn) throw new NotFoundError('turn');
  return turn;
}

/**
 * `revealTurn` within a transaction, which then calls `tellRevealed` when it is committed. It locks the member's account,
 * as whoever sends a prompt does, so that it must be the first to lock anything.
 *
 * @returns the turns that were hidden
 */
export async function revealWithin(
  trx: Transaction<Database>,
  userId: string,
  turnId: string,
): Promise<RevealedTurnRow[]> {
  await lockMemberAccount(trx, userId);
  const revealed = await setRevealed(trx, userId, turnId);
  if (revealed.length > 0) await setConversationModels(trx, turnId);
  return revealed;
}

/** Tells open readers, and those who follow the credits, what they may see now. */
export function tellRevealed({ notifications, titles }: RevealWatchers, revealed: readonly RevealedTurnRow[]): void {
  notifications.publish([
    ...revealed.map(({ id }) => revealTopic(id)),
    ...new Set(
      revealed.flatMap(({ creditAccountId }) => (creditAccountId === null ? [] : accountTopic(creditAccountId))),
    ),
  ]);
  for (const { id } of revealed) titles?.consider(id);
}
