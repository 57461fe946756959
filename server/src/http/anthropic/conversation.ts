import type { MessagePart, ModelMessage } from '../../ports/language-model.ts';
import { readAssistantContent, readSystemContent, readUserContent } from './content-blocks.ts';
import type { Field } from './field.ts';

const roles = ['user', 'assistant', 'system'] as const;

/**
 * What Claude Code puts before its system prompt for Anthropic's own servers, which do not show it to the model. It
 * changes with every version of the program.
 */
const BILLING_LINE = 'x-anthropic-billing-header:';

export interface Conversation {
  system: string | null;
  messages: ModelMessage[];
}

/**
 * Reads a request's system prompt and messages. Messages of one role in a row are joined. A system message among them
 * becomes a part of the user's message, marked as Claude Code marks its own, since other providers have no form for it.
 *
 * @throws CallError
 */
export function readConversation(request: Field): Conversation {
  const system = request.member('system').optional(readSystemContent) ?? [];
  const list = request.member('messages');
  const entries = list.list();
  const lastUser = entries.findLastIndex((entry) => entry.member('role').value === 'user');
  const messages = new JoinedMessages();
  const called = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const role = entry.member('role').oneOf(roles);
    if (role === 'system') {
      const texts = isCleared(entry, index < lastUser) ? [] : readSystemContent(entry.member('content'));
      if (messages.list.length === 0) system.push(...texts);
      else messages.add('user', texts.map(toReminder));
      continue;
    }
    const content = entry.member('content');
    const { parts, hadImages } =
      role === 'user' ? { parts: readUserContent(content), hadImages: false } : readAssistantContent(content);
    // The last message may be the beginning of the answer, without a word of it.
    if (parts.length === 0 && !hadImages && !(role === 'assistant' && index === entries.length - 1)) {
      throw content.refuse('It must not be empty.');
    }
    requireCalls(content, parts, called);
    messages.add(role, parts);
  }
  const [first] = messages.list;
  if (!first) throw list.refuse('At least one message is needed.');
  if (first.role !== 'user') throw list.refuse('The first message must be the user’s.');
  const prompt = system.filter((text) => !text.startsWith(BILLING_LINE)).join('\n\n');
  return { system: prompt === '' ? null : prompt, messages: messages.list };
}

/** Requires that each result is of a call before it: some providers cannot be sent any other. */
function requireCalls(content: Field, parts: readonly MessagePart[], called: Set<string>): void {
  for (const part of parts) {
    if (part.type === 'toolCall') called.add(part.id);
    if (part.type === 'toolResult' && !called.has(part.callId)) {
      throw content.refuse(`The tool_result of "${part.callId.slice(0, 100)}" has no tool_use before it.`);
    }
  }
}

/** Whether the message was only for an earlier message of the user. */
function isCleared(message: Field, isEarlier: boolean): boolean {
  return isEarlier && message.member('clear_at').value === 'next_user_message';
}

function toReminder(text: string): MessagePart {
  return { type: 'text', text: `<system-reminder>\n${text}\n</system-reminder>` };
}

class JoinedMessages {
  readonly list: { role: ModelMessage['role']; parts: MessagePart[] }[] = [];

  add(role: ModelMessage['role'], parts: readonly MessagePart[]): void {
    if (parts.length === 0) return;
    const last = this.list.at(-1);
    const message = last?.role === role ? last : { role, parts: [] };
    if (message !== last) this.list.push(message);
    for (const part of parts) append(message, part);
  }
}

/** Texts of the user are joined by a blank line: some providers take only one text, and would run them together. */
function append({ role, parts }: JoinedMessages['list'][number], part: MessagePart): void {
  const last = parts.at(-1);
  if (role === 'user' && last?.type === 'text' && part.type === 'text') {
    parts[parts.length - 1] = { type: 'text', text: `${last.text}\n\n${part.text}` };
  } else {
    parts.push(part);
  }
}
