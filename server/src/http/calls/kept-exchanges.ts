import { BETWEEN_PROMPTS } from '../../domain/asking/sent-history.ts';
import type { FilePart, ModelMessage } from '../../ports/language-model.ts';
import { isBlank } from './blank-text.ts';
import { invalid } from './call-problem.ts';

/** A prompt of a call, with its files in their order. */
export interface CalledPrompt {
  prompt: string;
  files: readonly CalledFile[];
}

/** A file of a call, and the field of the request that it is in. */
export interface CalledFile {
  file: FilePart;
  field: string;
}

export const CANNOT_BE_KEPT =
  'cannot be kept in a conversation: leave out what keeps it (store, or the header X-Polylogue-Conversation).';

/**
 * The messages as prompts with their answers, and the last prompt. Messages of one role that follow each other become
 * one, with a blank line between them; blank ones are left out.
 *
 * @throws CallError
 */
export function exchangesOf(messages: readonly ModelMessage[]): {
  before: (CalledPrompt & { answer: string })[];
  last: CalledPrompt;
} {
  const before: (CalledPrompt & { answer: string })[] = [];
  let prompts: string[] = [];
  let files: CalledFile[] = [];
  let answers: string[] = [];
  for (const [index, message] of messages.entries()) {
    const field = `messages[${index}]`;
    const text = textOf(message, field);
    if (message.role === 'assistant') {
      if (isBlank(text)) continue;
      if (prompts.length === 0) {
        if (files.length > 0) throw noText(files);
        throw invalid('messages', 'The first message must be the user’s.');
      }
      answers.push(text);
      continue;
    }
    const brought = message.parts.filter((part) => part.type === 'file').map((file) => ({ file, field }));
    if (isBlank(text) && brought.length === 0) continue;
    if (answers.length > 0) {
      before.push({ prompt: prompts.join(BETWEEN_PROMPTS), files, answer: answers.join('\n\n') });
      prompts = [];
      files = [];
      answers = [];
    }
    if (!isBlank(text)) prompts.push(text);
    files.push(...brought);
  }
  if (prompts.length === 0 && files.length > 0) throw noText(files);
  if (prompts.length === 0 || answers.length > 0) {
    throw invalid('messages', 'The last message must be the user’s, with a text.');
  }
  return { before, last: { prompt: prompts.join(BETWEEN_PROMPTS), files } };
}

function noText([first]: readonly CalledFile[]): Error {
  return invalid(first?.field ?? 'messages', `A file without a text beside it ${CANNOT_BE_KEPT}`);
}

/** The message's texts. What the model thought is left out: a conversation sends answers only. */
function textOf({ role, parts }: ModelMessage, field: string): string {
  return parts
    .flatMap((part) => {
      if (part.type === 'text') return part.text;
      if (part.type === 'reasoning' || (part.type === 'file' && role === 'user')) return [];
      const what = part.type === 'file' ? 'A file in an answer' : 'A tool’s call or result';
      throw invalid(field, `${what} ${CANNOT_BE_KEPT}`);
    })
    .join('\n\n');
}
