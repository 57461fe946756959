import { findProvider, type ModelInfo, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices';
import type { TierId } from '../ground/tiers.ts';
import type { Dialect, ModelDescription, Prices, PriceTier, ProviderKind, Tier } from './catalogue.ts';

/** These providers are always listed; the keys in the environment decide whether they are configured. */
export const builtInProviders: readonly BuiltInProvider[] = [
  { id: 'openai', name: 'OpenAI', kind: 'openai', baseURL: null },
  { id: 'anthropic', name: 'Anthropic', kind: 'anthropic', baseURL: null },
  { id: 'google', name: 'Google', kind: 'google', baseURL: null },
  { id: 'xai', name: 'xAI', kind: 'openai-compatible', baseURL: 'https://api.x.ai/v1' },
  {
    id: 'perplexity',
    name: 'Perplexity',
    kind: 'openai-compatible',
    baseURL: 'https://api.perplexity.ai',
    // Perplexity reports usage unasked and does not know `stream_options`.
    dialect: { requestUsage: false },
  },
];

interface BuiltInProvider {
  id: string;
  name: string;
  kind: ProviderKind;
  baseURL: string | null;
  dialect?: Dialect;
}

/** Every limit grows from tier to tier. The month's credits are worth 2, 20 and 200 USD of provider cost. */
export function builtInTiers(creditsPerUsd: number): Record<TierId, Tier> {
  return {
    FREE: {
      id: 'FREE',
      name: 'Free',
      promptsPerMinute: 10,
      modelsPerPrompt: 3,
      maxOutputTokens: 8_192,
      monthlyCredits: 2 * creditsPerUsd,
    },
    PRO: {
      id: 'PRO',
      name: 'Pro',
      promptsPerMinute: 30,
      modelsPerPrompt: 6,
      maxOutputTokens: 32_768,
      monthlyCredits: 20 * creditsPerUsd,
    },
    ENTERPRISE: {
      id: 'ENTERPRISE',
      name: 'Enterprise',
      promptsPerMinute: 120,
      modelsPerPrompt: 12,
      maxOutputTokens: 128_000,
      monthlyCredits: 200 * creditsPerUsd,
    },
  };
}

/**
 * The current chat models of the five providers whose price is known and bounded, with the highest price in force at
 * `now` or announced for later. A model that bills for searches of its own accord has no bounded price.
 */
export function builtInModels(now: Date): ModelDescription[] {
  return models.map(({ contextWindow, ...model }) => {
    const listed = pricedModel(model.id);
    const rates = ratesFrom(listed.prices, now);
    return {
      ...model,
      contextWindow: Math.min(contextWindow ?? listed.context_window ?? Number.NaN, ...rates.flatMap(dearerFrom)),
      pricesUsd: dearest(rates),
      // Without a fallback a comparison shows the model that was asked; the operator may decide otherwise.
      fallbacks: [],
    };
  });
}

/**
 * Facts that the price list does not have, from the providers' own pages; `contextWindow` only if the list lacks it.
 */
type HandWritten = Omit<ModelDescription, 'contextWindow' | 'pricesUsd' | 'fallbacks'> & { contextWindow?: number };

const models: readonly HandWritten[] = [
  {
    id: 'openai/gpt-6-luna',
    name: 'GPT-6 Luna',
    minimumTier: 'FREE',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: false,
  },
  {
    id: 'openai/gpt-5.4-mini',
    name: 'GPT-5.4 mini',
    minimumTier: 'FREE',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: false,
  },
  {
    id: 'openai/gpt-4.1-mini',
    name: 'GPT-4.1 mini',
    minimumTier: 'FREE',
    maxOutputTokens: 32_768,
    sampling: true,
    reasoning: false,
  },
  {
    id: 'openai/gpt-4.1',
    name: 'GPT-4.1',
    minimumTier: 'PRO',
    maxOutputTokens: 32_768,
    sampling: true,
    reasoning: false,
  },
  {
    id: 'openai/gpt-5.6-terra',
    name: 'GPT-5.6 Terra',
    minimumTier: 'PRO',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: false,
  },
  {
    id: 'openai/gpt-6-sol',
    name: 'GPT-6 Sol',
    minimumTier: 'PRO',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: false,
  },
  {
    id: 'openai/gpt-6-astra',
    name: 'GPT-6 Astra',
    minimumTier: 'ENTERPRISE',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: false,
  },
  {
    id: 'anthropic/claude-haiku-4-5',
    name: 'Claude Haiku 4.5',
    minimumTier: 'FREE',
    maxOutputTokens: 64_000,
    sampling: false,
    reasoning: false,
    budgetedThinking: true,
  },
  {
    id: 'anthropic/claude-sonnet-4-6',
    name: 'Claude Sonnet 4.6',
    minimumTier: 'PRO',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'anthropic/claude-sonnet-5',
    name: 'Claude Sonnet 5',
    minimumTier: 'PRO',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'anthropic/claude-opus-5-5',
    name: 'Claude Opus 5.5',
    minimumTier: 'PRO',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'anthropic/claude-fable-5-1',
    name: 'Claude Fable 5.1',
    minimumTier: 'ENTERPRISE',
    maxOutputTokens: 128_000,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'google/gemini-3.5-flash-lite',
    name: 'Gemini 3.5 Flash Lite',
    minimumTier: 'FREE',
    maxOutputTokens: 65_536,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'google/gemini-3.1-flash-lite',
    name: 'Gemini 3.1 Flash Lite',
    minimumTier: 'FREE',
    maxOutputTokens: 65_536,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'google/gemini-2.5-flash-lite',
    name: 'Gemini 2.5 Flash Lite',
    minimumTier: 'FREE',
    maxOutputTokens: 65_536,
    sampling: true,
    reasoning: false,
  },
  {
    id: 'google/gemini-3.8-flash',
    name: 'Gemini 3.8 Flash',
    minimumTier: 'PRO',
    maxOutputTokens: 65_536,
    sampling: false,
    reasoning: true,
  },
  {
    id: 'google/gemini-3.1-pro-preview',
    name: 'Gemini 3.1 Pro',
    minimumTier: 'PRO',
    contextWindow: 1_048_576,
    maxOutputTokens: 65_536,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'xai/grok-4.3',
    name: 'Grok 4.3',
    minimumTier: 'FREE',
    maxOutputTokens: 131_072,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'xai/grok-build-0.1',
    name: 'Grok Build 0.1',
    minimumTier: 'FREE',
    maxOutputTokens: 131_072,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'xai/grok-4.5',
    name: 'Grok 4.5',
    minimumTier: 'PRO',
    maxOutputTokens: 131_072,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'xai/grok-4.6',
    name: 'Grok 4.6',
    minimumTier: 'PRO',
    maxOutputTokens: 131_072,
    sampling: true,
    reasoning: true,
  },
  {
    id: 'perplexity/sonar',
    name: 'Sonar',
    minimumTier: 'FREE',
    maxOutputTokens: 8_000,
    sampling: true,
    reasoning: false,
  },
  {
    id: 'perplexity/sonar-pro',
    name: 'Sonar Pro',
    minimumTier: 'PRO',
    maxOutputTokens: 8_000,
    sampling: true,
    reasoning: false,
  },
  {
    id: 'perplexity/sonar-reasoning-pro',
    name: 'Sonar Reasoning Pro',
    minimumTier: 'PRO',
    maxOutputTokens: 8_000,
    sampling: true,
    reasoning: false,
  },
];

/**
 * The price list's entry of exactly this name: the list's own matching would price an unknown model like one of a
 * similar name.
 */
function pricedModel(id: string): ModelInfo {
  const [providerId = '', name] = id.split('/');
  const listed = findProvider({ providerId: providerId === 'xai' ? 'x-ai' : providerId });
  const model = listed?.models.find((candidate) => candidate.id === name);
  if (!model) throw new Error(`The price list has no model ${id}`);
  return model;
}

/** The rates that apply at `now`, at any hour of the day, or from an announced day on. */
function ratesFrom(prices: ModelInfo['prices'], now: Date): ModelPrice[] {
  if (!Array.isArray(prices)) return [prices];
  const today = now.toISOString().slice(0, 10);
  const current = prices.findLastIndex(
    ({ constraint }) => !constraint || (constraint.type === 'start_date' && constraint.start_date <= today),
  );
  return prices
    .filter(({ constraint }, index) => index >= current || constraint?.type === 'time_of_date')
    .map((conditional) => conditional.prices);
}

/**
 * Prompt sizes above which the rate is higher. The context window ends at the lowest unless the operator widens it, so
 * that a long conversation does not double its price by itself.
 */
function dearerFrom(rate: ModelPrice): number[] {
  return Object.values(rate).flatMap((price) => (isTiered(price) ? price.tiers.map((tier) => tier.start) : []));
}

function dearest(rates: readonly ModelPrice[]): Prices {
  const perRequest = Math.max(...rates.map((rate) => priceAt(rate.requests_kcount, 0) ?? 0)) / 1000;
  const bounds = [...new Set(rates.flatMap(dearerFrom))].sort((a, b) => a - b);
  const tiers = bounds.map((aboveInputTokens) => ({ aboveInputTokens, ...dearestAbove(rates, aboveInputTokens) }));
  return {
    ...dearestAbove(rates, 0),
    ...(perRequest > 0 ? { perRequest } : {}),
    ...(tiers.length > 0 ? { tiers } : {}),
  };
}

/** The highest prices of a prompt that has more than `inputTokens`. */
function dearestAbove(rates: readonly ModelPrice[], inputTokens: number): Omit<PriceTier, 'aboveInputTokens'> {
  const price = (key: string, otherwise: (rate: ModelPrice) => number) =>
    Math.max(...rates.map((rate) => priceAt(rate[key], inputTokens) ?? otherwise(rate)));
  const input = (rate: ModelPrice) => priceAt(rate.input_mtok, inputTokens) ?? Number.NaN;
  return {
    input: price('input_mtok', () => Number.NaN),
    cachedInput: price('cache_read_mtok', input),
    cacheWriteInput: price('cache_write_mtok', input),
    output: price('output_mtok', () => Number.NaN),
  };
}

/** A tier of the list applies to all tokens of a prompt that has more than its `start`. */
function priceAt(price: number | TieredPrices | undefined, inputTokens: number): number | undefined {
  if (!isTiered(price)) return price;
  const reached = price.tiers.filter(({ start }) => start <= inputTokens).sort((a, b) => a.start - b.start);
  return reached.at(-1)?.price ?? price.base;
}

function isTiered(price: number | TieredPrices | undefined): price is TieredPrices {
  return typeof price === 'object';
}
