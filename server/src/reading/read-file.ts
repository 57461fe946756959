import { open, stat, writeFile } from 'node:fs/promises';
import { toStorable } from '../domain/ground/storable-text.ts';
import { ByteMeter, estimateTokens, pieces } from '../domain/ground/tokens.ts';
import { FileRefusedError, type ReadFile } from '../ports/file-reader.ts';
import { readOfficeFile } from './documents/office-file.ts';
import { readPdf } from './documents/pdf.ts';
import { formOf, HEAD_BYTES } from './forms.ts';
import { readImage } from './images.ts';
import { TEXT_BYTES_MAX } from './limits.ts';
import { harmlessName } from './names.ts';
import type { ReadParts } from './read-parts.ts';
import { tooMuchText } from './refusals.ts';
import { readTextFile } from './text/text-file.ts';

/**
 * Reads a file in the process of its own. The text is written beside it, where it stays until it is kept: a pipe
 * would carry it in pieces through the event loop of the server, which would have it in memory.
 *
 * @throws FileRefusedError
 */
export async function readFileAt(path: string, name: string): Promise<ReadFile> {
  if ((await stat(path)).size === 0) throw new FileRefusedError('BROKEN', 'This file is empty.');
  const parts = await readParts(path, name);
  return {
    kind: parts.kind,
    mediaType: parts.mediaType,
    name: harmlessName(name, parts.extensions),
    contentPath: parts.contentPath ?? path,
    pages: parts.pages ?? null,
    width: parts.width ?? null,
    height: parts.height ?? null,
    thumbnailPath: parts.thumbnailPath ?? null,
    ...(await keepText(path, parts.text ?? null)),
  };
}

async function readParts(path: string, name: string): Promise<ReadParts> {
  const form = formOf(await headOf(path));
  switch (form) {
    case 'png':
    case 'jpeg':
    case 'gif':
    case 'webp':
      return readImage(path, form);
    case 'pdf':
      return readPdf(path);
    case 'zip':
      return readOfficeFile(path);
    case 'unknown':
      return readTextFile(path, name);
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

type KeptText = Pick<ReadFile, 'textPath' | 'textTokens' | 'textBytesMax'>;

async function keepText(path: string, found: string | null): Promise<KeptText> {
  if (found === null) return { textPath: null, textTokens: null, textBytesMax: null };
  const text = toStorable(found);
  if (Buffer.byteLength(text) > TEXT_BYTES_MAX) throw tooMuchText();
  const textPath = `${path}.text`;
  await writeFile(textPath, text);
  const meter = new ByteMeter();
  for (const piece of pieces(text)) meter.add(piece);
  return { textPath, textTokens: estimateTokens(text), textBytesMax: meter.bytesMax };
}
