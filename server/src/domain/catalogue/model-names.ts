import { ModelUnavailableError } from '../ground/errors.ts';
import { nearNames } from '../ground/near-names.ts';
import { type Catalogue, isOffered, type Model, modelOf } from './catalogue.ts';

/** UTF-16 code units of a wrong name that an error repeats. */
const SHOWN_LENGTH = 100;

/**
 * The model that a client means by a name:
 *
 * 1. its id (`openai/gpt-4.1`), or a provider's (`openai`: its default model);
 * 2. the name that a configured provider has for it (`gpt-4.1`); if several have it, the one that makes such models,
 *    else the first in the catalogue;
 * 3. either of these for a model of the price list (`openai/gpt-4o`, `claude-3-5-sonnet-latest`), unless the operator
 *    offers only what is listed;
 * 4. a provider's name for a model that only providers without a key have.
 *
 * Whether a member may ask it is another question: see `requireAccess`.
 *
 * @throws ModelUnavailableError that names up to three models which may have been meant
 */
export function resolveModelName(catalogue: Catalogue, name: string): Model {
  const model = findModel(catalogue, name);
  if (model) return model;
  const shown = name.slice(0, SHOWN_LENGTH);
  const near = nearModelNames(catalogue, name);
  const hint = near.length > 0 ? ` Similar names: ${near.join(', ')}.` : '';
  throw new ModelUnavailableError(shown, `There is no model "${shown}" here.${hint}`);
}

/** As `resolveModelName`; undefined if there is no such model. */
export function findModel(catalogue: Catalogue, name: string): Model | undefined {
  const listed = catalogue.models.get(name) ?? defaultModelOf(catalogue, name);
  if (listed) return listed;
  const named = [...catalogue.models.values()].filter(({ providerModel }) => providerModel === name);
  const maker = catalogue.unlisted?.makerOf(name);
  const unlisted = modelOf(catalogue, name) ?? (maker && modelOf(catalogue, `${maker}/${name}`)) ?? undefined;
  const offered = unlisted && isOffered(catalogue, unlisted) ? unlisted : undefined;
  const configured = named.filter((model) => isConfigured(catalogue, model));
  return (
    configured.find(({ providerId }) => providerId === maker) ??
    configured[0] ??
    (offered && isConfigured(catalogue, offered) ? offered : undefined) ??
    named.find(({ providerId }) => providerId === maker) ??
    named[0] ??
    offered
  );
}

/**
 * The model that a provider's bare id stands for: the one that the operator names, else the first default model of that
 * provider, else its first one. Undefined if there is no such provider, or it has no model.
 */
export function defaultModelOf(catalogue: Catalogue, providerId: string): Model | undefined {
  const provider = catalogue.providers.get(providerId);
  if (!provider) return undefined;
  if (provider.defaultModelId !== undefined) return modelOf(catalogue, provider.defaultModelId);
  const defaults = catalogue.defaultModelIds.flatMap((id) => catalogue.models.get(id) ?? []);
  return [...defaults, ...catalogue.models.values()].find((model) => model.providerId === providerId);
}

/** In the form in which the name is written: ids, or providers' own names. */
function nearModelNames(catalogue: Catalogue, name: string): string[] {
  const configured = [...catalogue.models.values()].filter((model) => isConfigured(catalogue, model));
  const isId = name.slice(0, SHOWN_LENGTH).includes('/');
  return nearNames(
    name,
    configured.map(({ id, providerModel }) => (isId ? id : providerModel)),
  );
}

function isConfigured({ providers }: Catalogue, { providerId }: Model): boolean {
  return providers.get(providerId)?.configured === true;
}
