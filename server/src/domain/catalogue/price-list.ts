import { calcPrice, findProvider, type ModelInfo, type ModelPrice, type TieredPrices } from '@pydantic/genai-prices';
import type { ModelDescription, Prices, PriceTier } from './catalogue.ts';

/** A model that is built in, without what the price list says of it. */
export interface BuiltInModel
  extends Omit<ModelDescription, 'contextWindow' | 'providerWindow' | 'pricesUsd' | 'fallbacks'> {
  /** Tokens, input and output together; absent: the price list has it. */
  contextWindow?: number | undefined;
  /** The provider's id in the price list. */
  priceListId: string;
}

/**
 * The built-in models, each with the dearest price in force on `day` or announced for later. A model is built in where its
 * price is known and bounded (a model that bills for searches of its own accord has no such price).
 *
 * @param day `2026-11-20`, in UTC
 * @throws Error if the price list lacks a model
 */
export function priced(models: readonly BuiltInModel[], day: string): ModelDescription[] {
  return models.map(({ contextWindow, priceListId, ...model }) => {
    const listed = pricedModel(model.id, priceListId);
    const rates = ratesFrom(listed.prices, day);
    const providerWindow = contextWindow ?? listed.context_window ?? Number.NaN;
    return {
      ...model,
      contextWindow: Math.min(providerWindow, ...rates.flatMap(dearerFrom)),
      providerWindow,
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

/** What the price list says of a model that writes text. */
export interface ListPrice {
  /** The list's own name for it: that of the model of which the asked one may be an edition. */
  entry: string;
  /** Tokens, up to where the price rises; infinite if the list does not know it. */
  contextWindow: number;
  /** Tokens; infinite if the list does not know it. */
  providerWindow: number;
  /** The dearest in force on the day, or announced for later. */
  pricesUsd: Prices;
}

/** A provider's name for a model, of a length that no real one exceeds. */
const modelName = /^(?=.{1,80}$)[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/**
 * The price of a model by the provider's name for it: one that the list spells out, or an edition of it
 * (`claude-sonnet-4-5-20250929`). Null: the list does not know it, or it bills for more than tokens of text.
 *
 * @param day as for `priced`
 */
export function listPrice(priceListId: string, name: string, day: string): ListPrice | null {
  if (!modelName.test(name) || writesNoText.test(name)) return null;
  const found = calcPrice({}, name, { providerId: priceListId });
  if (found?.provider.id !== priceListId) return null;
  const { id, match } = found.model;
  if (![id, ...spelledIn(match)].some((spelled) => isEdition(name, spelled))) return null;
  return toListPrice(found.model, day);
}

/**
 * The price of a model at an endpoint, by the endpoint's address and by exactly its name there (`openai/gpt-4o-mini` at
 * OpenRouter). Null: the list does not know it, or it bills for more than tokens of text.
 *
 * @param day as for `priced`
 */
export function listPriceAt(address: string, name: string, day: string): ListPrice | null {
  const models = findProvider({ providerApiUrl: address })?.models ?? [];
  const model = models.find(({ id, match }) => id === name || equalTo(match).includes(name));
  return model ? toListPrice(model, day) : null;
}

function toListPrice({ id: entry, prices, context_window }: ModelInfo, day: string): ListPrice | null {
  const providerWindow = context_window ?? Number.POSITIVE_INFINITY;
  const rates = ratesFrom(prices, day);
  if (!rates.every(isOfText)) return null;
  const contextWindow = Math.min(providerWindow, ...rates.flatMap(dearerFrom));
  return { entry, contextWindow, providerWindow, pricesUsd: dearest(rates) };
}

/** The names that the list takes for one model as they are. */
function equalTo(match: ModelInfo['match']): string[] {
  if ('or' in match) return match.or.flatMap(equalTo);
  return 'equals' in match ? [match.equals] : [];
}

/** Models that search of their own accord, hear, draw or speak, or only complete a text; their names tell. */
const writesNoText =
  /(?:^|[._-])(?:search|research|agent|computer|image|audio|realtime|live|voice|tts|transcribe|embedding|instruct)(?:$|[._-])/;

/** The names, and their beginnings, that the list takes for one model. */
function spelledIn(match: ModelInfo['match']): string[] {
  if ('or' in match) return match.or.flatMap(spelledIn);
  if ('and' in match) return match.and.flatMap(spelledIn);
  return 'regex' in match ? [] : Object.values(match);
}

/**
 * Whether the name is the spelled one with at most a stage and a date or a number behind it. The list takes everything
 * with the same beginning for the same model, `claude-sonnet-5-5` for Claude Sonnet 5 too, which may be dearer.
 */
function isEdition(name: string, spelled: string): boolean {
  return name.startsWith(spelled) && edition.test(name.slice(spelled.length));
}

const edition = /^(?:-(?:latest|preview|exp|beta))?(?:-\d{3,4}|-\d{2}-\d{2}|-\d{2}-\d{4}|-\d{4}-\d{2}-\d{2}|-\d{8})?$/;

/** What a text costs, or what none of this server's requests asks for. */
const priceKeys: ReadonlySet<string> = new Set([
  ...['input_mtok', 'output_mtok', 'cache_read_mtok', 'cache_write_mtok', 'cache_write_1h_mtok', 'requests_kcount'],
  ...['web_searches_kcount', 'storage_searches_kcount', 'input_audio_mtok', 'cache_audio_read_mtok'],
]);

function isOfText(rate: ModelPrice): boolean {
  const hasPrice = (key: string) => (priceAt(rate[key], 0) ?? 0) > 0;
  return hasPrice('input_mtok') && hasPrice('output_mtok') && Object.keys(rate).every((key) => priceKeys.has(key));
}

/** The rates that apply on the day, at any hour of it, or from an announced day on. */
function ratesFrom(prices: ModelInfo['prices'], day: string): ModelPrice[] {
  if (!Array.isArray(prices)) return [prices];
  const current = prices.findLastIndex(
    ({ constraint }) => !constraint || (constraint.type === 'start_date' && constraint.start_date <= day),
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
