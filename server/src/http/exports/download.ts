import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { ownTurn } from '../../domain/ground/own-turn.ts';

/** The least number of characters in a piece; the last one may be shorter. */
const PIECE_LENGTH = 64 * 1024;
/** How long a client may take nothing, in ms. */
const SILENCE_MS_MAX = 60_000;
/** How often it is looked whether the client may still read, in ms. */
const LOOK_MS = 5000;

/**
 * Sends the texts as the body of an answer whose head is written, as fast as the client takes them, and no further once
 * `stillAllowed` says no.
 */
export async function sendPieces(
  res: ServerResponse,
  texts: AsyncIterable<string>,
  stillAllowed: () => Promise<boolean>,
): Promise<void> {
  await sendStream(res, streamOf(texts, stillAllowed));
}

/** `sendPieces` of bytes. */
export async function sendStream(res: ServerResponse, body: Readable): Promise<void> {
  res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  await pipeline(body, res).catch((error: unknown) => {
    // A client that has gone, or whose session has ended, gets no more.
    if (!res.destroyed && !(error instanceof SessionEndedError)) throw error;
  });
}

/** The texts as bytes, made as fast as they are read. */
export function streamOf(texts: AsyncIterable<string>, stillAllowed: () => Promise<boolean>): Readable {
  return Readable.from(inPieces(texts, stillAllowed), { objectMode: false, highWaterMark: PIECE_LENGTH });
}

/** Ends a download that its reader may not have any more. */
export class SessionEndedError extends Error {
  override readonly name = 'SessionEndedError';
}

/** Joins texts to pieces, each made in a turn of the event loop of its own, and not before the last one was read. */
async function* inPieces(texts: AsyncIterable<string>, stillAllowed: () => Promise<boolean>): AsyncGenerator<Buffer> {
  let piece = '';
  let lookAt = performance.now() + LOOK_MS;
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_LENGTH) continue;
    if (performance.now() > lookAt) {
      if (!(await stillAllowed())) throw new SessionEndedError();
      lookAt = performance.now() + LOOK_MS;
    }
    await ownTurn();
    yield Buffer.from(piece);
    piece = '';
  }
  yield Buffer.from(piece);
}

/** Counts a download; returns for how many ms there may be no further one, 0 if there may be this one. */
export async function waitOf(downloads: Pick<RateLimiterAbstract, 'consume'>, key: string): Promise<number> {
  return downloads.consume(key).then(
    () => 0,
    (refusal: unknown) => {
      if (refusal instanceof RateLimiterRes) return Math.max(refusal.msBeforeNext, 1);
      throw refusal;
    },
  );
}
