import { claudeTokens } from './claude-images.ts';
import type { FileRule, FileTokens, Size } from './file-rule.ts';
import { patchTokens, tileTokens } from './openai-images.ts';
import { geminiBudgetImage, geminiTileTokens, grokTokens, pixelTokens, unknownTokens } from './other-images.ts';

/**
 * What is known of a file before it is sent; null: not known.
 *
 * IMAGE and PDF are those that are sent as they are. Of what is sent as text, only the text counts: `kind` TEXT, or
 * DOCUMENT, whichever the file is.
 */
export interface MeasuredFile {
  kind: 'IMAGE' | 'PDF' | 'DOCUMENT' | 'TEXT' | 'AUDIO';
  /** Of any length. */
  name?: string | null | undefined;
  /** Pixels, as it is sent. */
  width?: number | null | undefined;
  height?: number | null | undefined;
  /** How closely an image is to be looked at (`FilePart.detail`). */
  detail?: string | undefined;
  pages?: number | null | undefined;
  /** Of the text that it holds, as `estimateTokens` and `ByteMeter` measure it. */
  textTokens?: number | null | undefined;
  textBytesMax?: number | null | undefined;
}

/** Tokens of the marks around a file. */
const FRAME_TOKENS_MAX = 32;
/** Bytes that one byte of a name becomes at most where a tokenizer normalizes first; see `ByteMeter`. */
const NORMALIZED_BYTES_MAX = 11;
/** Tokens of the text on a page, where nobody found one, as in a scan: https://platform.claude.com/docs/en/build-with-claude/pdf-support */
const PAGE_TEXT: FileTokens = { likely: 0, most: 6000 };
/** The most of them by the page named there. */
const PAGE_TEXT_PUBLISHED = 3000;
/** Where not even the number of pages is known. */
const UNKNOWN_DOCUMENT_TOKENS = 3000;
/** A page of US letter at 96 dots an inch: what providers make of a page, they do not say. */
const PAGE: Size = { width: 816, height: 1056 };
/** An image of which nothing is known may be as large as a provider takes it. */
const HUGE: Size = { width: 65_535, height: 65_535 };
const UNKNOWN_IMAGE_TOKENS = 1000;

/**
 * About how many input tokens a file takes in a request to the model, and the most that its provider bills for it, by the
 * provider's published rule. `most` is infinite only where nothing bounds it: a document of unknown length, or a
 * recording. A file that is larger never has a lower `most`.
 */
export function fileTokens(file: MeasuredFile, { fileRule }: { fileRule?: FileRule | undefined }): FileTokens {
  const { likely, most } = contentTokens(file, fileRule);
  return { likely: Math.max(1, likely), most: Math.max(1, likely, most) + FRAME_TOKENS_MAX + nameTokensMax(file) };
}

/** Each byte of a name may be a token. It is not normalized here: a program's name may have megabytes. */
function nameTokensMax({ name }: MeasuredFile): number {
  const bytes = Buffer.byteLength(name ?? '');
  return bytes === (name ?? '').length ? bytes : bytes * NORMALIZED_BYTES_MAX;
}

function contentTokens(file: MeasuredFile, rule: FileRule | undefined): FileTokens {
  switch (file.kind) {
    case 'IMAGE':
      return imageOf(file, rule);
    case 'PDF':
      return pdfTokens(file, rule);
    case 'AUDIO':
      return unbounded(file);
    default:
      return textTokens(file) ?? unbounded(file);
  }
}

function imageOf({ width, height, detail }: MeasuredFile, rule: FileRule | undefined): FileTokens {
  if (width && height) return imageTokens(rule, { width, height }, detail);
  const { most } = imageTokens(rule, HUGE, detail);
  return { likely: Math.min(UNKNOWN_IMAGE_TOKENS, most), most };
}

function imageTokens(rule: FileRule | undefined, size: Size, detail?: string): FileTokens {
  switch (rule?.by) {
    case 'tiles':
      return tileTokens(rule, size, detail);
    case 'patches':
      return patchTokens(rule, size, detail);
    case 'claude':
      return claudeTokens(rule, size);
    case 'gemini-tiles':
      return geminiTileTokens(size);
    case 'gemini-budget':
      return geminiBudgetImage;
    case 'grok':
      return grokTokens(size);
    case 'pixels':
      return pixelTokens(size);
    case undefined:
      return unknownTokens(size);
  }
}

/**
 * Tokens of a PDF that a provider reads itself: of each page an image, and its text. OpenAI
 * (https://platform.openai.com/docs/guides/pdf-files) and Anthropic
 * (https://platform.claude.com/docs/en/build-with-claude/pdf-support) bill both and do not say how large they make the
 * image; Gemini bills a page as 258 tokens, from 3 on as 560 at most, and its text not at all
 * (https://ai.google.dev/gemini-api/docs/document-processing, https://ai.google.dev/gemini-api/docs/media-resolution).
 *
 * The text that was found here does not bound what a provider finds: a page may be an image of its text, beside an empty
 * layer of text or one that lies. So each page counts as full of text beside it.
 */
function pdfTokens(file: MeasuredFile, rule: FileRule | undefined): FileTokens {
  const { pages } = file;
  if (pages === null || pages === undefined) return unbounded(file);
  const page = pageTokens(rule);
  const found = textTokens(file);
  const billsText = rule?.by !== 'gemini-tiles' && rule?.by !== 'gemini-budget';
  const textLikely = billsText ? (found?.likely ?? pages * PAGE_TEXT.likely) : 0;
  const textMost = Math.max(pages * PAGE_TEXT.most, (found?.most ?? 0) + pages * PAGE_TEXT_PUBLISHED);
  return { likely: pages * page.likely + textLikely, most: pages * page.most + textMost };
}

/** The image of a page. */
function pageTokens(rule: FileRule | undefined): FileTokens {
  switch (rule?.by) {
    case 'gemini-tiles':
      return { likely: 258, most: 258 };
    case 'gemini-budget':
      // `most` is the next larger budget.
      return { likely: 560, most: 1120 };
    case 'patches':
      // As an image at the detail `high`: a page is drawn for reading.
      return { likely: imageTokens(rule, PAGE, 'high').likely, most: imageTokens(rule, HUGE, 'high').most };
    case 'pixels':
      return { likely: imageTokens(rule, PAGE).likely, most: imageTokens(rule, { width: 2048, height: 2048 }).most };
    default:
      return { likely: imageTokens(rule, PAGE).likely, most: imageTokens(rule, HUGE).most };
  }
}

function textTokens({ textTokens: tokens, textBytesMax }: MeasuredFile): FileTokens | null {
  if (tokens === null || tokens === undefined) return null;
  return { likely: tokens, most: Math.max(tokens, textBytesMax ?? 0) };
}

function unbounded({ textTokens: tokens }: MeasuredFile): FileTokens {
  return { likely: tokens ?? UNKNOWN_DOCUMENT_TOKENS, most: Number.POSITIVE_INFINITY };
}
