import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Domain } from '../domain/domain.ts';
import { ownTurn } from '../domain/ground/own-turn.ts';
import { hasScope, type Viewer } from '../domain/people/members.ts';
import { myData, noteDownload } from '../domain/people/my-data.ts';

/** The least number of characters in a piece; the last one may be shorter. */
const PIECE_LENGTH = 64 * 1024;
/** How long a client may take nothing, in ms. */
const SILENCE_MS_MAX = 60_000;
/** How often it is looked whether the session is still there, in ms. */
const LOOK_MS = 5000;

export interface MyDataOptions {
  db: Domain['db'];
  findViewer(req: IncomingMessage): Promise<Viewer | null>;
  addressOf(req: IncomingMessage): string;
  /** Counts the downloads of a member; rejects with a RateLimiterRes if they are too many. */
  downloads: Pick<RateLimiterAbstract, 'consume'>;
}

/**
 * Answers `GET /export/my-data.json` with everything that is stored of the member, as fast as the client takes it. An
 * API key needs READ and ADMIN. A member gets five in an hour, and each is in the audit log.
 */
export async function handleMyData(req: IncomingMessage, res: ServerResponse, options: MyDataOptions): Promise<void> {
  if (req.method !== 'GET') return refuse(res, 405, 'Use GET.');
  const viewer = await options.findViewer(req);
  if (!viewer) return refuse(res, 401, 'Sign in first.');
  if (!hasScope(viewer, 'READ') || !hasScope(viewer, 'ADMIN')) {
    return refuse(res, 403, 'This needs an API key with the scopes READ and ADMIN.');
  }
  const waitMs = await options.downloads.consume(viewer.id).then(() => 0, waitOf);
  if (waitMs > 0) {
    res.setHeader('Retry-After', Math.ceil(waitMs / 1000));
    return refuse(res, 429, `You have downloaded your data often. Try again in ${Math.ceil(waitMs / 60_000)} minutes.`);
  }
  await noteDownload(options.db, viewer, options.addressOf(req));
  res.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Disposition': 'attachment; filename="polylogue-my-data.json"',
    'Cache-Control': 'no-store',
  });
  res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  const stillSignedIn = async () => (await options.findViewer(req))?.id === viewer.id;
  const body = Readable.from(inPieces(myData(options.db, viewer), stillSignedIn), {
    objectMode: false,
    highWaterMark: PIECE_LENGTH,
  });
  await pipeline(body, res).catch((error: unknown) => {
    // A client that has gone, or whose session has ended, gets no more.
    if (!res.destroyed && !(error instanceof SessionEndedError)) throw error;
  });
}

class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}

/** Joins texts to pieces, each made in a turn of the event loop of its own, and not before the last one was read. */
async function* inPieces(texts: AsyncIterable<string>, stillSignedIn: () => Promise<boolean>): AsyncGenerator<Buffer> {
  let piece = '';
  let lookAt = performance.now() + LOOK_MS;
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_LENGTH) continue;
    if (performance.now() > lookAt) {
      if (!(await stillSignedIn())) throw new SessionEndedError();
      lookAt = performance.now() + LOOK_MS;
    }
    await ownTurn();
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

function waitOf(refusal: unknown): number {
  if (refusal instanceof RateLimiterRes) return Math.max(refusal.msBeforeNext, 1);
  throw refusal;
}

function refuse(res: ServerResponse, status: number, message: string): void {
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
