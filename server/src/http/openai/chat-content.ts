import type { FilePart, TextPart } from '../../ports/language-model.ts';
import { isBlank } from '../calls/blank-text.ts';
import type { BodyFields } from './body-fields.ts';
import { readDataUrl } from './data-url.ts';

/** What a message says: text, and files where `takesFiles`. Blank text is left out; texts that follow each other are one. */
export function readContent(message: BodyFields, { takesFiles }: { takesFiles: boolean }): (TextPart | FilePart)[] {
  const content = message.value('content');
  if (typeof content === 'string') return isBlank(content) ? [] : [{ type: 'text', text: content }];
  const parts: (TextPart | FilePart)[] = [];
  for (const fields of message.objects('content') ?? []) {
    const part = takesFiles ? readPart(fields) : readTextPart(fields);
    if (part.type === 'file' || !isBlank(part.text)) addPart(parts, part, '\n');
  }
  return parts;
}

/** Adds a part; a text after a text goes on with it. */
export function addPart<Part extends { type: string }>(
  parts: (Part | TextPart)[],
  part: Part | TextPart,
  separator: string,
): void {
  const last = parts.at(-1);
  if (!isText(last) || !isText(part)) parts.push(part);
  else parts[parts.length - 1] = { type: 'text', text: last.text + separator + part.text };
}

function isText(part: { type: string } | undefined): part is TextPart {
  return part?.type === 'text';
}

function readTextPart(fields: BodyFields): TextPart {
  const type = fields.requiredText('type');
  if (type === 'text') return { type, text: fields.text('text') ?? '' };
  // What an assistant said when it declined is what it said.
  if (type === 'refusal') return { type: 'text', text: fields.text('refusal') ?? '' };
  throw fields.refusal('type', 'must be text: this message has no other parts');
}

function readPart(fields: BodyFields): TextPart | FilePart {
  const type = fields.requiredText('type');
  switch (type) {
    case 'text':
      return { type, text: fields.text('text') ?? '' };
    case 'image_url':
      return readImage(fields);
    case 'input_audio':
      return readAudio(fields.requiredObject(type));
    case 'file':
      return readFile(fields.requiredObject(type));
    default:
      throw fields.refusal('type', 'must be text, image_url, input_audio or file');
  }
}

function readImage(part: BodyFields): FilePart {
  // The object was a string once, and some clients still send that.
  const isBare = typeof part.value('image_url') === 'string';
  const image = isBare ? part : part.requiredObject('image_url');
  const field = isBare ? 'image_url' : 'url';
  const file = readDataUrl(image, field);
  if (!file.mediaType.startsWith('image/')) throw image.refusal(field, 'must be an image; send others as a file');
  const detail = isBare ? null : image.text('detail');
  return { type: 'file', ...file, name: null, ...(detail !== null && { detail }) };
}

function readAudio(audio: BodyFields): FilePart {
  const data = audio.requiredText('data');
  if (!audio.has('format')) throw audio.refusal('format', 'is missing');
  const format = audio.word('format', ['wav', 'mp3']);
  return { type: 'file', mediaType: format === 'mp3' ? 'audio/mpeg' : 'audio/wav', data, name: null };
}

function readFile(file: BodyFields): FilePart {
  if (file.has('file_id')) throw file.refusal('file_id', 'names a file that this server does not keep: send file_data');
  return { type: 'file', ...readDataUrl(file, 'file_data'), name: file.text('filename') };
}
