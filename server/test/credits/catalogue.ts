import type { Catalogue, Model, Prices, Tier } from '../../src/domain/catalogue/catalogue.ts';
import type { TierId } from '../../src/domain/ground/tiers.ts';

/** A catalogue with one provider, `lab`, whose models have prices that are easy to calculate with. */
export function labCatalogue(
  models: Record<string, Partial<Omit<Model, 'prices'>> & { prices?: Partial<Prices> }>,
  tiers: Partial<Record<TierId, Partial<Tier>>> = {},
): Catalogue {
  const catalogueModels = Object.entries(models).map(([name, model]) => labModel(name, model));
  const catalogueTiers = (['FREE', 'PRO', 'ENTERPRISE'] as const).map((id) => ({ ...ample, ...tiers[id], id }));
  return {
    providers: new Map([['lab', { id: 'lab', name: 'Lab', kind: 'openai-compatible', configured: true }]]),
    models: new Map(catalogueModels.map((model) => [model.id, model])),
    tiers: new Map(catalogueTiers.map((tier) => [tier.id, tier])),
    defaultModelIds: catalogueModels.slice(0, 1).map(({ id }) => id),
  };
}

const ample: Omit<Tier, 'id'> = {
  name: 'Ample',
  promptsPerMinute: 100_000,
  modelsPerPrompt: 12,
  maxOutputTokens: 1000,
  monthlyCredits: 1_000_000,
  fileMegabytes: 1000,
};

function labModel(
  name: string,
  { prices, ...model }: Partial<Omit<Model, 'prices'>> & { prices?: Partial<Prices> },
): Model {
  const credits = { input: 1_000_000, cachedInput: 100_000, cacheWriteInput: 1_250_000, output: 4_000_000, ...prices };
  return {
    id: `lab/${name}`,
    providerId: 'lab',
    providerModel: name,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1000,
    prices: credits,
    pricesUsd: inUsd(credits),
    fallbacks: [],
    sampling: true,
    reasoning: false,
    accepts: ['TEXT'],
    ...model,
  };
}

function inUsd({ tiers, ...credits }: Prices): Prices {
  const usd = (prices: object) =>
    Object.fromEntries(
      Object.entries(prices).map(([name, figure]) => [name, name === 'aboveInputTokens' ? figure : figure / 1_000_000]),
    );
  return { ...usd(credits), ...(tiers && { tiers: tiers.map(usd) }) } as Prices;
}
