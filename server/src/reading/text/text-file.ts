import { readFile, writeFile } from 'node:fs/promises';
import { toStorable } from '../../domain/ground/storable-text.ts';
import { TEXT_BYTES_MAX } from '../limits.ts';
import { extensionOf } from '../names.ts';
import type { ReadParts } from '../read-parts.ts';
import { notAllowed, tooMuchText } from '../refusals.ts';
import { decodeText } from './encodings.ts';

/** Reads a file that begins like none of the forms: it is text, in some encoding, or refused. What is kept is UTF-8. */
export async function readTextFile(path: string, name: string): Promise<ReadParts> {
  const bytes = await readFile(path);
  const decoded = decodeText(bytes);
  if (decoded === null) throw notAllowed('This kind of file');
  const text = toStorable(decoded);
  const content = Buffer.from(text);
  if (content.length > TEXT_BYTES_MAX) throw tooMuchText();
  const mediaType = mediaTypes[extensionOf(name)] ?? 'text/plain';
  if (content.equals(bytes)) return { kind: 'TEXT', mediaType, text };
  const contentPath = `${path}.content`;
  await writeFile(contentPath, content);
  return { kind: 'TEXT', mediaType, text, contentPath };
}

/** What a text may be by its name: all that a browser does not execute. The rest is plain text. */
const mediaTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  md: 'text/markdown',
  markdown: 'text/markdown',
  json: 'application/json',
};
