import { ModelFailure } from '../../ports/language-model.ts';
import { creditsFor, FIRST_TOKENS } from '../money/hold-growth.ts';
import type { Candidate, GenerationJob } from './generation-job.ts';
import type { GrowingHold } from './growing/growing-hold.ts';
import type { LiveResponse } from './live-responses.ts';
import { type AttemptResult, nothingCame } from './requests/attempt-result.ts';

/** A response that ends without a model having been asked. */
interface Unasked {
  result: AttemptResult;
  /** The model that would have been. */
  candidate: Candidate;
}

/**
 * Waits for what the response begins after, and gives its job the candidates.
 *
 * @param hold null: it covers whatever they are sent
 * @returns null: they may be asked
 */
export async function beginLater(
  job: GenerationJob,
  response: LiveResponse,
  hold: GrowingHold | null,
): Promise<Unasked | null> {
  const [candidate] = job.candidates as [Candidate];
  const stopped = new AbortController();
  response.whenStopped({ stop: () => stopped.abort() });
  try {
    const begun = await job.begin?.(stopped.signal);
    if (response.stopReason) return { result: nothingCame(null), candidate };
    if (begun instanceof ModelFailure) return { result: nothingCame(begun), candidate };
    if (begun) job.candidates = begun;
    const isPaid = hold === null || (await coversStart(hold, job.candidates, () => response.stopReason !== null));
    if (response.stopReason) return { result: nothingCame(null), candidate };
    return isPaid ? null : { result: nothingCame(unpaid()), candidate };
  } catch (error) {
    // Only a stopped response gives up a database that is away.
    if (!response.stopReason) throw error;
    return { result: nothingCame(null), candidate };
  } finally {
    response.whenStopped(null);
  }
}

/** Extends the hold, which was made before it was known what is sent, to what that and the first words cost. */
async function coversStart(
  hold: GrowingHold,
  candidates: readonly Candidate[],
  isGivenUp: () => boolean,
): Promise<boolean> {
  const needed = Math.max(
    ...candidates.map(({ model: { prices }, input, maxOutputTokens }) =>
      creditsFor({ prices, input, reported: null }, Math.min(FIRST_TOKENS, maxOutputTokens)),
    ),
  );
  if (hold.held >= Math.min(needed, hold.maximum)) return true;
  return hold.cover(() => ({ needed, ahead: needed }), undefined, isGivenUp);
}

function unpaid(): ModelFailure {
  return new ModelFailure('INSUFFICIENT_CREDITS', 'When the other answers were complete, too few credits were left.');
}
