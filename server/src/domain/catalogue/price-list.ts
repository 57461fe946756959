import { findProvider, type ModelInfo, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices';
import type { ModelDescription, Prices, PriceTier } from './catalogue.ts';

/** A model that is built in, without what the price list says of it. */
export interface BuiltInModel extends Omit<ModelDescription, 'contextWindow' | 'pricesUsd' | 'fallbacks'> {
  /** Tokens, input and output together; absent: the price list has it. */
  contextWindow?: number | undefined;
  /** The provider's id in the price list. */
  priceListId: string;
}

/**
 * The built-in models, each with the dearest price in force at `now` or announced for later. A model is built in where its
 * price is known and bounded (a model that bills for searches of its own accord has no such price).
 *
 * @throws Error if the price list lacks a model
 */
export function priced(models: readonly BuiltInModel[], now: Date): ModelDescription[] {
  return models.map(({ contextWindow, priceListId, ...model }) => {
    const listed = pricedModel(model.id, priceListId);
    const rates = ratesFrom(listed.prices, now);
    return {
      ...model,
      contextWindow: Math.min(contextWindow ?? listed.context_window ?? Number.NaN, ...rates.flatMap(dearerFrom)),
      pricesUsd: dearest(rates),
      // A comparison answers with the model that was asked, unless the operator says otherwise.
      fallbacks: [],
    };
  });
}

/**
 * The price list's entry of exactly this name: the list's own matching would price an unknown model like one of a
 * similar name.
 */
function pricedModel(id: string, priceListId: string): ModelInfo {
  const name = id.slice(id.indexOf('/') + 1);
  const listed = findProvider({ providerId: priceListId });
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
