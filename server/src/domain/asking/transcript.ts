import type { Kysely } from 'kysely';
import { lookTogether } from '../../database/connection/pipelining.ts';
import { findConversationAtStatement } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import type { Answer } from '../../database/versions.ts';
import { lookAround, placeOf, withoutPending } from './place.ts';

export interface TranscriptMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
  /** The names of a prompt's files; none: absent. */
  files?: string[];
}

/** UTF-16 code units of prompts and answers; a client can hardly use more. */
const LENGTH_MAX = 4_000_000;

/**
 * The messages along the branch that ends in the conversation's latest turn, oldest first; of each turn the answer
 * that a later prompt went on from, else the chosen one, else that of its first lane. If they are longer than any client can use, the oldest are left out.
 *
 * @throws NotFoundError
 */
export async function readTranscript(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
): Promise<TranscriptMessage[]> {
  const seen = await lookTogether(db, lookAround(userId, { conversationId }, findConversationAtStatement));
  const { conversation, history: all } = placeOf({ conversationId }, seen);
  const history = await withoutPending(db, { userId, conversationId }, all);
  const answers = answersByTurn(history.answers);
  const exchanges: TranscriptMessage[][] = [];
  let length = 0;
  for (const { id, prompt, files, chosen_lane, source } of history.turns.toReversed()) {
    const ofTurn = answers.get(id) ?? [];
    const shown = source?.lane ?? chosen_lane;
    const answer = ofTurn.find(({ lane }) => lane === shown) ?? ofTurn[0];
    length += prompt.length + (answer?.text.length ?? 0);
    if (length > LENGTH_MAX) break;
    exchanges.push([
      { role: 'user', content: prompt, ...(files.length > 0 && { files: files.map(({ name }) => name) }) },
      ...(answer ? [{ role: 'assistant' as const, content: answer.text }] : []),
    ]);
  }
  const system = conversation?.system_prompt;
  return [...(system ? [{ role: 'system' as const, content: system }] : []), ...exchanges.reverse().flat()];
}

/** The answers of each turn that have a text, by their lanes. */
function answersByTurn(answers: readonly Answer[]): Map<string, Answer[]> {
  const byTurn = new Map<string, Answer[]>();
  for (const answer of answers.filter(({ text }) => text !== '')) {
    byTurn.set(answer.turn_id, [...(byTurn.get(answer.turn_id) ?? []), answer]);
  }
  for (const ofTurn of byTurn.values()) ofTurn.sort((one, other) => one.lane - other.lane);
  return byTurn;
}
