import type { MessagePart, ModelMessage } from '../../ports/language-model.ts';
import { ByteMeter, estimateTokens } from './tokens.ts';

/** As what a model is sent a file: as the file itself, or as the text that was read out of it. */
export type FileForm = 'NATIVE' | 'TEXT';

/** A message of a conversation, whose files are loaded just before it is sent. */
export interface StoredMessage {
  role: ModelMessage['role'];
  /** In their order. */
  parts: readonly (MessagePart | StoredFilePart)[];
}

/** A file of a prompt as one model is sent it, without its bytes. */
export interface StoredFilePart {
  type: 'storedFile';
  form: FileForm;
  name: string;
  mediaType: string;
  /** Of the content that is sent: the file's own, or its text's. */
  hash: string;
  /** The most bytes that the content has. */
  bytes: number;
  pages: number | null;
  tokens: StoredFileTokens;
}

/** Input tokens of a file. */
export interface StoredFileTokens {
  likely: number;
  /** With a reserve for other tokenizers. */
  reserved: number;
  /** The most that a provider bills. */
  most: number;
}

/** What a model was sent of files. */
export interface SentFiles {
  /** Of the prompt's own, in their order; null: it was not sent. */
  forms: readonly (FileForm | null)[];
  /** How many files of earlier turns it was not sent, those of turns that were left out among them. */
  leftOut: number;
}

/** The file's text as a model reads it: between two tags that tell its name, the second of which it does not have itself. */
export function framed({ name, pages, hash }: FrameOf, text: string): string {
  return frame({ name, pages }, text.includes('</file') ? `file-${hash.slice(0, 12)}` : 'file', text);
}

type FrameOf = Pick<StoredFilePart, 'name' | 'pages' | 'hash'>;

function frame({ name, pages }: Pick<FrameOf, 'name' | 'pages'>, tag: string, text: string): string {
  const pagesOf = pages === null ? '' : ` pages="${pages}"`;
  return `<${tag} name="${escaped(name)}"${pagesOf}>\n${text}\n</${tag}>`;
}

function escaped(name: string): string {
  return name
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&quot;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\s/g, ' ');
}

/** What `framed` adds to a text: estimated tokens, and bytes at most. */
export function frameSize(of: Pick<FrameOf, 'name' | 'pages'>): { tokens: number; bytesMax: number } {
  const longest = frame(of, `file-${'0'.repeat(12)}`, '');
  const meter = new ByteMeter();
  meter.add(longest);
  return { tokens: estimateTokens(longest), bytesMax: meter.bytesMax };
}
