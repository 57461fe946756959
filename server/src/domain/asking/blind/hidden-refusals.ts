import { STAND_IN_PROVIDER_ID } from '../../catalogue/catalogue.ts';
import { InvalidInputError, ModelUnavailableError, TierLimitError } from '../../ground/errors.ts';
import type { Asking } from '../../people/members.ts';

/**
 * Does the work, whose refusal names no model of a hidden turn. A refusal for want of credits keeps its figures, since
 * others may wait for them: they are masked where it is told (`paying/shown-refusals.ts`).
 */
export function withoutModels<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelUnavailableError || error instanceof TierLimitError) {
      throw new ModelUnavailableError(
        STAND_IN_PROVIDER_ID,
        'One of these models cannot be asked any more. Judge or reveal the answers before, then choose the models.',
      );
    }
    if (error instanceof InvalidInputError && error.field === 'fileIds') {
      throw new InvalidInputError('fileIds', 'One of these models cannot be sent these files.');
    }
    if (error instanceof InvalidInputError && ['prompt', 'responseId'].includes(error.field)) {
      throw tooLongError(error.field);
    }
    throw error;
  }
}

/** The refusal of a prompt that is too long for models which it must not name. */
export function tooLongError(field: string): InvalidInputError {
  return new InvalidInputError(field, 'This is too long for one of these models.');
}

/** The refusal of a prompt that none of the models can be sent which may answer it. */
export function unfitError(): InvalidInputError {
  return new InvalidInputError('prompt', 'This is too long for these models, or they cannot read its files.');
}

/**
 * Requires that the API key may ask all models, for answers whose models are hidden: with a list of its own it would find
 * out one by one whether they are on it.
 *
 * @throws ModelUnavailableError
 */
export function requireKeyOfAllModels(
  apiKey: Pick<NonNullable<Asking['apiKey']>, 'modelIds'> | null | undefined,
): void {
  if (!apiKey?.modelIds) return;
  throw new ModelUnavailableError(
    STAND_IN_PROVIDER_ID,
    'The models of these answers are hidden, and this API key may ask only some. Judge or reveal the answers first.',
  );
}
