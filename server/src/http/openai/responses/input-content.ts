import type { FilePart, TextPart } from '../../../ports/language-model.ts';
import { isBlank } from '../../calls/blank-text.ts';
import type { BodyFields } from '../body-fields.ts';
import { addPart } from '../chat-content.ts';
import { readDataUrl } from '../data-url.ts';

type Given = TextPart | FilePart;

const textTypes = ['input_text', 'output_text', 'text', 'refusal'] as const;
const fileTypes = ['input_image', 'input_file'] as const;

/**
 * What a field says, a text or a list: text, and files where `takesFiles`. Blank text is left out; texts that follow each
 * other are one.
 *
 * @throws CallError
 */
export function readContent(item: BodyFields, name: string, { takesFiles }: { takesFiles: boolean }): Given[] {
  const content = item.value(name);
  if (typeof content === 'string') return toTexts(content);
  const types = takesFiles ? [...textTypes, ...fileTypes] : textTypes;
  const given: Given[] = [];
  for (const part of item.objects(name) ?? []) {
    for (const read of readPart(part, types)) addPart(given, read, '\n');
  }
  return given;
}

function readPart(
  part: BodyFields,
  types: readonly ((typeof textTypes)[number] | (typeof fileTypes)[number])[],
): Given[] {
  const type = part.word('type', types);
  switch (type) {
    case null:
      throw part.refusal('type', 'is missing');
    case 'input_image':
      return [readImage(part)];
    case 'input_file':
      return [readFile(part)];
    default:
      return toTexts(part.text(type === 'refusal' ? 'refusal' : 'text') ?? '');
  }
}

function toTexts(text: string): TextPart[] {
  return isBlank(text) ? [] : [{ type: 'text', text }];
}

function readImage(part: BodyFields): FilePart {
  refuseStored(part);
  const file = readDataUrl(part, 'image_url');
  if (!file.mediaType.startsWith('image/')) {
    throw part.refusal('image_url', 'must be an image; send others as an input_file');
  }
  const detail = part.text('detail');
  return { type: 'file', ...file, name: null, ...(detail !== null && { detail }) };
}

function readFile(part: BodyFields): FilePart {
  refuseStored(part);
  if (part.has('file_url'))
    throw part.refusal(
      'file_url',
      'is not supported: this server fetches nothing (its operator may allow it by FILE_URLS)',
    );
  const name = part.text('filename');
  return { type: 'file', ...readFileData(part, name), name };
}

function refuseStored(part: BodyFields): void {
  if (part.has('file_id')) throw part.refusal('file_id', 'names a file, and this server keeps none: send its data');
}

/** OpenAI takes the bytes of a file with or without the head of a data URL. */
function readFileData(part: BodyFields, name: string | null): Pick<FilePart, 'mediaType' | 'data'> {
  const data = part.requiredText('file_data');
  const mediaType = mediaTypes.get(name?.split('.').at(-1)?.toLowerCase() ?? '');
  if (/^[a-z]+:/i.test(data.slice(0, 10)) || mediaType === undefined) return readDataUrl(part, 'file_data');
  return { mediaType, data };
}

/** By the endings of names. */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ['pdf', 'application/pdf'],
  ['json', 'application/json'],
  ['csv', 'text/csv'],
  ['html', 'text/html'],
  ['md', 'text/markdown'],
  ['txt', 'text/plain'],
  ['xml', 'text/xml'],
]);
