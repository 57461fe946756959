import type { Content, Part } from '@google/generative-ai';
import {
  type FilePart,
  type MessagePart,
  ModelFailure,
  type ModelMessage,
  type ToolCallPart,
  type ToolResultPart,
  textOf,
} from '../../ports/language-model.ts';
import { argumentsOf } from '../tool-arguments.ts';
import { generationOf } from './generations.ts';
import type { FileData, UploadedFiles } from './uploads.ts';

/**
 * Google's own word for a part of which no proof is left: another model made it, or nobody kept one. The proof of an image has
 * a megabyte or two, and is of bytes that were drawn anew since.
 */
const noSignature = 'skip_thought_signature_validator';

/**
 * The messages of which something is left: the API takes no reasoning back.
 *
 * @throws {ModelFailure} INVALID_REQUEST: a result without a call before it, or arguments that are no object
 */
export function toContents(
  messages: readonly ModelMessage[],
  model: string,
  uploaded: UploadedFiles = new Map(),
): Content[] {
  const { isThird } = generationOf(model);
  const writer = new ContentWriter({ isThird, makesImages: isThird && model.includes('image') }, uploaded);
  return messages.flatMap((message) => {
    const parts = writer.toParts(message);
    return parts.length > 0 ? { role: message.role === 'assistant' ? 'model' : 'user', parts } : [];
  });
}

/** The SDK's types lack some of these fields, but the SDK sends them as they are. */
interface SentPart {
  text?: string;
  inlineData?: Blob;
  fileData?: FileData;
  functionCall?: { id?: string; name: string; args: object };
  functionResponse?: { id?: string; name: string; response: object; parts?: { inlineData: Blob }[] };
  thoughtSignature?: string;
}

interface Blob {
  mimeType: string;
  data: string;
}

class ContentWriter {
  /** Whether the model is of the third generation or later. */
  readonly #isThird: boolean;
  /** Whether it is of those that make images. */
  readonly #makesImages: boolean;
  readonly #uploaded: UploadedFiles;
  /** The names of the tools that were called, by the ids of the calls. */
  readonly #names = new Map<string, string>();

  constructor({ isThird, makesImages }: { isThird: boolean; makesImages: boolean }, uploaded: UploadedFiles) {
    this.#isThird = isThird;
    this.#makesImages = makesImages;
    this.#uploaded = uploaded;
  }

  toParts(message: ModelMessage): Part[] {
    const firstCall = message.parts.find(({ type }) => type === 'toolCall');
    const parts = message.parts.flatMap((part) => this.#toParts(part, part === firstCall));
    return (message.role === 'assistant' && this.#isThird ? this.#proven(parts) : parts) as Part[];
  }

  /**
   * The third generation refuses an image of its own without a signature; those of its models that make images refuse any
   * answer whose first part has none.
   */
  #proven(parts: readonly SentPart[]): SentPart[] {
    return parts.map((part, index) => {
      const isWanted = part.inlineData || part.fileData || (index === 0 && this.#makesImages);
      return isWanted ? { thoughtSignature: noSignature, ...part } : part;
    });
  }

  #toParts(part: MessagePart, isFirstCall: boolean): SentPart | SentPart[] {
    switch (part.type) {
      case 'text':
        return { text: part.text };
      case 'file':
        return this.#toFile(part);
      case 'reasoning':
      case 'opaque':
        return [];
      case 'toolCall':
        return this.#toCall(part, isFirstCall);
      case 'toolResult':
        return this.#toResult(part);
    }
  }

  #toFile(part: FilePart): SentPart {
    const fileData = this.#uploaded.get(part);
    return fileData ? { fileData } : { inlineData: toBlob(part) };
  }

  /** The third generation refuses a message whose first call has no signature. */
  #toCall(part: ToolCallPart, isFirst: boolean): SentPart {
    const { id, name } = part;
    this.#names.set(id, name);
    const signature = part.signature ?? (isFirst && this.#isThird ? noSignature : null);
    return {
      functionCall: { ...this.#idOf(id), name, args: argumentsOf(part) },
      ...(signature !== null && { thoughtSignature: signature }),
    };
  }

  /** Earlier generations take the files of a result beside it only. */
  #toResult({ callId, content, isError }: ToolResultPart): SentPart[] {
    const name = this.#names.get(callId);
    if (name === undefined) {
      throw new ModelFailure('INVALID_REQUEST', `The result of the tool call "${callId}" has no such call before it.`);
    }
    const text = textOf({ parts: content });
    const files = content.flatMap((part) => (part.type === 'file' ? { inlineData: toBlob(part) } : []));
    const response = { ...this.#idOf(callId), name, response: isError ? { error: text } : { output: text } };
    if (files.length === 0) return [{ functionResponse: response }];
    return this.#isThird
      ? [{ functionResponse: { ...response, parts: files } }]
      : [{ functionResponse: response }, ...files];
  }

  #idOf(id: string): { id?: string } {
    return this.#isThird ? { id } : {};
  }
}

function toBlob({ mediaType, data }: FilePart): Blob {
  return { mimeType: mediaType, data };
}
