import type { Answer } from '../../database/versions.ts';
import type { LiveResponse, LiveResponses } from '../answering/live-responses.ts';
import { saysSomething } from './files/answer-images.ts';

/** The member's responses of this process that were stopped, and are not settled yet. */
export function stoppedResponses(live: Pick<LiveResponses, 'all'>, userId: string): LiveResponse[] {
  return [...live.all()].filter((response) => response.userId === userId && response.stopReason !== null);
}

/**
 * The answers with those that are not stored yet, which a client that has just stopped them knows already.
 *
 * @param stopped of any conversation, found before the answers were looked up
 */
export function withStopped(
  answers: readonly Answer[],
  stopped: readonly LiveResponse[],
  conversationId: string | undefined,
): readonly Answer[] {
  const known = new Set(answers.map(({ response_id }) => response_id));
  const added = stopped
    .filter((response) => response.conversationId === conversationId && !known.has(response.id))
    .map(
      ({ id, turnId, lane, modelId, text, parts }): Answer => ({
        turn_id: turnId,
        response_id: id,
        lane,
        model_id: modelId,
        asked_model_id: modelId,
        status: 'STOPPED',
        text: text.toString(),
        parts,
      }),
    )
    .filter((answer) => answer.text !== '' || saysSomething(answer));
  return added.length > 0 ? [...answers, ...added] : answers;
}
