import type { ResponseInputContent, ResponseInputItem } from 'openai/resources/responses/responses';
import {
  type FilePart,
  ModelFailure,
  type ModelMessage,
  type OpaquePart,
  type TextPart,
} from '../../../ports/language-model.ts';
import { imagesOfUser } from '../../answer-images.ts';
import { joined, namelessAs, partsOfUser, textOfResult } from '../chat-messages.ts';

/**
 * The messages of a request as items of the Responses API. Thoughts go back as the provider's own items (see `toOwnPart`)
 * and not as texts.
 *
 * @throws {ModelFailure} INVALID_REQUEST: a file of a type that the API does not take
 */
export function toResponseInput(messages: readonly ModelMessage[]): ResponseInputItem[] {
  return imagesOfUser(messages).flatMap((message) =>
    message.role === 'user' ? fromUser(message) : fromAssistant(message),
  );
}

function fromUser({ parts }: ModelMessage): ResponseInputItem[] {
  const { results, said } = partsOfUser(parts);
  const outputs = results.map(
    (result): ResponseInputItem => ({
      type: 'function_call_output',
      call_id: result.callId,
      output: textOfResult(result),
    }),
  );
  return said.length > 0 ? [...outputs, { role: 'user', content: toContent(said) }] : outputs;
}

function toContent(parts: readonly (TextPart | FilePart)[]): string | ResponseInputContent[] {
  const texts = parts.filter((part) => part.type === 'text');
  if (texts.length === parts.length) return joined(texts);
  return parts.map((part) => (part.type === 'text' ? { type: 'input_text', text: part.text } : toFile(part)));
}

function toFile({ mediaType, data, name, detail }: FilePart): ResponseInputContent {
  const url = `data:${mediaType};base64,${data}`;
  if (mediaType.startsWith('image/')) {
    // The SDK's type lacks the newer words.
    return { type: 'input_image', image_url: url, detail: (detail ?? 'auto') as 'auto' };
  }
  if (mediaType.startsWith('audio/')) {
    throw new ModelFailure('INVALID_REQUEST', 'This model takes no audio where it may search the web.');
  }
  return { type: 'input_file', filename: name ?? namelessAs(mediaType), file_data: url };
}

/** In their order: a thought belongs to what follows it. */
function fromAssistant({ parts }: ModelMessage): ResponseInputItem[] {
  return parts.flatMap((part): ResponseInputItem | [] => {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : { role: 'assistant', content: part.text };
      case 'opaque':
        return fromOwn(part);
      case 'toolCall':
        return { type: 'function_call', call_id: part.id, name: part.name, arguments: part.arguments || '{}' };
      default:
        return [];
    }
  });
}

/** An item that the provider made by itself. */
export interface OwnItem {
  type?: unknown;
  summary?: unknown;
  encrypted_content?: unknown;
  status?: unknown;
  action?: unknown;
}

/**
 * What is kept of a thought or a search, to be given back. It has no id: nothing is stored at the provider that one could
 * name, and it would look for it.
 */
export function toOwnPart({ type, summary, encrypted_content, status, action }: OwnItem): OpaquePart {
  const item =
    type === 'reasoning'
      ? { type, summary: Array.isArray(summary) ? summary : [], encrypted_content }
      : { type, status, action };
  return { type: 'opaque', data: JSON.stringify(item) };
}

/** Only what `toOwnPart` makes: another kind of provider may once have had the model's id. */
function fromOwn({ data }: OpaquePart): ResponseInputItem | [] {
  const item = JSON.parse(data);
  return item.type === 'reasoning' || item.type === 'web_search_call' ? item : [];
}
