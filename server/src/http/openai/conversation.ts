import type { ModelMessage } from '../../ports/language-model.ts';
import { invalid } from '../calls/call-problem.ts';

/** What a request says to the model. */
export interface Conversation {
  /** Null: the request has none. */
  system: string | null;
  /** As `ModelRequest.messages` requires. */
  messages: readonly ModelMessage[];
}

/** What a conversation is begun with that begins with an answer: models want to be spoken to first. */
const BEGINNING: ModelMessage = { role: 'user', parts: [{ type: 'text', text: 'Begin.' }] };

/**
 * All instructions become the system's; without any message they are what the user says.
 *
 * @param field names the messages in the protocol
 * @throws CallError if nothing is said at all
 */
export function toConversation(
  instructions: readonly string[],
  messages: readonly ModelMessage[],
  field: string,
): Conversation {
  const system = instructions.join('\n\n');
  const [first] = messages;
  if (first) return { system: system || null, messages: first.role === 'user' ? messages : [BEGINNING, ...messages] };
  if (system === '') throw invalid(field, `${field} must say something.`);
  return { system: null, messages: [{ role: 'user', parts: [{ type: 'text', text: system }] }] };
}
