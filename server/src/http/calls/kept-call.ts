import type { Parameters } from '../../domain/asking/prompt-input.ts';
import { BETWEEN_PROMPTS, type Exchange } from '../../domain/asking/sent-history.ts';
import { conversationIdIn } from '../../domain/conversations/client-conversations.ts';
import { InvalidInputError, NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { Asking } from '../../domain/people/members.ts';
import type { CallOptions, ModelMessage } from '../../ports/language-model.ts';
import { isBlank } from './blank-text.ts';
import { invalid } from './call-problem.ts';
import type { CallsOptions } from './call-request.ts';

/** A call that becomes a turn of a conversation. */
export interface KeptCallInput {
  /** The conversation's id, as any protocol of this server gives it; null: a new conversation. */
  conversationId: string | null;
  /** Names the conversation in place of its id: see `PlaceRequest`. Absent or null: the id does. */
  clientId?: string | null;
  /** The models' ids. */
  modelIds: readonly string[];
  /** Replaces the conversation's system prompt, from now on; null or blank: that one stands. */
  system: string | null;
  /**
   * Texts, the last one the user's. Those before it that the conversation lacks are stored in it, the answers as the
   * asked model's; its own history stands before them if they do not begin with it (`joinHistory`).
   */
  messages: readonly ModelMessage[];
  parameters?: Parameters | null;
  /** What a conversation cannot do is refused; how much the model thinks is the conversation's own affair. */
  options?: CallOptions;
}

export type KeptCall = Awaited<ReturnType<CallsOptions['prompts']['ask']>>;

/**
 * Sends the last message as the conversation's next prompt. The other messages are neither charged nor counted.
 *
 * @returns the turn, with an answer for each model
 * @throws CallError, DomainError; nothing is stored then
 */
export async function keepCall(
  { prompts }: Pick<CallsOptions, 'prompts'>,
  viewer: Asking,
  { conversationId, clientId, modelIds, system, messages, parameters, options }: KeptCallInput,
): Promise<KeptCall> {
  requireKeepable(options ?? {});
  const { before, prompt } = exchangesOf(messages);
  try {
    return await prompts.ask(viewer, {
      conversationId: conversationId === null ? null : requireConversationId(conversationId),
      clientId: clientId ?? null,
      modelIds,
      system,
      before,
      prompt,
      parameters: parameters ?? null,
    });
  } catch (error) {
    // The caller knows no prompt: it sent messages.
    const isOfMessages = error instanceof InvalidInputError && ['prompt', 'systemPrompt'].includes(error.field);
    throw isOfMessages ? invalid('messages', error.message) : error;
  }
}

/** Headers that tell where the call is kept. */
export function keptHeaders({ turn }: Pick<KeptCall, 'turn'>): Record<string, string> {
  return {
    'X-Polylogue-Conversation': encodeGlobalId('Conversation', turn.conversation_id),
    'X-Polylogue-Turn': encodeGlobalId('Turn', turn.id),
  };
}

/** @throws NotFoundError */
export function requireConversationId(named: string): string {
  const id = conversationIdIn(named);
  if (id === null) throw new NotFoundError('conversation');
  return id;
}

function requireKeepable({ tools, format, stop }: CallOptions): void {
  if (tools && tools.length > 0) throw invalid('tools', `A call with tools ${CANNOT_BE_KEPT}`);
  if (format) throw invalid('response_format', `A call for another form than text ${CANNOT_BE_KEPT}`);
  if (stop && stop.length > 0) throw invalid('stop', `A call with stop texts ${CANNOT_BE_KEPT}`);
}

const CANNOT_BE_KEPT =
  'cannot be kept in a conversation: leave out what keeps it (store, or the header X-Polylogue-Conversation).';

/**
 * The messages as prompts with their answers, and the last prompt. Messages of one role that follow each other become
 * one, with a blank line between them; blank ones are left out.
 *
 * @throws CallError
 */
function exchangesOf(messages: readonly ModelMessage[]): { before: Exchange[]; prompt: string } {
  const before: Exchange[] = [];
  let prompts: string[] = [];
  let answers: string[] = [];
  for (const [index, message] of messages.entries()) {
    const text = textOf(message, index);
    if (isBlank(text)) continue;
    if (message.role === 'assistant') {
      if (prompts.length === 0) throw invalid('messages', 'The first message must be the user’s.');
      answers.push(text);
      continue;
    }
    if (answers.length > 0) {
      before.push({ prompt: prompts.join(BETWEEN_PROMPTS), answer: answers.join('\n\n') });
      prompts = [];
      answers = [];
    }
    prompts.push(text);
  }
  if (prompts.length === 0 || answers.length > 0) {
    throw invalid('messages', 'The last message must be the user’s, with a text.');
  }
  return { before, prompt: prompts.join(BETWEEN_PROMPTS) };
}

/** The message's texts. What the model thought is left out: a conversation sends answers only. */
function textOf({ parts }: ModelMessage, index: number): string {
  return parts
    .flatMap((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'reasoning') return [];
      const what = part.type === 'file' ? 'A file' : 'A tool’s call or result';
      throw invalid(`messages[${index}]`, `${what} ${CANNOT_BE_KEPT}`);
    })
    .join('\n\n');
}
