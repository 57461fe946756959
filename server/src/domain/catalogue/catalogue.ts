import type { TierId } from '../ground/tiers.ts';

/**
 * The providers, models and tiers of this server, fixed at start. config/settings.ts builds it from the built-in
 * catalogue, the environment's keys and `CATALOGUE_FILE`; nothing changes it afterwards. (Models that an admin switches
 * off at run time are in the database: see models.ts.)
 */
export interface Catalogue {
  providers: ReadonlyMap<string, Provider>;
  /** In the order in which a client should list them. */
  models: ReadonlyMap<string, Model>;
  tiers: ReadonlyMap<TierId, Tier>;
  /**
   * The models of a prompt when neither it nor its conversation names any: ids of usable models, at most as many as the
   * FREE tier may ask at once. Empty only if no provider is configured and the mock is switched off.
   */
  defaultModelIds: readonly string[];
}

/** The API that a provider speaks; `mock` answers by itself. */
export type ProviderKind = 'openai' | 'anthropic' | 'google' | 'openai-compatible' | 'mock';

export interface Provider {
  /** The first part of its models' ids: `openai`. */
  id: string;
  name: string;
  kind: ProviderKind;
  /** Whether it has credentials, or needs none. */
  configured: boolean;
  /** The model that the provider's bare id stands for; absent: its first listed one. */
  defaultModelId?: string | undefined;
}

/** Options of a chat completions request beside the question. A model's options override its provider's. */
export interface ChatOptions {
  /** Sent with each request as it is; parameters that this server sets itself override it. Default: nothing. */
  extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** The role of the system prompt; `user`: it is put into the first prompt. Default: `system`. */
  systemRole?: 'system' | 'developer' | 'user' | undefined;
  /** The endpoint's name for the limit of an answer. Default: `max_completion_tokens` for openai, else `max_tokens`. */
  maxTokensParameter?: 'max_tokens' | 'max_completion_tokens' | undefined;
}

/** The ways in which an endpoint differs from others of its kind. */
export interface Dialect extends ChatOptions {
  /**
   * Headers sent with each request; they override those of the SDK. In a provider's description `${NAME}` stands for an
   * environment variable; in its credentials the values are final. Default: none.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Query parameters added to the URL of each request; `${NAME}` as in `headers`. */
  query?: Readonly<Record<string, string>> | undefined;
  /** Chat completions: ask for usage by `stream_options`. Default: true. */
  requestUsage?: boolean | undefined;
  /** Chat completions: parameters sent with a request that wants visible reasoning. Default: none. */
  reasoningParameters?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Anthropic's messages: an older version of the API, for gateways that speak no later one. Default: the SDK's own.
   */
  legacyVersion?: '2023-06-01' | undefined;
}

export interface Model extends ChatOptions {
  /** `<provider>/<the provider's own name for it>`; the name may hold any character, `/` included. */
  id: string;
  providerId: string;
  /** The provider's own name for it, sent as it is. */
  providerModel: string;
  name: string;
  minimumTier: TierId;
  /** Tokens, input and output together. */
  contextWindow: number;
  /** Tokens of one answer that the provider allows, reasoning included. */
  maxOutputTokens: number;
  /** Integer credits for a million tokens of each bucket. */
  prices: Prices;
  /** USD for a million tokens of each bucket: what the provider bills. */
  pricesUsd: Prices;
  /**
   * `provider`: an answer costs what the provider reports, and `prices` only bound what is held for it. Default:
   * `prices`.
   */
  priceFrom?: 'provider' | 'prices' | undefined;
  /** Credits for one USD of the provider's, if `priceFrom` is `provider`; else absent. */
  creditsPerUsd?: number | undefined;
  /** Model ids, tried in this order before the first character. */
  fallbacks: readonly string[];
  /** Whether it accepts temperature and topP. */
  sampling: boolean;
  /** Whether it can show its reasoning when asked to. */
  reasoning: boolean;
  /** Anthropic's models: whether it thinks within a fixed budget only, not as long as it sees fit. Default: false. */
  budgetedThinking?: boolean | undefined;
  /**
   * Models of openai-compatible providers: whether `<think>…</think>` at the very beginning of an answer is reasoning,
   * not text. Default: true.
   */
  thinkTags?: boolean | undefined;
}

/** A model before its prices are known in credits. */
export type ModelDescription = Omit<Model, 'providerId' | 'providerModel' | 'prices' | 'creditsPerUsd'>;

export interface Prices {
  input: number;
  cachedInput: number;
  cacheWriteInput: number;
  /** Reasoning is billed as output. */
  output: number;
  /**
   * For each request that is answered, whatever its size (a search model's fee); absent: none. Credits or USD, as the
   * rest.
   */
  perRequest?: number;
  /** By the length of a request's input, shorter first; absent: one price for all. */
  tiers?: readonly PriceTier[];
}

/**
 * The prices of all tokens of a request, its output too, that has more input than `aboveInputTokens` (cached input
 * included).
 */
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
 * Finds a model by its id, by a provider's bare id (`openai`: its default model), or by the provider's bare name for it
 * (`gpt-4.1`) if only one model has that name.
 */
export function findModel(catalogue: Catalogue, idOrName: string): Model | undefined {
  const known = catalogue.models.get(idOrName) ?? defaultModelOf(catalogue, idOrName);
  if (known) return known;
  const named = [...catalogue.models.values()].filter((model) => model.providerModel === idOrName);
  return named.length === 1 ? named[0] : undefined;
}

/** The model that a provider's bare id stands for; undefined if there is no such provider, or it has no model. */
export function defaultModelOf(catalogue: Catalogue, providerId: string): Model | undefined {
  const { defaultModelId } = catalogue.providers.get(providerId) ?? {};
  if (defaultModelId !== undefined) return catalogue.models.get(defaultModelId);
  return [...catalogue.models.values()].find((model) => model.providerId === providerId);
}

/** The first part of a model's id; empty if there is only one part. */
export function providerIdOf(modelId: string): string {
  return modelId.slice(0, Math.max(0, modelId.indexOf('/')));
}

/** The model that a stored row names. One that has since left the catalogue keeps its name and can do nothing. */
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

/** The provider that a stored row names. One that has since left the catalogue is not configured. */
export function knownProvider(catalogue: Catalogue, id: string): Provider {
  return catalogue.providers.get(id) ?? { id, name: id, kind: 'openai-compatible', configured: false };
}
