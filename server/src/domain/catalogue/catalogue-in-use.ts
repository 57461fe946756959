import type { TierId } from '../ground/tiers.ts';
import {
  type Catalogue,
  type Model,
  type ModelDescription,
  type Provider,
  providerIdOf,
  type Tier,
} from './catalogue.ts';
import { toModel } from './model-in-credits.ts';
import { PriceListModels, type PriceListOptions } from './unlisted-models.ts';

/** How many models a prompt goes to if it names none: enough to compare, few enough to read. */
const DEFAULT_MODELS_MAX = 3;

/**
 * The catalogue in use, with prices in credits. The default models are those that the file names, if their provider's
 * key is set; else models that the FREE tier may use, taking each configured provider in turn. Mock models are defaults
 * only if there are no others.
 */
export function toCatalogue(
  described: { providers: readonly Provider[]; models: readonly ModelDescription[]; tiers: ReadonlyMap<TierId, Tier> },
  options: { creditsPerUsd: number; defaultModels: readonly string[]; priceList: PriceListOptions },
): Catalogue {
  const providers = new Map(described.providers.map((provider) => [provider.id, provider]));
  const models = described.models
    .filter((model) => providers.has(providerIdOf(model.id)))
    .map((model) => toModel(model, options.creditsPerUsd));
  const isConfigured = (model: Model) => providers.get(model.providerId)?.configured === true;
  const configured = models.filter(isConfigured);
  const real = configured.filter((model) => model.providerId !== 'mock');
  const named = options.defaultModels.filter((id) => configured.some((model) => model.id === id));
  const count = Math.min(described.tiers.get('FREE')?.modelsPerPrompt ?? 1, DEFAULT_MODELS_MAX);
  const listed = new Map(
    [...configured, ...models.filter((model) => !isConfigured(model))].map((model) => [model.id, model]),
  );
  const { creditsPerUsd, priceList } = options;
  return {
    providers,
    models: listed,
    tiers: described.tiers,
    defaultModelIds: named.length > 0 ? named : inTurn(real.length > 0 ? real : configured).slice(0, count),
    unlisted: new PriceListModels({ ...priceList, models: listed, creditsPerUsd }),
  };
}

/**
 * Ids of the models that anyone may use (of all models if there are none), the first of each provider, then the second
 * of each.
 */
function inTurn(models: readonly Model[]): string[] {
  const forAll = models.filter((model) => model.minimumTier === 'FREE');
  const seen = new Map<string, number>();
  const ranked = (forAll.length > 0 ? forAll : models).map(({ id, providerId }) => {
    const rank = seen.get(providerId) ?? 0;
    seen.set(providerId, rank + 1);
    return { id, rank };
  });
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ id }) => id);
}
