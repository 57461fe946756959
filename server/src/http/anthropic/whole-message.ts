import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import type { WholePart } from '../calls/collected-answer.ts';
import { IMAGE_HAS_NO_FORM } from '../calls/ungiven-images.ts';
import { toEmptyMessage, toStop, toToolUse, toUsage } from './message-end.ts';

type Block = { type: string; signature?: string; [member: string]: unknown };

/** An answer that is not streamed. Without `showsThinking` of what was thought only the signatures are in it. */
export function toMessage(
  answer: { id: string; model: string; showsThinking: boolean },
  { end, parts }: { end: AnswerEnd; parts: readonly WholePart[] },
) {
  const hasCalls = parts.some(({ type }) => type === 'toolCall');
  return {
    ...toEmptyMessage(answer),
    content: toBlocks(parts, answer.showsThinking),
    ...toStop(end, hasCalls),
    usage: toUsage(end),
  };
}

function toBlocks(parts: readonly WholePart[], showsThinking: boolean): Block[] {
  const blocks: Block[] = [];
  for (const part of parts) {
    const last = blocks.at(-1);
    if (part.type === 'reasoning' && !showsThinking) continue;
    if (part.type === 'signature' && !part.redacted && isUnsigned(last)) last.signature = part.text;
    else if (part.type === 'text' && last?.type === 'text' && last.text !== IMAGE_HAS_NO_FORM) last.text += part.text;
    else blocks.push(toBlock(part));
  }
  return blocks;
}

function isUnsigned(block: Block | undefined): block is Block {
  return block?.type === 'thinking' && block.signature === '';
}

function toBlock(part: WholePart): Block {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, citations: null };
    case 'image':
      return { type: 'text', text: IMAGE_HAS_NO_FORM, citations: null };
    case 'reasoning':
      return { type: 'thinking', thinking: part.text, signature: '' };
    case 'signature':
      return part.redacted
        ? { type: 'redacted_thinking', data: part.text }
        : { type: 'thinking', thinking: '', signature: part.text };
    case 'toolCall':
      return { ...toToolUse(part), input: toInput(part.arguments) };
  }
}

/** What is no JSON of an object, mostly because the answer was cut off, is given as Anthropic gives it back to its models. */
function toInput(json: string): object {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {}
  return { INVALID_JSON: json };
}
