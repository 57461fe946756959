import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import type { CollectedAnswer, WholePart } from '../calls/collected-answer.ts';
import { IMAGE_HAS_NO_ROOM } from '../calls/ungiven-images.ts';
import { chatAnnotations, chatFinishReason, chatImage, chatUsage, extraContent } from './chat-end.ts';

/** What all chunks of an answer, and the whole answer, say of it. */
export interface ChatIdentity {
  id: string;
  /** Seconds since 1970. */
  created: number;
}

export function chatIdentity(answerId: string): ChatIdentity {
  return { id: `chatcmpl-${answerId}`, created: Math.floor(Date.now() / 1000) };
}

/** A whole answer in the form of a chat completion. */
export function toChatCompletion(
  { id, created }: ChatIdentity,
  model: string,
  { parts, end }: { parts: CollectedAnswer['parts']; end: AnswerEnd },
) {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message: toMessage(parts, end), logprobs: null, finish_reason: chatFinishReason(end) }],
    usage: chatUsage(end),
    system_fingerprint: null,
  };
}

function toMessage(parts: readonly WholePart[], end: AnswerEnd) {
  const { refusal } = end.outcome;
  const content = textOf(parts, 'text');
  const reasoning = textOf(parts, 'reasoning');
  const calls = parts.filter((part) => part.type === 'toolCall');
  const images = parts.flatMap((part) => (part.type === 'image' ? (part.image ?? []) : []));
  const saysElsewhere = calls.length > 0 || refusal !== null;
  return {
    role: 'assistant',
    content: content === '' && saysElsewhere ? null : content,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    refusal,
    annotations: chatAnnotations(end),
    ...(images.length > 0 && { images: images.map(chatImage) }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ id, name, arguments: json, signature }) => ({
        id,
        type: 'function',
        function: { name, arguments: json },
        ...extraContent(signature),
      })),
    }),
  };
}

function textOf(parts: readonly WholePart[], type: 'text' | 'reasoning'): string {
  return parts
    .map((part) => {
      if (part.type === 'image') return part.image || type !== 'text' ? '' : IMAGE_HAS_NO_ROOM;
      return part.type === type ? part.text : '';
    })
    .join('');
}
