import type { ModelOptions, ProviderKind } from '../../ports/provider.ts';
import type { TierId } from '../ground/tiers.ts';

/**
 * What may be asked: providers, models and tiers, fixed at start. Built by config/settings.ts from the built-in
 * catalogue, the environment's keys and `CATALOGUE_FILE`; read everywhere, changed nowhere.
 * (What an admin switches off at run time is in the database: see models.ts.)
 */
export interface Catalogue {
  providers: ReadonlyMap<string, Provider>;
  /** In the order in which a client should list them. */
  models: ReadonlyMap<string, Model>;
  tiers: ReadonlyMap<TierId, Tier>;
  /**
   * What a prompt goes to when neither it nor its conversation names models: ids of usable models, at most as many
   * as the FREE tier may ask at once. Empty only where no provider is configured and the mock is switched off.
   */
  defaultModelIds: readonly string[];
}

export interface Provider {
  /** The first part of its models' ids: `openai`. */
  id: string;
  name: string;
  kind: ProviderKind;
  /** Has credentials, or needs none. */
  configured: boolean;
  /** The model that its bare id stands for; absent: its first listed one. */
  defaultModelId?: string | undefined;
}

export interface Model extends ModelOptions {
  /** `<provider>/<the provider's own name for it>`; the name may hold any character, `/` included. */
  id: string;
  providerId: string;
  name: string;
  minimumTier: TierId;
  /** Tokens, input and output together. */
  contextWindow: number;
  /** Tokens of one answer, reasoning included: what the provider allows. */
  maxOutputTokens: number;
  /** Integer credits for a million tokens of each bucket. */
  prices: Prices;
  /** The same in USD for a million tokens: what the provider bills. */
  pricesUsd: Prices;
  /** `provider`: an answer costs what the provider says that it does; `prices` are the most that is held for it. Default: `prices`. */
  priceFrom?: 'provider' | 'prices' | undefined;
  /** What a USD of the provider's is in credits, where `priceFrom` is `provider`; else absent. */
  creditsPerUsd?: number | undefined;
  /** Model ids, tried in this order before the first character. */
  fallbacks: readonly string[];
  /** Accepts temperature and topP. */
  sampling: boolean;
  /** Can show its reasoning when asked to. */
  reasoning: boolean;
}

/** A model before its prices are known in credits. */
export type ModelDescription = Omit<Model, 'providerId' | 'providerModel' | 'prices' | 'creditsPerUsd'>;

export interface Prices {
  input: number;
  cachedInput: number;
  cacheWriteInput: number;
  /** Reasoning is billed as output. */
  output: number;
  /** For each request that answered, whatever its size (a search model's fee); absent: none. Credits, or USD. */
  perRequest?: number;
  /** By the length of a request's input, shorter first; absent: one price for all. */
  tiers?: readonly PriceTier[];
}

/** What all tokens of a request cost, its output too, once it has more input than that, cached input included. */
export interface PriceTier extends Omit<Prices, 'perRequest' | 'tiers'> {
  aboveInputTokens: number;
}

export interface Tier {
  id: TierId;
  name: string;
  promptsPerMinute: number;
  modelsPerPrompt: number;
  maxOutputTokens: number;
  /** Credits the account is topped up to at the start of each month. */
  monthlyCredits: number;
}

/** The tier that a member is on. */
export function tierOf(catalogue: Catalogue, { tier }: { tier: TierId }): Tier {
  const found = catalogue.tiers.get(tier);
  // config/settings.ts gives every catalogue all tiers.
  if (!found) throw new Error(`The catalogue has no tier ${tier}.`);
  return found;
}

/**
 * The model by its id, by a provider's bare id (`openai`: that one's default model), or by the provider's bare name for
 * it (`gpt-4.1`) where that names one model only.
 */
export function findModel(catalogue: Catalogue, idOrName: string): Model | undefined {
  const known = catalogue.models.get(idOrName) ?? defaultModelOf(catalogue, idOrName);
  if (known) return known;
  const named = [...catalogue.models.values()].filter((model) => model.providerModel === idOrName);
  return named.length === 1 ? named[0] : undefined;
}

/** What a provider's bare id stands for; undefined where there is no such provider, or it has no model. */
export function defaultModelOf(catalogue: Catalogue, providerId: string): Model | undefined {
  const { defaultModelId } = catalogue.providers.get(providerId) ?? {};
  if (defaultModelId !== undefined) return catalogue.models.get(defaultModelId);
  return [...catalogue.models.values()].find((model) => model.providerId === providerId);
}

/** The first part of a model's id; empty where it has only one. */
export function providerIdOf(modelId: string): string {
  return modelId.slice(0, Math.max(0, modelId.indexOf('/')));
}

/** A model that something stored names; one that has left the catalogue since keeps its name and can do nothing. */
export function knownModel(catalogue: Catalogue, id: string): Model {
  const providerModel = id.slice(id.indexOf('/') + 1);
  const nothing = { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 };
  return (
    catalogue.models.get(id) ?? {
      id,
      providerId: providerIdOf(id),
      providerModel,
      name: providerModel,
      minimumTier: 'FREE',
      contextWindow: 0,
      maxOutputTokens: 0,
      prices: nothing,
      pricesUsd: nothing,
      fallbacks: [],
      sampling: false,
      reasoning: false,
    }
  );
}

/** The same for a provider. */
export function knownProvider(catalogue: Catalogue, id: string): Provider {
  return catalogue.providers.get(id) ?? { id, name: id, kind: 'openai-compatible', configured: false };
}
