import type {
  ChatCompletionContentPart,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import {
  type FilePart,
  type ModelMessage,
  type ModelRequest,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  textOf,
} from '../../ports/language-model.ts';

import { imagesOfUser } from '../answer-images.ts';
import { isTextType, textOfFile } from '../file-limits.ts';

export type SystemRole = 'system' | 'developer' | 'user';

/**
 * The messages of a request in the form of chat completions. Reasoning is left out: the format has no member for it.
 * With the role `user` the system prompt begins the first prompt.
 */
export function toChatMessages(
  { system, messages }: Pick<ModelRequest, 'system' | 'messages'>,
  systemRole: SystemRole,
): ChatCompletionMessageParam[] {
  const written = imagesOfUser(messages).flatMap((message) =>
    message.role === 'user' ? fromUser(message) : fromAssistant(message),
  );
  if (system === null) return written;
  if (systemRole !== 'user') return [{ role: systemRole, content: system }, ...written];
  const [first, ...others] = written;
  if (first?.role !== 'user') return [{ role: 'user', content: system }, ...written];
  const { content } = first;
  const begun = typeof content === 'string' ? `${system}\n\n${content}` : [textPart(system), ...content];
  return [{ ...first, content: begun }, ...others];
}

/** Results of tools become messages of their own, before what the user says: they must follow the calls at once. */
function fromUser({ parts }: ModelMessage): ChatCompletionMessageParam[] {
  const { results, said } = partsOfUser(parts);
  return [
    ...results.map(toToolMessage),
    ...(said.length > 0 ? [{ role: 'user' as const, content: toContent(said) }] : []),
  ];
}

/** The results of tools, and what is said after them: their files first. Text files are texts. */
export function partsOfUser(parts: ModelMessage['parts']): {
  results: ToolResultPart[];
  said: (TextPart | FilePart)[];
} {
  const results = parts.filter((part) => part.type === 'toolResult');
  const said = [...results.flatMap(filesOf), ...parts.filter(isTextOrFile)];
  return { results, said: said.map(read) };
}

/** A text file as a text: OpenAI takes no files but PDFs, and many others none at all. */
function read(part: TextPart | FilePart): TextPart | FilePart {
  return part.type === 'file' && isTextType(part.mediaType) ? textPart(textOfFile(part)) : part;
}

function fromAssistant(message: ModelMessage): ChatCompletionMessageParam[] {
  const text = textOf(message);
  const calls = message.parts.filter((part) => part.type === 'toolCall');
  if (calls.length > 0) return [{ role: 'assistant', content: text || null, tool_calls: calls.map(toChatCall) }];
  return text === '' ? [] : [{ role: 'assistant', content: text }];
}

function toChatCall({ id, name, arguments: json, signature }: ToolCallPart): ChatCompletionMessageFunctionToolCall {
  return {
    id,
    type: 'function',
    // vLLM and others parse what a model was said to send, even if it sent nothing.
    function: { name, arguments: json || '{}' },
    ...(signature && { extra_content: { google: { thought_signature: signature } } }),
  };
}

function toToolMessage({ callId, content, isError }: ToolResultPart): ChatCompletionMessageParam {
  return { role: 'tool', tool_call_id: callId, content: textOfResult({ content, isError }) };
}

/** The text of a result, or what stands for it. */
export function textOfResult({ content, isError }: Pick<ToolResultPart, 'content' | 'isError'>): string {
  const text = joined(content.filter((part) => part.type === 'text'));
  return text || (isError ? 'The tool failed.' : instead(content));
}

/** What a result without text says: many endpoints take only text there, and the files follow in the user's message. */
function instead(content: ToolResultPart['content']): string {
  return content.length > 0 ? 'The result is the files in the next message.' : '';
}

/** The files of a result, with a line that tells them from the user's own. */
function filesOf({ callId, content }: ToolResultPart): (TextPart | FilePart)[] {
  const files = content.filter((part) => part.type === 'file');
  return files.length > 0 ? [{ type: 'text', text: `Files of the result of the tool call ${callId}:` }, ...files] : [];
}

/** A string wherever the parts are only text: DeepSeek and others take no list. */
function toContent(parts: readonly (TextPart | FilePart)[]): string | ChatCompletionContentPart[] {
  const texts = parts.filter((part) => part.type === 'text');
  if (texts.length === parts.length) return joined(texts);
  return parts.map((part) => (part.type === 'text' ? textPart(part.text) : toFilePart(part)));
}

/** Each text in lines of its own, as vLLM and llama.cpp join them. */
export function joined(texts: readonly TextPart[]): string {
  return texts.map(({ text }) => text).join('\n');
}

function toFilePart({ mediaType, data, name, detail }: FilePart): ChatCompletionContentPart {
  const url = `data:${mediaType};base64,${data}`;
  if (mediaType.startsWith('image/')) {
    // The SDK's type lacks the newer words.
    return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail: detail as 'auto' }) } };
  }
  const format = audioFormats.get(mediaType);
  if (format) return { type: 'input_audio', input_audio: { data, format } };
  return { type: 'file', file: { filename: name ?? namelessAs(mediaType), file_data: url } };
}

const audioFormats = new Map<string, 'wav' | 'mp3'>([
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
]);

/** A name for a file without one: OpenAI refuses those, and goes by the ending. */
export function namelessAs(mediaType: string): string {
  return mediaType === 'application/pdf' ? 'file.pdf' : 'file';
}

function textPart(text: string): TextPart {
  return { type: 'text', text };
}

function isTextOrFile(part: ModelMessage['parts'][number]): part is TextPart | FilePart {
  return part.type === 'text' || part.type === 'file';
}
