import type Anthropic from '@anthropic-ai/sdk';
import {
  type FilePart,
  type MessagePart,
  ModelFailure,
  type ModelMessage,
  type ReasoningPart,
  type TextPart,
  type ToolResultPart,
} from '../../ports/language-model.ts';
import { imagesOfUser } from '../answer-images.ts';
import { isTextType } from '../file-limits.ts';
import { argumentsOf } from '../tool-arguments.ts';

/**
 * The messages of which something is left: reasoning without a proof is left out.
 *
 * @throws {ModelFailure} INVALID_REQUEST: a file of a type that the API does not take, or arguments that are no object
 */
export function toMessages(messages: readonly ModelMessage[]): Anthropic.MessageParam[] {
  return imagesOfUser(messages).flatMap((message) => {
    const [only] = message.parts;
    if (message.parts.length === 1 && only?.type === 'text') return { role: message.role, content: only.text };
    // The API wants the tools' results before everything else.
    const results = message.parts.filter(({ type }) => type === 'toolResult');
    const others = message.parts.filter(({ type }) => type !== 'toolResult');
    const content = [...results, ...others].flatMap(toBlock);
    return content.length > 0 ? { role: message.role, content } : [];
  });
}

function toBlock(part: MessagePart): Anthropic.ContentBlockParam | [] {
  switch (part.type) {
    case 'text':
      // The API refuses blank text in a block of its own.
      return part.text.trim() === '' ? [] : toTextBlock(part);
    case 'file':
      return toFileBlock(part);
    case 'reasoning':
      return toThinkingBlock(part);
    case 'opaque':
      return JSON.parse(part.data);
    case 'toolCall':
      return { type: 'tool_use', id: toCallId(part.id), name: part.name, input: argumentsOf(part) };
    case 'toolResult':
      return toResultBlock(part);
  }
}

function toTextBlock({ text }: TextPart): Anthropic.TextBlockParam {
  return { type: 'text', text };
}

function toThinkingBlock({ text, signature, redacted }: ReasoningPart): Anthropic.ContentBlockParam | [] {
  if (signature === null) return [];
  return redacted ? { type: 'redacted_thinking', data: signature } : { type: 'thinking', thinking: text, signature };
}

/** Ids of other providers may have characters that this one refuses. */
function toCallId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_');
}

function toResultBlock({ callId, content, isError }: ToolResultPart): Anthropic.ToolResultBlockParam {
  const [first] = content;
  const blocks = content.flatMap((part) => {
    if (part.type === 'file') return toFileBlock(part);
    return part.text.trim() === '' ? [] : toTextBlock(part);
  });
  return {
    type: 'tool_result',
    tool_use_id: toCallId(callId),
    ...(content.length === 1 && first?.type === 'text'
      ? { content: first.text }
      : blocks.length > 0 && { content: blocks }),
    ...(isError && { is_error: true }),
  };
}

function toFileBlock({ mediaType, data, name }: FilePart): Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam {
  const title = name === null ? {} : { title: name };
  if (mediaType.startsWith('image/')) {
    // The API names the few types of images that it takes when it refuses another one.
    const media_type = mediaType as Anthropic.Base64ImageSource['media_type'];
    return { type: 'image', source: { type: 'base64', media_type, data } };
  }
  if (mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data }, ...title };
  }
  if (isTextType(mediaType)) {
    const text = Buffer.from(data, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...title };
  }
  throw new ModelFailure(
    'INVALID_REQUEST',
    `This model takes images, PDF and text, but no files of the type ${mediaType}.`,
  );
}
