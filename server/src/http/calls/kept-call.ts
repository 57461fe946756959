import type { Parameters } from '../../domain/asking/prompt-input.ts';
import { conversationIdIn } from '../../domain/conversations/client-conversations.ts';
import { FileNotReadableError, InvalidInputError, NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId } from '../../domain/ground/global-ids.ts';
import type { Asking } from '../../domain/people/members.ts';
import type { CallOptions, ModelMessage } from '../../ports/language-model.ts';
import { CallError, invalid, problem } from './call-problem.ts';
import type { CallsOptions } from './call-request.ts';
import type { HouseTools } from './house-tools.ts';
import { CANNOT_BE_KEPT, exchangesOf } from './kept-exchanges.ts';
import { withKeptFiles } from './kept-files.ts';

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
   * Texts and files, the last one the user's. Those before it that the conversation lacks are stored in it, the answers as
   * the asked model's; its own history stands before them if they do not begin with it (`joinHistory`).
   */
  messages: readonly ModelMessage[];
  parameters?: Parameters | null;
  /** Tools of this server that the models may use. Null or absent: none. */
  house?: HouseTools | null;
  /** What a conversation cannot do is refused; how much the model thinks is the conversation's own affair. */
  options?: CallOptions;
  /** As in `CallInput`. */
  givesImages?: boolean;
}

export type KeptCall = Awaited<ReturnType<CallsOptions['prompts']['ask']>>;

/**
 * Sends the last message as the conversation's next prompt. The other messages are neither charged nor counted. Files become
 * the member's own; their bytes are taken out of the messages.
 *
 * @param signal ends the keeping of files; nothing is asked then
 * @returns the turn, with an answer for each model
 * @throws CallError, DomainError; nothing is stored then
 */
export async function keepCall(
  calls: Pick<CallsOptions, 'prompts' | 'domain' | 'uploads'>,
  viewer: Asking,
  { conversationId, clientId, modelIds, system, messages, parameters, house, options, givesImages }: KeptCallInput,
  signal: AbortSignal,
): Promise<KeptCall> {
  requireKeepable(options ?? {});
  const { before, last } = exchangesOf(messages);
  const place = { conversationId: conversationId === null ? null : requireConversationId(conversationId) };
  const files = [...before, last].flatMap((asked) => asked.files);
  try {
    return await withKeptFiles(calls, viewer, { files, signal }, (ids) => {
      const left = [...ids];
      const next = (ofPrompt: readonly unknown[]) => left.splice(0, ofPrompt.length);
      const prompt = {
        ...place,
        clientId: clientId ?? null,
        modelIds,
        system,
        before: before.map(({ prompt, answer, files }) => ({ prompt, answer, fileIds: next(files) })),
        prompt: last.prompt,
        fileIds: next(last.files),
        parameters: parameters ?? null,
        toolIds: house?.toolIds ?? [],
        firstCall: house?.firstCall ?? null,
      };
      return calls.prompts.ask(viewer, prompt, { givesImages: givesImages ?? false });
    });
  } catch (error) {
    throw inTermsOfMessages(error);
  }
}

/** The caller knows no prompt and no ids of files: it sent messages. */
function inTermsOfMessages(error: unknown): unknown {
  if (error instanceof FileNotReadableError) {
    return new CallError(problem('unreadable', error.message, { field: 'messages' }));
  }
  if (error instanceof InvalidInputError && error.field === 'toolIds') return invalid('tools', error.message);
  const isOfMessages =
    error instanceof InvalidInputError && ['prompt', 'systemPrompt', 'fileIds'].includes(error.field);
  return isOfMessages ? invalid('messages', error.message) : error;
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
