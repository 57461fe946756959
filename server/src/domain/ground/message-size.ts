import type { CallOptions, FilePart, MessagePart } from '../../ports/language-model.ts';
import type { MeasuredFile } from './file-tokens/file-tokens.ts';
import { imageSize } from './file-tokens/image-size.ts';
import type { StoredFilePart, StoredMessage } from './stored-files.ts';

/** What a request of a program says, as its tokens are counted. */
export interface CallContent {
  system: string | null;
  messages: readonly Pick<StoredMessage, 'parts'>[];
  options: Pick<CallOptions, 'tools' | 'format'>;
}

/** Every text of a message that a model reads, in order. */
export function textsOf({ parts }: Pick<StoredMessage, 'parts'>): string[] {
  return parts.flatMap(textsOfPart);
}

function textsOfPart(part: MessagePart | StoredFilePart): string[] {
  switch (part.type) {
    case 'text':
      return [part.text];
    case 'reasoning':
      // Where a provider hides or sums up the thoughts, the proof is what it reads, and bills.
      return [part.text, part.signature ?? ''];
    case 'opaque':
      return [part.data];
    case 'toolCall':
      return [part.name, part.arguments];
    case 'toolResult':
      return part.content.flatMap(textsOfPart);
    case 'file':
    case 'storedFile':
      return [];
  }
}

/** The files of a message that came with it, those of tools' results among them. */
export function filesOf({ parts }: Pick<StoredMessage, 'parts'>): FilePart[] {
  return parts.flatMap((part) => {
    if (part.type === 'file') return [part];
    return part.type === 'toolResult' ? filesOf({ parts: part.content }) : [];
  });
}

/** The files of a message that are loaded when it is sent. */
export function storedFilesOf({ parts }: Pick<StoredMessage, 'parts'>): StoredFilePart[] {
  return parts.filter((part) => part.type === 'storedFile');
}

/** The descriptions of tools and of the answer's form, which the model reads too, as JSON. */
export function textsOfOptions(options: CallContent['options']): string[] {
  return describedIn(options).map((described) => JSON.stringify(described));
}

/** What `textsOfOptions` writes, for whoever writes it in pieces. */
export function describedIn({ tools = [], format }: CallContent['options']): object[] {
  const described = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
  if (format?.type !== 'schema') return described;
  const { name, description, schema } = format;
  return [...described, { name, description, schema }];
}

/** What is known of a file of a call: of an image its size, where its header has it near its beginning. */
export function measuredFile({ mediaType, data, detail, name }: FilePart): MeasuredFile {
  if (mediaType.startsWith('image/')) return { kind: 'IMAGE', name, ...imageSize(data), detail };
  const bytes = Math.ceil(data.length * 0.75);
  // Of a text each byte may be a token.
  if (isText(mediaType)) return { kind: 'TEXT', name, textTokens: Math.ceil(bytes / 4), textBytesMax: bytes };
  return { kind: mediaType.startsWith('audio/') ? 'AUDIO' : 'PDF', name, textTokens: 1_000 + Math.ceil(bytes / 16) };
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json';
}
