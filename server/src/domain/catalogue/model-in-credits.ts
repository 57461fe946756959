import { type Model, type ModelDescription, type Prices, type PriceTier, providerIdOf } from './catalogue.ts';
import { toCreditsPerMillion } from './pricing.ts';

/** A model with its prices in credits. */
export function toModel(model: ModelDescription, creditsPerUsd: number): Model {
  const providerId = providerIdOf(model.id);
  const { perRequest, tiers, ...base } = model.pricesUsd;
  const perSearch = model.search?.when === 'asked' ? model.search.priceUsd : undefined;
  const credits = (usd: number) => toCreditsPerMillion(usd, creditsPerUsd);
  const inCredits = ({ input, cachedInput, cacheWriteInput, output }: Omit<PriceTier, 'aboveInputTokens'>) => ({
    input: credits(input),
    cachedInput: credits(cachedInput),
    cacheWriteInput: credits(cacheWriteInput),
    output: credits(output),
  });
  const prices: Prices = {
    ...inCredits(base),
    ...(perRequest === undefined ? {} : { perRequest: credits(perRequest) }),
    ...(perSearch === undefined ? {} : { perSearch: credits(perSearch) }),
    ...(tiers && { tiers: tiers.map((tier) => ({ aboveInputTokens: tier.aboveInputTokens, ...inCredits(tier) })) }),
  };
  return {
    ...model,
    providerId,
    providerModel: model.id.slice(providerId.length + 1),
    prices,
    ...(perSearch !== undefined && { pricesUsd: { ...model.pricesUsd, perSearch } }),
    ...(model.priceFrom === 'provider' && { creditsPerUsd }),
  };
}
