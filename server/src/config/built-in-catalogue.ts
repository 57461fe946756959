import type { ModelDescription } from '../domain/catalogue/catalogue.ts';
import type { BuiltInProvider } from '../domain/catalogue/catalogue-description.ts';
import { type BuiltInModel, priced } from '../domain/catalogue/price-list.ts';
import { describeFromList, type PricedDescription, type PricedProvider } from '../domain/catalogue/unlisted-models.ts';
import type { TierId } from '../domain/ground/tiers.ts';
import { mockModels } from '../providers/mock/mock.ts';
import { builtInProviders } from '../providers/providers.ts';

/**
 * What the catalogue holds before the operator's file changes it: the providers' descriptors, the mock's models, and
 * what the price list knows of others.
 *
 * @param day whose prices count: `2026-11-20`, in UTC
 */
export function builtInCatalogue(day: string): {
  providers: readonly BuiltInProvider[];
  models: readonly ModelDescription[];
  describeUnlisted: (id: string) => PricedDescription | undefined;
} {
  return {
    providers: builtInProviders,
    models: [...priced(describedModels(), day), ...mockDescriptions()],
    describeUnlisted: (id) => describeFromList(pricedProviders, id, day)?.description,
  };
}

/** The providers whose models the price list has. */
export const pricedProviders: readonly PricedProvider[] = builtInProviders;

function describedModels(): BuiltInModel[] {
  return builtInProviders.flatMap(({ id, priceListId, models }) =>
    models.map(({ providerModel, ...model }) => ({ ...model, id: `${id}/${providerModel}`, priceListId })),
  );
}

/** A mock model comes with its own prices; its tier and its fallbacks are set here. */
function mockDescriptions(): ModelDescription[] {
  return mockModels.map((model) => ({
    id: `mock/${model.name}`,
    name: model.displayName,
    minimumTier: mockTiers.get(model.name) ?? 'FREE',
    contextWindow: model.contextWindow,
    providerWindow: model.contextWindow,
    maxOutputTokens: model.maxOutputTokens,
    pricesUsd: {
      input: model.inputPriceUsd,
      cachedInput: model.inputPriceUsd,
      cacheWriteInput: model.inputPriceUsd,
      output: model.outputPriceUsd,
    },
    // Without a fallback, a member can see what a failure looks like.
    fallbacks: [],
    sampling: true,
    reasoning: model.reasoning,
    accepts: model.accepts,
  }));
}

/** One mock model needs PRO, so that a new member can see what a locked model looks like. */
const mockTiers: ReadonlyMap<string, TierId> = new Map([['oracle', 'PRO']]);
