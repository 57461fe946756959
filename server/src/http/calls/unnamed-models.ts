import type { Catalogue, Model } from '../../domain/catalogue/catalogue.ts';
import { disabledModels, modelAccess, resolveModels } from '../../domain/catalogue/models.ts';
import type { Domain } from '../../domain/domain.ts';
import { ModelUnavailableError } from '../../domain/ground/errors.ts';
import type { Asking } from '../../domain/people/members.ts';
import { findChosenTeam } from '../../domain/people/paying-team.ts';
import type { CallsOptions } from './call-request.ts';

type Offering = Pick<CallsOptions, 'offer' | 'domain'>;

/** The model that ai-chat-kit's own server asks where none is named. */
const USUAL_MODEL = 'gpt-4.1';

/**
 * The name of the model that is asked where a client of ai-chat-kit names none: its usual one if the member may use it,
 * else the first that they may, the server's default models first.
 */
export async function unnamedModel({ offer, domain }: Offering, member: Asking): Promise<string> {
  const { catalogue } = offer.now;
  const isUsable = await usableBy(member, catalogue, domain);
  const usable = [...usualModel(catalogue), ...listedModels(catalogue)].find(isUsable);
  return usable?.id ?? USUAL_MODEL;
}

/**
 * The ids of the models that are asked where a program names none: the server's default models that the member and the
 * key may use, or the first model that they may. Null: there is none.
 */
export async function unnamedModels({ offer, domain }: Offering, member: Asking): Promise<string[] | null> {
  const { catalogue } = offer.now;
  const usable = listedModels(catalogue).filter(await usableBy(member, catalogue, domain));
  const defaults = usable.filter(({ id }) => catalogue.defaultModelIds.includes(id));
  const asked = defaults.length > 0 ? defaults : usable.slice(0, 1);
  return asked.length > 0 ? asked.map(({ id }) => id) : null;
}

/** The default models come first. */
function listedModels({ defaultModelIds, models }: Catalogue): Model[] {
  const ids = new Set([...defaultModelIds, ...models.keys()]);
  return [...ids].flatMap((id) => models.get(id) ?? []);
}

async function usableBy(
  member: Asking,
  catalogue: Catalogue,
  { db }: Pick<Domain, 'db'>,
): Promise<(model: Model) => boolean> {
  const disabledModelIds = await disabledModels(db);
  const team = await findChosenTeam(db, member);
  const access = { catalogue, member, team, disabledModelIds, availableCredits: null };
  return (model) => modelAccess(model, access).allowed;
}

function usualModel(catalogue: Catalogue): Model[] {
  try {
    return resolveModels(catalogue, [USUAL_MODEL]);
  } catch (error) {
    if (error instanceof ModelUnavailableError) return [];
    throw error;
  }
}
