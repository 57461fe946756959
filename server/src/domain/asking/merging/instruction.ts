import { InvalidInputError } from '../../ground/errors.ts';
import { toStorable } from '../../ground/storable-text.ts';

/** UTF-16 code units. */
const INSTRUCTION_LENGTH_MAX = 4000;

/**
 * What is asked for of a merge beside its mode; null: nothing.
 *
 * @throws InvalidInputError if it is too long
 */
export function validInstruction(given: string | null | undefined, field: string): string | null {
  const instruction = toStorable(given ?? '').trim() || null;
  if (instruction === null || instruction.length <= INSTRUCTION_LENGTH_MAX) return instruction;
  throw new InvalidInputError(
    field,
    `The instruction has at most ${INSTRUCTION_LENGTH_MAX.toLocaleString('en')} characters.`,
  );
}
