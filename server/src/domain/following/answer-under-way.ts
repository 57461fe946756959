import type { AnswerEnd } from '../answering/generation-job.ts';
import type { LiveResponse, LiveResponses } from '../answering/live-responses.ts';
import { AnswerReader } from './answer-reader.ts';

export type { AnswerEnd } from '../answering/generation-job.ts';

/** An answer that this process writes for a caller who waits for it. */
export interface AnswerUnderWay {
  /** The response's id, which its receipt has too. */
  id: string;
  /** The model that was asked; `reader.response.servedBy` says which one writes. */
  modelId: string;
  lane: number;
  /** To be closed by whoever reads it. */
  reader: AnswerReader;
  /** Resolves when the answer is final and paid; with null if this process could not make it so. Never rejects. */
  ended: Promise<AnswerEnd | null>;
  /** Stops the model; what was written by then is kept, or paid. */
  stop(): void;
}

export function underWay(
  live: LiveResponses,
  response: LiveResponse,
  ended: Promise<AnswerEnd | null>,
): AnswerUnderWay {
  const { id, modelId, lane } = response;
  return { id, modelId, lane, reader: new AnswerReader(live, response), ended, stop: () => response.stop('STOPPED') };
}
