import type { Kysely } from 'kysely';
import { validate as isUuid } from 'uuid';
import { answerWaitingCalls, findCallOf, setPermission } from '../../database/agents/approvals.ts';
import type { Database } from '../../database/database.ts';
import { NotFoundError } from '../ground/errors.ts';
import { callTopic, type Notifications } from '../ground/notifications.ts';

export interface CallAnswer {
  responseId: string;
  callId: string;
  approve: boolean;
  /** Whether it is said for all calls of the tool in the conversation. */
  remember: boolean;
}

/**
 * The member's word on a call that waits for it, and on all that wait for the same. It is written down here, in whichever
 * process; the one that writes the answer goes on with it.
 *
 * @returns the response's id
 * @throws NotFoundError
 */
export async function answerToolCall(
  { db, notifications }: { db: Kysely<Database>; notifications: Pick<Notifications, 'publish'> },
  userId: string,
  { responseId, callId, approve, remember }: CallAnswer,
): Promise<string> {
  const call = isUuid(callId) ? await findCallOf(db, { userId, responseId, callId }) : undefined;
  if (!call) throw new NotFoundError('tool call');
  const { tool_id: toolId, conversation_id: conversationId } = call;
  const answered = await db.transaction().execute(async (trx) => {
    const rows = await answerWaitingCalls(trx, { call, userId, approve, forAll: remember });
    // Of a call that was answered already another word is not to stay.
    const isFirst = rows.some(({ id }) => id === call.id);
    if (remember && isFirst && toolId !== null) {
      await setPermission(trx, { userId, conversationId, toolId, allowed: approve });
    }
    return rows;
  });
  notifications.publish([...new Set(answered.map(({ response_id }) => callTopic(response_id)))]);
  return responseId;
}
