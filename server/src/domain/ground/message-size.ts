import type { CallOptions, FilePart, MessagePart, ModelMessage } from '../../ports/language-model.ts';

/** What a request of a program says, as its tokens are counted. */
export interface CallContent {
  system: string | null;
  messages: readonly Pick<ModelMessage, 'parts'>[];
  options: Pick<CallOptions, 'tools' | 'format'>;
}

/** Every text of a message that a model reads, in order. */
export function textsOf({ parts }: Pick<ModelMessage, 'parts'>): string[] {
  return parts.flatMap(textsOfPart);
}

function textsOfPart(part: MessagePart): string[] {
  switch (part.type) {
    case 'text':
      return [part.text];
    case 'reasoning':
      // Where a provider hides or sums up the thoughts, the proof is what it reads, and bills.
      return [part.text, part.signature ?? ''];
    case 'toolCall':
      return [part.name, part.arguments];
    case 'toolResult':
      return part.content.flatMap(textsOfPart);
    case 'file':
      return [];
  }
}

/** The files of a message, those of tools' results among them. */
export function filesOf({ parts }: { parts: readonly MessagePart[] }): FilePart[] {
  return parts.flatMap((part) => {
    if (part.type === 'file') return [part];
    return part.type === 'toolResult' ? filesOf({ parts: part.content }) : [];
  });
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

/**
 * Tokens of a file: the likely number, and the most that is held for it. An image is counted by its size in tiles
 * by every provider; the largest take some 1,600 to 5,000 tokens. Of a text each byte may be a token. Documents and
 * recordings are counted by pages and seconds, of which a few bytes may hold any number: their most is infinite.
 */
export function fileTokens({ mediaType, data }: FilePart): { likely: number; most: number } {
  if (mediaType.startsWith('image/')) return { likely: 1_000, most: 5_000 };
  const bytes = Math.ceil(data.length * 0.75);
  const likely = 1_000 + Math.ceil(bytes / 16);
  return { likely, most: isText(mediaType) ? Math.max(5_000, bytes) : Number.POSITIVE_INFINITY };
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || mediaType === 'application/json';
}
