import { readFile, writeFile } from 'node:fs/promises';
import type { RemoteAnswer } from '../../../internet/remote-file.ts';
import type { BuiltInReach } from '../../../ports/built-in-tool.ts';
import type { PageLink } from '../../../ports/file-reader.ts';

/** A page as text, whatever it is made of. */
export interface PageText {
  title: string | null;
  text: string;
  links: readonly PageLink[];
  refreshUrl: string | null;
}

/** What reads pages, and where they are while they are read. */
export type PageReading = Pick<BuiltInReach, 'reader' | 'withPath'>;

/** Null: there is no text in it. @throws FileRefusedError, RateLimitError; the signal's reason once that is aborted */
export async function readAnswer(
  { reader, withPath }: PageReading,
  { bytes, contentType, charset, url }: RemoteAnswer,
  signal: AbortSignal,
): Promise<PageText | null> {
  if (isPicture(contentType) || bytes.length === 0) return null;
  return withPath(async (path) => {
    await writeFile(path, bytes);
    if (isHtml(bytes, contentType)) {
      const { textPath, ...page } = await (await reader()).readPage(path, { url, charset }, signal);
      return { ...page, text: await readFile(textPath, 'utf8') };
    }
    const { textPath } = await (await reader()).read(path, nameIn(url), signal);
    if (textPath === null) return null;
    return { title: null, links: [], refreshUrl: null, text: await readFile(textPath, 'utf8') };
  });
}

function isPicture(contentType: string): boolean {
  return /^(?:image\/(?!svg)|audio\/|video\/|font\/)/.test(contentType);
}

function isHtml(bytes: Buffer, contentType: string): boolean {
  if (contentType === 'text/html' || contentType === 'application/xhtml+xml') return true;
  const isUntold = contentType === '' || contentType === 'application/octet-stream';
  return isUntold && /^\s*<(?:!doctype html|html[\s>])/i.test(bytes.toString('latin1', 0, 500));
}

function nameIn(url: string): string {
  return new URL(url).pathname.split('/').at(-1)?.slice(0, 100) || 'page';
}
