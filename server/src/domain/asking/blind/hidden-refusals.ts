import { STAND_IN_PROVIDER_ID } from '../../catalogue/catalogue.ts';
import {
  InsufficientCreditsError,
  InvalidInputError,
  ModelUnavailableError,
  TierLimitError,
} from '../../ground/errors.ts';

/** Does the work, whose refusal names no model of a hidden turn, and no figure by which one could be known. */
export function withoutModels<Result>(
  work: () => Result,
  { required, available }: { required: number; available: number },
): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelUnavailableError || error instanceof TierLimitError) {
      throw new ModelUnavailableError(
        STAND_IN_PROVIDER_ID,
        'One of these models cannot be asked any more. Judge or reveal the answers before, then choose the models.',
      );
    }
    if (error instanceof InsufficientCreditsError) throw new InsufficientCreditsError(required, available);
    if (error instanceof InvalidInputError && ['prompt', 'responseId'].includes(error.field)) {
      throw new InvalidInputError(error.field, 'This is too long for one of these models.');
    }
    throw error;
  }
}
