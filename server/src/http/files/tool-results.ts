import type { IncomingMessage, ServerResponse } from 'node:http';
import { loadResultImage } from '../../domain/answering/calls/shown-calls.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { WaitingRoom } from '../../domain/ground/waiting-room.ts';
import { CallError, problem } from '../calls/call-problem.ts';
import { requireViewer } from '../calls/call-request.ts';
import type { Route } from '../route.ts';
import { contentDisposition } from './disposition.ts';
import { refusingFiles } from './refusal.ts';
import type { FileRoutesOptions } from './routes.ts';
import { isKnown, policy, SILENCE_MS_MAX } from './serving.ts';

/** Images that are in memory at once; each may have several megabytes. */
const AT_ONCE = 16;

const pattern = /^\/tool-results\/([\w-]{1,64})\/(\d{1,4})$/;

/** `GET /tool-results/<id of a call>/<place>`: an image that a tool gave, for the member of the answer. */
export function createToolResultRoute(options: Omit<FileRoutesOptions, 'uploads'>): Route {
  const room = new WaitingRoom(AT_ONCE);
  return {
    name: 'tool-result',
    matches: (path) => pattern.test(path),
    handle: refusingFiles((req, res) => answer(req, res, { ...options, room })),
  };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  options: Omit<FileRoutesOptions, 'uploads'> & { room: WaitingRoom },
): Promise<void> {
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.setHeader('Allow', 'GET, HEAD');
    throw new CallError(problem('methodNotAllowed', 'Use GET, HEAD.'));
  }
  const { pathname } = new URL(req.url ?? '/', 'http://localhost');
  const [, callId = '', place = ''] = pattern.exec(pathname) ?? [];
  const viewer = await requireViewer(req, options, 'READ', 'PROMPT');
  const gone = new AbortController();
  res.once('close', () => gone.abort(new Error('The client has gone.')));
  const leave = await options.room.take(1, gone.signal);
  try {
    const image = await loadResultImage(options.domain, viewer.id, { callId, place: Number(place) });
    if (!image) throw new NotFoundError('image');
    // What a tool has given never changes.
    const etag = `"${callId}-${place}"`;
    res.setHeader('ETag', etag);
    res.setHeader('Cache-Control', 'private, no-cache');
    if (isKnown(req.headers['if-none-match'], etag)) return void res.writeHead(304).end();
    res.writeHead(200, {
      'Content-Type': image.mediaType,
      'Content-Length': image.bytes.length,
      'Content-Disposition': contentDisposition('inline', `image.${image.mediaType.slice('image/'.length)}`),
      'Content-Security-Policy': policy,
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
    await new Promise<void>((resolve) => {
      res.once('close', resolve);
      res.end(req.method === 'HEAD' ? undefined : image.bytes);
    });
  } finally {
    leave();
  }
}
