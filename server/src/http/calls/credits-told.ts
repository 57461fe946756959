import type { ServerResponse } from 'node:http';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';

const name = 'X-Polylogue-Credits';

/** Tells what an answer cost, in the head of a response that is yet to be written. */
export function tellCredits(res: ServerResponse, { credits }: Pick<AnswerEnd, 'credits'>): void {
  res.setHeader(name, credits);
}

/**
 * Tells what an answer cost that is refused as a whole. One that was charged would be charged again by every try: the
 * SDKs try again by themselves unless this header tells them not to.
 */
export function tellCreditsOfRefused(res: ServerResponse, end: Pick<AnswerEnd, 'credits'> | null): void {
  if (!end) return;
  tellCredits(res, end);
  if (end.credits > 0) res.setHeader('X-Should-Retry', 'false');
}

/**
 * Has a stream tell what its answer cost after its end. To be called before the head is written. Only a body in chunks
 * has a place for it: Node refuses to write the head of any other that announces it.
 */
export function tellCreditsAtEnd(res: ServerResponse, { ended }: Pick<AnswerUnderWay, 'ended'>): void {
  if (!res.useChunkedEncodingByDefault) return;
  res.setHeader('Trailer', name);
  void ended.then((end) => {
    if (end) res.addTrailers({ [name]: String(end.credits) });
  });
}
