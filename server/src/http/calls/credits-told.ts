import type { ServerResponse } from 'node:http';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';

const name = 'X-Polylogue-Credits';

/** Tells what an answer cost, in the head of a response that is yet to be written. */
export function tellCredits(res: ServerResponse, { credits }: Pick<AnswerEnd, 'credits'>): void {
  res.setHeader(name, credits);
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
