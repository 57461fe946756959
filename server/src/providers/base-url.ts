import { ModelFailure } from '../ports/language-model.ts';
import { MisplacedFailure } from './failures/provider-error.ts';

const patienceMs = 5000;

/**
 * Turns a failure that looks like a wrong base URL, where the list of models is missing too, into one that says so and names
 * the address without its secrets: only the operator can mend it. Other failures are returned as they are.
 *
 * @param baseURL as it is configured; undefined: the provider's own, which is right
 * @param listModels rejects with a `MisplacedFailure` where it is answered with no list of models
 */
export async function withBaseURL(
  failure: ModelFailure,
  baseURL: string | undefined,
  listModels: (signal: AbortSignal) => Promise<unknown>,
): Promise<ModelFailure> {
  if (!(failure instanceof MisplacedFailure) || baseURL === undefined) return failure;
  try {
    await listModels(AbortSignal.timeout(patienceMs));
    return failure;
  } catch (error) {
    if (!(error instanceof MisplacedFailure)) return failure;
    const { origin, pathname } = new URL(baseURL);
    const address = `${origin}${pathname.replace(/\/+$/, '')}`;
    return new ModelFailure('MODEL_NOT_FOUND', `The base URL ${address} seems to be wrong: there is no such API.`);
  }
}
