import type { Model } from '../../domain/catalogue/catalogue.ts';
import { disabledModels, modelAccess, resolveModels } from '../../domain/catalogue/models.ts';
import { ModelUnavailableError } from '../../domain/ground/errors.ts';
import type { Asking } from '../../domain/people/members.ts';
import type { CallsOptions } from '../calls/call-request.ts';

/** The model that ai-chat-kit's own server asks where none is named. */
const USUAL_MODEL = 'gpt-4.1';

/**
 * The name of the model that is asked where the client names none: ai-chat-kit's usual one if the member may use it,
 * else the first that they may, the server's default models first.
 */
export async function unnamedModel({ catalogue, domain }: CallsOptions, member: Asking): Promise<string> {
  const access = {
    catalogue,
    member,
    disabledModelIds: await disabledModels(domain.db),
    availableCredits: null,
  };
  const listed = [...catalogue.defaultModelIds, ...catalogue.models.keys()].map((id) => catalogue.models.get(id));
  const usable = [...usualModel(catalogue), ...listed].find((model) => model && modelAccess(model, access).allowed);
  return usable?.id ?? USUAL_MODEL;
}

function usualModel(catalogue: CallsOptions['catalogue']): Model[] {
  try {
    return resolveModels(catalogue, [USUAL_MODEL]);
  } catch (error) {
    if (error instanceof ModelUnavailableError) return [];
    throw error;
  }
}
