import type { FilePart, MessagePart, TextPart } from '../../ports/language-model.ts';
import { IMAGE_HAS_NO_FORM } from '../calls/ungiven-images.ts';
import type { Field } from './field.ts';

/** The blocks of messages, as the port's parts. A block without anything in it has none. */

type Reader<Part> = (block: Field) => Part[];
type Readers<Part> = ReadonlyMap<string, Reader<Part>>;

type Given = TextPart | FilePart;

const givenReaders: readonly [string, Reader<Given>][] = [
  ['text', readText],
  ['image', readImage],
  ['document', readDocument],
  ['search_result', readSearchResult],
];
const resultBlocks: Readers<Given> = new Map([...givenReaders, ['tool_reference', readToolReference]]);
const userBlocks: Readers<MessagePart> = new Map<string, Reader<MessagePart>>([
  ...givenReaders,
  ['tool_result', readToolResult],
]);
const assistantBlocks: Readers<MessagePart> = new Map<string, Reader<MessagePart>>([
  ['text', readText],
  ['thinking', readThinking],
  ['redacted_thinking', readRedactedThinking],
  ['tool_use', readToolUse],
]);
const systemBlocks: Readers<TextPart> = new Map([['text', readText]]);
const documentBlocks: Readers<Given> = new Map<string, Reader<Given>>([
  ['text', readText],
  ['image', readImage],
]);

/** @throws CallError */
export function readUserContent(content: Field): MessagePart[] {
  return readContent(content, userBlocks);
}

/**
 * What this server wrote in the place of an image is none of the model's words: it is left out, and the text around it is one.
 *
 * @throws CallError
 */
export function readAssistantContent(content: Field): { parts: MessagePart[]; hadImages: boolean } {
  const read = readContent(content, assistantBlocks);
  const parts = read.filter((part) => !isNote(part));
  if (parts.length === read.length) return { parts, hadImages: false };
  const joined: MessagePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === 'text' && last?.type === 'text') joined.splice(-1, 1, { ...last, text: last.text + part.text });
    else joined.push(part);
  }
  return { parts: joined, hadImages: true };
}

function isNote(part: MessagePart): boolean {
  return part.type === 'text' && part.text === IMAGE_HAS_NO_FORM;
}

/** The texts of a system prompt, in order. @throws CallError */
export function readSystemContent(content: Field): string[] {
  return readContent(content, systemBlocks).map(({ text }) => text);
}

function readContent<Part>(content: Field, readers: Readers<Part | TextPart>): (Part | TextPart)[] {
  if (typeof content.value === 'string') return toTexts(content.value);
  return content.list().flatMap((block) => {
    const type = block.member('type');
    const read = readers.get(type.text());
    if (read) return read(block);
    throw type.refuse(
      `A block of the type "${type.text().slice(0, 100)}" cannot be passed on to a model from here, only ${[...readers.keys()].join(', ')}.`,
    );
  });
}

function toTexts(text: string): TextPart[] {
  return text === '' ? [] : [{ type: 'text', text }];
}

function readText(block: Field): TextPart[] {
  return toTexts(block.member('text').text());
}

function readImage(block: Field): FilePart[] {
  const source = block.member('source');
  const type = source.member('type');
  if (type.value !== 'base64') throw notFetched(type, 'an image', 'base64');
  return [readFile(source, /^image\/[\w.+-]+$/, null)];
}

function notFetched(type: Field, noun: string, taken: string): Error {
  return type.refuse(
    `This server fetches no files (its operator may allow it by FILE_URLS): ${noun} is taken only as ${taken}.`,
  );
}

function readFile(source: Field, mediaTypes: RegExp, name: string | null): FilePart {
  const mediaType = source.member('media_type');
  const type = mediaType.text().toLowerCase();
  if (!mediaTypes.test(type)) throw mediaType.refuse('Files of this type cannot be given here.');
  const data = source.member('data');
  if (!isBase64(data.filledText())) throw data.refuse('It must be base64, without a prefix.');
  return { type: 'file', mediaType: type, data: data.text(), name };
}

/** Whether both ends look like it: all of the longest text would take a fifth of a second. */
function isBase64(text: string): boolean {
  const beginning = text.slice(0, -4).slice(0, 2000);
  return (
    text.length % 4 === 0 && /^[A-Za-z0-9+/]*$/.test(beginning) && /^[A-Za-z0-9+/]{2,4}={0,2}$/.test(text.slice(-4))
  );
}

function readDocument(block: Field): Given[] {
  const source = block.member('source');
  const type = source.member('type');
  const title = block.member('title').optional((field) => field.text());
  const context = block.member('context').optional((field) => field.text());
  switch (type.value) {
    case 'base64':
      return [
        ...toTexts(context ?? ''),
        // The type of the file is checked by the model's provider, which alone knows what it takes.
        readFile(source, /^(?:application|text)\/[\w.+-]+$/, title ?? null),
      ];
    case 'text':
      return framed(toTexts(source.member('data').text()), 'document', { title }, context);
    case 'content':
      return framed(readContent(source.member('content'), documentBlocks), 'document', { title }, context);
    default:
      throw notFetched(type, 'a document', 'base64, text or content');
  }
}

function readSearchResult(block: Field): Given[] {
  const title = block.member('title').text();
  const source = block.member('source').text();
  return framed(readContent(block.member('content'), systemBlocks), 'search_result', { title, source });
}

/** What a model reads as one thing, between tags, since no provider but Anthropic has a form for it. */
function framed(
  content: Given[],
  tag: string,
  attributes: Record<string, string | undefined>,
  context?: string | undefined,
): Given[] {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined);
  const named = given.map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join('');
  const before = `<${tag}${named}>\n${context ? `${context}\n\n` : ''}`;
  const after = `\n</${tag}>`;
  const [only] = content;
  if (content.length === 1 && only?.type === 'text') return toTexts(before + only.text + after);
  return [...toTexts(before), ...content, ...toTexts(after)];
}

/** The tool itself is among the request's tools. */
function readToolReference(block: Field): TextPart[] {
  return toTexts(`The tool "${block.member('tool_name').text()}" can be called now.`);
}

function readToolUse(block: Field): MessagePart[] {
  return [
    {
      type: 'toolCall',
      id: block.member('id').filledText(),
      name: block.member('name').filledText(),
      arguments: JSON.stringify(block.member('input').json()),
      // Beyond Anthropic's API: Gemini's proof of the thought behind the call, which such an answer had.
      signature: block.member('signature').optional((field) => field.text()) ?? null,
    },
  ];
}

function readToolResult(block: Field): MessagePart[] {
  const isError = block.member('is_error').optional((field) => field.flag());
  return [
    {
      type: 'toolResult',
      callId: block.member('tool_use_id').filledText(),
      content: block.member('content').optional((content) => readContent(content, resultBlocks)) ?? [],
      ...(isError && { isError }),
    },
  ];
}

/** Only models of Anthropic sign what they think; a thought without a signature comes from another. */
function readThinking(block: Field): MessagePart[] {
  const signature = block.member('signature').optional((field) => field.text()) || null;
  return [{ type: 'reasoning', text: block.member('thinking').text(), signature }];
}

function readRedactedThinking(block: Field): MessagePart[] {
  return [{ type: 'reasoning', text: '', signature: block.member('data').filledText(), redacted: true }];
}
