import { type ModelDescription, providerIdOf, type UnlistedModels } from '../domain/catalogue/catalogue.ts';
import type { ProviderDescription } from '../domain/catalogue/catalogue-description.ts';
import { nearNames } from '../domain/ground/near-names.ts';
import { builtInProviders } from '../providers/providers.ts';
import { shown } from './mistakes.ts';

/** A setting that names a provider's default model. */
export interface ModelDefault {
  variable: string;
  modelId: string;
}

/**
 * Reads `<PROVIDER>_MODEL_DEFAULT`, which take the id of a model or the provider's own name for it. One that may not be
 * asked here goes to `problems`.
 *
 * @returns by provider id
 */
export function readModelDefaults(
  variables: Readonly<Record<string, string>>,
  { models, unlisted }: { models: readonly ModelDescription[]; unlisted: UnlistedModels },
  problems: string[],
): Map<string, ModelDefault> {
  const ids = models.map(({ id }) => id);
  const defaults = new Map<string, ModelDefault>();
  for (const { id: providerId, name: providerName, defaultModelVariables } of builtInProviders) {
    const variable = defaultModelVariables.find((name) => variables[name] !== undefined);
    if (variable === undefined) continue;
    const name = variables[variable] as string;
    const modelId = name.startsWith(`${providerId}/`) ? name : `${providerId}/${name}`;
    const other = unlisted.find(modelId);
    if (ids.includes(modelId) || (other && unlisted.isOffered(other))) {
      defaults.set(providerId, { variable, modelId });
      continue;
    }
    const names = ids.filter((id) => providerIdOf(id) === providerId).map((id) => id.slice(providerId.length + 1));
    const near = nearNames(modelId.slice(providerId.length + 1), names);
    const hint = near.length > 0 ? `; similar names: ${near.join(', ')}` : '';
    problems.push(`${variable}${shown(variable, name)}: ${providerName} has no such model here${hint}`);
  }
  return defaults;
}

/** The environment's word goes before the catalogue file's. */
export function withDefaults(
  providers: readonly ProviderDescription[],
  defaults: ReadonlyMap<string, ModelDefault>,
): ProviderDescription[] {
  return providers.map((provider) => {
    const named = defaults.get(provider.id);
    return named ? { ...provider, defaultModelId: named.modelId } : provider;
  });
}
