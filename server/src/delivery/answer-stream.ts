import type { ServerResponse } from 'node:http';
import type { AnswerListener, AnswerPiece, AnswerReader } from '../domain/following/answer-reader.ts';
import type { AnswerEnd, AnswerUnderWay } from '../domain/following/answer-under-way.ts';
import { EventStreamOutbox, PING_MS } from './event-stream-outbox.ts';
import type { Pump } from './outbox.ts';

/** Writes an answer in a protocol's own events. */
export interface AnswerEncoder {
  /** What comes before the first piece. */
  begin(): string;
  /** Empty: the protocol has no event for the piece. */
  piece(piece: AnswerPiece): string;
  /** What ends the stream: why the answer ended, its usage, or the failure. Null: it could not be finished here. */
  end(end: AnswerEnd | null): string;
  /** A sign of life that clients ignore. */
  readonly ping: string;
}

/** How long a client waits for the status of an answer that has not begun. */
const HEAD_MS_MAX = 10_000;
/** Streams are pinged, so a connection on which nothing can be written for this long has no reader. */
const SILENCE_MS_MAX = 45_000;

/**
 * Waits for the first piece of an answer, so that one that fails before it can still be refused with a status.
 *
 * @returns the end, if the answer ended without a piece; `begun` if a piece is there, or none came for `HEAD_MS_MAX`
 */
export async function firstNews(answer: AnswerUnderWay): Promise<'begun' | AnswerEnd | null> {
  const { reader, ended } = answer;
  const { response } = reader;
  if (response.hasCharacters) return 'begun';
  let timer: NodeJS.Timeout | undefined;
  const begun = new Promise<'begun'>((resolve) => {
    const look = () => response.hasCharacters && resolve('begun');
    reader.listen({ wake: look });
    timer = setTimeout(resolve, HEAD_MS_MAX, 'begun');
  });
  try {
    return await Promise.race([begun, ended]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Writes the answer to its end, as server-sent events, after the head that the caller has written. A client that goes
 * away stops the answer. Resolves when the response has ended.
 */
export async function streamAnswer(
  res: ServerResponse,
  answer: AnswerUnderWay,
  encoder: AnswerEncoder,
): Promise<AnswerEnd | null> {
  const { reader, ended } = answer;
  // The outbox writes past the response, which would send its head only with its own first piece.
  res.flushHeaders();
  const outbox = new EventStreamOutbox(res);
  res.setTimeout(SILENCE_MS_MAX, () => res.destroy());
  const ping = setInterval(() => outbox.isOpen && res.write(encoder.ping), PING_MS);
  try {
    const begin = encoder.begin();
    const isRead = new Promise<void>((resolve) => {
      const pump = new AnswerPump({ reader, encoder, outbox, begin, onEnd: resolve });
      if (res.destroyed) return resolve();
      res.once('close', resolve);
      reader.listen(pump);
      pump.wake();
    });
    await isRead;
    const end = await ended;
    if (!res.destroyed) res.write(encoder.end(end));
    return end;
  } finally {
    clearInterval(ping);
    outbox.close();
    reader.close();
    res.end();
  }
}

/** Stops the answer when its client goes away before the response has ended. */
export function stopWhenGone(res: ServerResponse, { stop }: Pick<AnswerUnderWay, 'stop'>): void {
  // 'close' has passed already if the client left while the call was admitted.
  if (res.destroyed) stop();
  else res.once('close', () => res.writableFinished || stop());
}

class AnswerPump implements Pump, AnswerListener {
  waits = false;
  nextDue: Pump | null = null;
  readonly #reader: AnswerReader;
  readonly #encoder: AnswerEncoder;
  readonly #outbox: EventStreamOutbox;
  readonly #onEnd: () => void;
  #begin: string;

  constructor(options: {
    reader: AnswerReader;
    encoder: AnswerEncoder;
    outbox: EventStreamOutbox;
    begin: string;
    onEnd: () => void;
  }) {
    this.#reader = options.reader;
    this.#encoder = options.encoder;
    this.#outbox = options.outbox;
    this.#begin = options.begin;
    this.#onEnd = options.onEnd;
  }

  wake(): void {
    this.#outbox.request(this);
  }

  pump(messages: string[]): void {
    const reader = this.#reader;
    // The state is looked at first: what is read afterwards is then all that will ever be there.
    const { isComplete } = reader;
    if (this.#begin !== '') messages.push(this.#begin);
    this.#begin = '';
    for (const piece of reader.read()) {
      const message = this.#encoder.piece(piece);
      if (message !== '') messages.push(message);
    }
    if (reader.behind) this.wake();
    else if (isComplete) this.#onEnd();
  }
}
