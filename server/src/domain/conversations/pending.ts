import type { ResponseRow } from '../../database/responses.ts';
import type { TurnRow } from '../../database/turns.ts';
import { InvalidInputError } from '../ground/errors.ts';

/**
 * Requires that no answer that the hidden turn began with is being written: which ones are there, and how long they are,
 * is not told before. `isPending` in database/judging is the same for statements.
 *
 * @throws InvalidInputError
 */
export function requireNotPending(
  { blind, revealed_at, unpaced }: Pick<TurnRow, 'blind' | 'revealed_at' | 'unpaced'>,
  ofTurn: readonly Pick<ResponseRow, 'regenerated' | 'finished_at'>[],
  field: string,
): void {
  if (!blind || revealed_at !== null || unpaced) return;
  if (ofTurn.every(({ regenerated, finished_at }) => regenerated || finished_at !== null)) return;
  throw new InvalidInputError(field, 'These answers are still being written. Wait for them, or stop them first.');
}
