import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Domain } from '../../domain/domain.ts';
import type { FileRow } from '../../domain/files/files.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { parseRange } from './byte-range.ts';
import { contentDisposition } from './disposition.ts';

/** How long a client may take nothing, in ms. */
export const SILENCE_MS_MAX = 60_000;

/** A file runs nothing and loads nothing, even where a browser can be brought to take it for a page. */
export const policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export interface Served {
  hash: string;
  mediaType: string;
  /** Shown by the browser, and not saved: of forms that can do nothing. */
  isShown: boolean;
  name: string;
}

/** What is served of a file at its address. */
export function wholeFile(file: FileRow, isDownload: boolean): Served {
  // Images are encoded anew when they are uploaded; a PDF or a text stays what its sender made of it.
  const isShown = file.kind === 'IMAGE' && !isDownload;
  return { hash: file.content_hash, mediaType: file.media_type, isShown, name: file.name };
}

/** @throws NotFoundError if there is no thumbnail */
export function thumbnailOf({ thumbnail_hash: hash, name }: FileRow): Served {
  if (hash === null) throw new NotFoundError('thumbnail');
  return { hash, mediaType: 'image/webp', isShown: true, name: `${name}.webp` };
}

/**
 * Answers a GET or HEAD with the content or a part of it, as fast as the client takes it. Browsers may keep it, and ask each
 * time whether they still may show it.
 *
 * @throws NotFoundError, FileStoreError
 */
export async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  { hash, mediaType, isShown, name }: Served,
  contents: Domain['fileContents'],
): Promise<void> {
  const etag = `"${hash}"`;
  res.setHeader('ETag', etag);
  res.setHeader('Cache-Control', 'private, no-cache');
  if (isKnown(req.headers['if-none-match'], etag)) return void res.writeHead(304).end();
  const bytes = await contents.bytesOf(hash);
  if (bytes === null) throw new NotFoundError('file');
  const { 'if-range': condition, range: asked } = req.headers;
  const range = condition === undefined || condition === etag ? parseRange(asked, bytes) : null;
  res.setHeader('Accept-Ranges', 'bytes');
  if (range === 'unsatisfiable') {
    return void res.writeHead(416, { 'Content-Range': `bytes */${bytes}`, 'Content-Length': 0 }).end();
  }
  const { start, end } = range ?? { start: 0, end: bytes - 1 };
  const head = {
    // Texts are kept in UTF-8.
    'Content-Type': /^text\/|json$/.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType,
    'Content-Length': end - start + 1,
    'Content-Disposition': contentDisposition(isShown ? 'inline' : 'attachment', name),
    'Content-Security-Policy': policy,
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${bytes}` }),
  };
  if (req.method === 'HEAD') return void res.writeHead(range ? 206 : 200, head).end();
  const opened = await contents.open(hash, { start, end });
  if (!opened) throw new NotFoundError('file');
  res.writeHead(range ? 206 : 200, head);
  res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  await pipeline(opened.stream, res).catch((error: unknown) => {
    // A client that has gone gets no more.
    if (!res.destroyed || res.errored) throw error;
  });
}

/** Whether an If-None-Match names the tag. */
export function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => [etag, `W/${etag}`, '*'].includes(tag.trim()));
}
