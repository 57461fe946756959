import type { IncomingMessage, ServerResponse } from 'node:http';
import { tooLarge } from '../../domain/files/base64-file.ts';
import { deleteFile, type FileRow, findFiles } from '../../domain/files/files.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId, parseGlobalId } from '../../domain/ground/global-ids.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { type CallsOptions, requireViewer } from '../calls/call-request.ts';
import { waitOf } from '../exports/download.ts';
import { sendJson } from '../rest/operation.ts';
import type { Route } from '../route.ts';
import { writeFileOf } from './multipart.ts';
import { refusingFiles } from './refusal.ts';
import { serve, thumbnailOf, wholeFile } from './serving.ts';

export type FileRoutesOptions = Pick<CallsOptions, 'domain' | 'origins' | 'findViewer' | 'uploads'>;

/** What a multipart body has beside its file. */
const FRAME_BYTES_MAX = 16 * 1024;

/** `POST /files`, and `GET` and `DELETE /files/<id>`, `GET /files/<id>/thumbnail`. */
export function createFileRoutes(options: FileRoutesOptions): Route[] {
  return [
    {
      name: 'upload',
      matches: (path) => path === '/files' || path === '/files/',
      handle: refusingFiles((req, res) => upload(req, res, options)),
    },
    {
      name: 'file',
      matches: (path) => pattern.test(path),
      handle: refusingFiles((req, res) => answer(req, res, options)),
    },
  ];
}

const pattern = /^\/files\/([^/]+)(\/thumbnail)?\/?$/;

async function upload(req: IncomingMessage, res: ServerResponse, options: FileRoutesOptions): Promise<void> {
  if (req.method !== 'POST') throw notAllowed(res, 'POST');
  const { uploads, domain } = options;
  const viewer = await requireViewer(req, options, 'PROMPT');
  const waitMs = await waitOf(uploads, viewer.id);
  if (waitMs > 0) {
    throw new CallError(
      problem('rateLimited', 'You have uploaded many files. Wait a while.', { retryAfterSeconds: waitMs / 1000 }),
    );
  }
  if (Number(req.headers['content-length'] ?? 0) > domain.uploads.bytesMax + FRAME_BYTES_MAX) {
    throw tooLarge(domain.uploads.bytesMax);
  }
  const gone = new AbortController();
  const giveUp = () => gone.abort(new Error('The client has gone.'));
  res.once('close', giveUp);
  if (res.destroyed) giveUp();
  const file = await domain.uploads.receive(viewer, (path, limits) => writeFileOf(req, path, limits), gone.signal);
  sendJson(res.setHeader('Location', `${options.origins.basePath}/files/${publicId(file)}`), 201, toJson(file));
}

async function answer(req: IncomingMessage, res: ServerResponse, options: FileRoutesOptions): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://localhost');
  const [, id = '', thumbnail] = pattern.exec(url.pathname) ?? [];
  const isThumbnail = thumbnail !== undefined;
  const { method } = req;
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead && (method !== 'DELETE' || isThumbnail)) {
    throw notAllowed(res, isThumbnail ? 'GET, HEAD' : 'GET, HEAD, DELETE');
  }
  const viewer = await requireViewer(req, options, ...(isRead ? (['READ', 'PROMPT'] as const) : (['PROMPT'] as const)));
  const { db, fileContents, fileCleaner } = options.domain;
  const localId = fileIdOf(id);
  if (!isRead) {
    await deleteFile(db, viewer.id, localId);
    fileCleaner.wake();
    return void res.writeHead(204).end();
  }
  const [file] = await findFiles(db, viewer.id, [localId]);
  if (!file) throw new NotFoundError('file');
  const served = isThumbnail ? thumbnailOf(file) : wholeFile(file, url.searchParams.has('download'));
  await serve(req, res, served, fileContents);
}

function toJson(file: FileRow): object {
  const { name, media_type: mediaType, kind, bytes, pages, width, height } = file;
  return { id: publicId(file), name, mediaType, kind, bytes, pages, width, height };
}

function publicId({ id }: FileRow): string {
  return encodeGlobalId('File', id);
}

/** @throws NotFoundError */
function fileIdOf(segment: string): string {
  const parsed = parseGlobalId(decoded(segment));
  if (parsed?.typename !== 'File') throw new NotFoundError('file');
  return parsed.id;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function notAllowed(res: ServerResponse, allowed: string): CallError {
  res.setHeader('Allow', allowed);
  return new CallError(problem('methodNotAllowed', `Use ${allowed}.`));
}
