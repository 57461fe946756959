import { InvalidInputError } from '../ground/errors.ts';
import { toStorable } from '../ground/storable-text.ts';

/** UTF-16 code units. */
const SYSTEM_PROMPT_LENGTH_MAX = 100_000;

/** @throws InvalidInputError (`systemPrompt`) if it is too long */
export function validatedSystemPrompt(text: string): string {
  if (text.length <= SYSTEM_PROMPT_LENGTH_MAX) return toStorable(text);
  throw new InvalidInputError(
    'systemPrompt',
    `A system prompt may have at most ${SYSTEM_PROMPT_LENGTH_MAX.toLocaleString('en')} characters.`,
  );
}
