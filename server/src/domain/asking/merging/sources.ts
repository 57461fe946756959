import type { StoredMerge } from '../../../database/database.ts';
import type { ResponseRow } from '../../../database/responses.ts';
import { shownOfLanes } from '../../answering/responses.ts';
import { InvalidInputError } from '../../ground/errors.ts';

/** Whether a merge may read the answer. */
export function isMergeable({ status, text }: Pick<ResponseRow, 'status' | 'text'>): boolean {
  return status === 'COMPLETED' && /\S/.test(text);
}

/**
 * What a merge is made from when it is asked for again: the same. One that was asked for with its prompt may never have
 * begun for want of answers; it takes those that its sources' lanes show now.
 *
 * @param ofTurn all responses of the turn, by lane and age
 * @throws InvalidInputError if fewer than two are complete
 */
export function mergeAgain(merge: StoredMerge, ofTurn: readonly ResponseRow[]): StoredMerge {
  const sources = ofTurn.filter(({ id }) => merge.sourceIds.includes(id));
  if (!merge.withPrompt || sources.every(isMergeable)) return merge;
  const lanes = new Set(sources.map(({ lane }) => lane));
  const shown = shownOfLanes(ofTurn).filter((response) => lanes.has(response.lane) && isMergeable(response));
  if (shown.length >= 2) return { ...merge, sourceIds: shown.map(({ id }) => id) };
  throw new InvalidInputError(
    'responseId',
    'Fewer than two of the answers to merge are complete. Ask for them again first.',
  );
}
