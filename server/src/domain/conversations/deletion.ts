import { keepAdmissions } from '../../database/admission.ts';
import { deleteConversationRow, findConversationIds, lockConversation } from '../../database/conversations.ts';
import { lockMemberAccount } from '../../database/credits.ts';
import { findLiveResponsesOfConversation } from '../../database/responses.ts';
import { keepIdempotencyKeys } from '../../database/turns.ts';
import type { Leases } from '../answering/leases.ts';
import { type Stopping, stopEverywhere } from '../answering/stopping.ts';
import type { FileCleaner } from '../files/cleaner.ts';
import { NotFoundError } from '../ground/errors.ts';

export interface ConversationEnding extends Stopping {
  leases: Leases;
  /** Deletes what was attached. */
  fileCleaner: Pick<FileCleaner, 'wake'>;
}

/**
 * Stops the conversation's running responses, settles them, and deletes the conversation with its turns. Its receipts
 * and ledger entries stay.
 */
export async function deleteConversation(ending: ConversationEnding, userId: string, id: string): Promise<void> {
  const { db, leases } = ending;
  for (;;) {
    const running = await findLiveResponsesOfConversation(db, userId, id);
    await stopEverywhere(ending, running);
    // A process that did not answer is dead, or as good as dead. Responses that were admitted meanwhile have not been
    // asked to stop, so they are left out.
    const left = new Set((await findLiveResponsesOfConversation(db, userId, id)).map((response) => response.id));
    for (const response of running) if (left.has(response.id)) await leases.takeOver(response.id, 'STOPPED');

    const deletion = await db.transaction().execute(async (trx) => {
      await lockMemberAccount(trx, userId);
      if (!(await lockConversation(trx, userId, id))) return 'missing';
      // A prompt may have been admitted in between.
      if ((await findLiveResponsesOfConversation(trx, userId, id)).length > 0) return 'running';
      // Deleting must not let the member send more prompts in a minute.
      await keepAdmissions(trx, userId, id);
      await keepIdempotencyKeys(trx, userId, id);
      await deleteConversationRow(trx, userId, id);
      return 'deleted';
    });
    if (deletion === 'missing') throw new NotFoundError('conversation');
    if (deletion === 'deleted') return ending.fileCleaner.wake();
  }
}

/** @returns how many conversations there were */
export async function deleteAllConversations(ending: ConversationEnding, userId: string): Promise<number> {
  const ids = await findConversationIds(ending.db, userId);
  for (const id of ids) {
    await deleteConversation(ending, userId, id).catch((error) => {
      // The conversation may have been deleted by somebody else meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
  return ids.length;
}
