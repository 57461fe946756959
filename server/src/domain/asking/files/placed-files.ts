import type { FileRow } from '../../../database/files/files.ts';
import type { Model } from '../../catalogue/catalogue.ts';
import { FileNotReadableError, InvalidInputError } from '../../ground/errors.ts';
import { fileTokens } from '../../ground/file-tokens/file-tokens.ts';
import { type FileForm, frameSize, type StoredFilePart } from '../../ground/stored-files.ts';
import { OTHER_TOKENIZERS } from '../../ground/tokens.ts';

/** What is known of a file without its bytes, as far as it decides on what models are sent. */
export type SentFile = Pick<
  FileRow,
  | 'id'
  | 'name'
  | 'kind'
  | 'media_type'
  | 'bytes'
  | 'content_hash'
  | 'text_hash'
  | 'text_tokens'
  | 'text_bytes_max'
  | 'pages'
  | 'width'
  | 'height'
>;

/** A file in its place before a prompt's text, as one model is sent it. */
export interface PlacedFile {
  /** Null: the model cannot read it. */
  part: StoredFilePart | null;
  /** The line that stands in its place where it is not sent. */
  absence: string;
}

/**
 * What one request carries of files that are sent as such: Anthropic takes 32 MB in all, Gemini 20 MB in the request,
 * both some 100 pages, and many servers of open models a few images.
 */
const NATIVE_MAX = { bytes: 20 * 1024 * 1024, pages: 100, files: 20 };

/** The room in one request for files that are sent as such. */
export class NativeRoom {
  #bytes = 0;
  #pages = 0;
  #files = 0;

  /** Takes room for the file. @returns false if there is not enough, and takes none then */
  take({ bytes, pages }: Pick<StoredFilePart, 'bytes' | 'pages'>): boolean {
    if (this.#bytes + bytes > NATIVE_MAX.bytes || this.#files >= NATIVE_MAX.files || !this.hasPages(pages))
      return false;
    this.#bytes += bytes;
    this.#pages += pages ?? 0;
    this.#files += 1;
    return true;
  }

  hasPages(pages: number | null): boolean {
    return this.#pages + (pages ?? 0) <= NATIVE_MAX.pages;
  }
}

/** The files of an earlier prompt as the model would be sent them. */
export function placedFiles(files: readonly SentFile[], model: Model): PlacedFile[] {
  return files.map((file) => ({
    part: partOf(file, formOf(file, model, new NativeRoom()), model),
    absence: absenceOf(file),
  }));
}

/**
 * The files of the new prompt as the model is sent them. PDFs that are too large for one request, or have too many pages,
 * are sent as their text.
 *
 * @param areRequired whether the model must be able to read all of them
 * @throws FileNotReadableError; InvalidInputError (`fileIds`) if those without a text are too large for one request
 */
export function promptFiles(files: readonly SentFile[], model: Model, areRequired: boolean): PlacedFile[] {
  const room = new NativeRoom();
  const forms = new Map<SentFile, FileForm | null>();
  // What has no text has the first claim to the room.
  for (const file of [...files.filter(hasNoText), ...files.filter((file) => !hasNoText(file))]) {
    const form = formOf(file, model, room);
    if (form === null && areRequired) throw refusalOf(file, model, room);
    forms.set(file, form);
  }
  return files.map((file) => ({
    part: partOf(file, forms.get(file) ?? null, model),
    absence: absenceOf(file),
  }));
}

function refusalOf(file: SentFile, model: Model, room: NativeRoom): Error {
  if (!isSeen(file, model) || !room.hasPages(file.pages)) return new FileNotReadableError({ file, model });
  return new InvalidInputError(
    'fileIds',
    `The images and PDFs of this prompt are too large together: ${model.name} can be sent ${NATIVE_MAX.bytes / 1024 / 1024} MB of them at once.`,
  );
}

function hasNoText({ text_hash }: SentFile): boolean {
  return text_hash === null;
}

function isSeen({ kind }: SentFile, model: Model): boolean {
  return (kind === 'IMAGE' || kind === 'PDF' || kind === 'AUDIO') && model.accepts.includes(kind);
}

/** Takes the room of a file that is sent as such. @returns null if the model cannot be sent it in any form */
function formOf(file: SentFile, model: Model, room: NativeRoom): FileForm | null {
  if (isSeen(file, model) && room.take(file)) return 'NATIVE';
  return hasNoText(file) ? null : 'TEXT';
}

function partOf(file: SentFile, form: FileForm | null, model: Model): StoredFilePart | null {
  const { name, media_type: mediaType, pages } = file;
  const common = { type: 'storedFile' as const, name, mediaType, pages };
  if (form === 'NATIVE') {
    const { likely, most } = fileTokens(measured(file), model);
    const { content_hash: hash, bytes } = file;
    return { ...common, form, hash, bytes, tokens: { likely, reserved: likely, most: boundOf(most, likely, model) } };
  }
  const { text_hash: hash, text_tokens: tokens, text_bytes_max: bytesMax } = file;
  if (form === null || hash === null || tokens === null || bytesMax === null) return null;
  const frame = frameSize({ name, pages });
  return {
    ...common,
    form,
    hash,
    bytes: bytesMax,
    tokens: {
      likely: tokens + frame.tokens,
      reserved: Math.ceil((tokens + frame.tokens) * OTHER_TOKENIZERS),
      most: bytesMax + frame.bytesMax,
    },
  };
}

/** A provider bills no request that is longer than its window; one whose window nobody knows may, if there is a number. */
function boundOf(most: number, likely: number, { providerWindow, contextWindow }: Model): number {
  const window = Math.max(providerWindow ?? 0, contextWindow, likely);
  return providerWindow === undefined && Number.isFinite(most) ? most : Math.min(most, window);
}

function measured({
  kind,
  name,
  width,
  height,
  pages,
  text_tokens: textTokens,
  text_bytes_max: textBytesMax,
}: SentFile) {
  return { kind, name, width, height, pages, textTokens, textBytesMax };
}

const kinds: Record<SentFile['kind'], string> = {
  IMAGE: 'image',
  PDF: 'PDF',
  DOCUMENT: 'document',
  TEXT: 'file',
  AUDIO: 'recording',
};

function absenceOf({ kind, name }: SentFile): string {
  return `[${kinds[kind]} ${name} left out]`;
}
