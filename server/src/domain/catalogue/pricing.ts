import type { TokenUsage } from '../../ports/language-model.ts';
import type { Model, Prices, PriceTier } from './catalogue.ts';

const TOKENS_PER_PRICE = 1_000_000n;

/** The prices of one request, without tiers. */
export type FlatPrices = Omit<Prices, 'tiers'>;

/** The prices of a request with `inputTokens` of input, by the tier that it falls into. */
export function pricesFor({ tiers, ...base }: Prices, inputTokens: number): FlatPrices {
  const tier = tiers?.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return tier ? { ...base, ...withoutBound(tier) } : base;
}

function withoutBound({ aboveInputTokens: _, ...prices }: PriceTier): Omit<PriceTier, 'aboveInputTokens'> {
  return prices;
}

/** Whether all prices are 0, in every tier. */
export function isFree({ tiers = [], ...base }: Prices): boolean {
  return [base, ...tiers.map(withoutBound)].every((prices) => Object.values(prices).every((price) => price === 0));
}

/** The prices of a request with this usage; input from and to the cache counts as input. */
export function pricesOf(prices: Prices, usage: TokenUsage): FlatPrices {
  if (!prices.tiers) return prices;
  return pricesFor(prices, usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteInputTokens);
}

/**
 * The price of an answer, in whole credits, rounded up once over all its buckets, at the prices for its input's length.
 *
 * @param listed credits for a million tokens of each bucket (`Model.prices`)
 * @throws RangeError if a count or a price is not a whole number of at least 0, or the sum is beyond a safe integer
 */
export function charge(listed: Prices, usage: TokenUsage): number {
  const prices = pricesOf(listed, usage);
  const millionths =
    whole(usage.inputTokens) * whole(prices.input) +
    whole(usage.cachedInputTokens) * whole(prices.cachedInput) +
    whole(usage.cacheWriteInputTokens) * whole(prices.cacheWriteInput) +
    (whole(usage.outputTokens) + whole(usage.reasoningTokens)) * whole(prices.output);
  const fees = whole(prices.perRequest ?? 0) + whole(prices.perSearch ?? 0) * whole(usage.searches ?? 0);
  return toCredits(millionths + fees * TOKENS_PER_PRICE);
}

/**
 * The most an answer can cost, in credits: no usage of at most `inputTokensMax` input and `outputTokensMax` output
 * tokens (reasoning included) is charged more, whichever buckets and whichever tier it falls into.
 *
 * @param searchesMax searches of the model itself. Default: none
 * @throws RangeError as `charge`
 */
export function hold(prices: Prices, inputTokensMax: number, outputTokensMax: number, searchesMax = 0): number {
  const { tiers = [], ...base } = prices;
  const reached = [base, ...tiers.filter(({ aboveInputTokens }) => inputTokensMax > aboveInputTokens)];
  const dearestInput = Math.max(
    ...reached.flatMap(({ input, cachedInput, cacheWriteInput }) => [input, cachedInput, cacheWriteInput]),
  );
  return charge(
    { ...base, input: dearestInput, output: Math.max(...reached.map(({ output }) => output)) },
    {
      inputTokens: inputTokensMax,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: outputTokensMax,
      reasoningTokens: 0,
      searches: searchesMax,
    },
  );
}

/**
 * The amount that the provider bills for an answer, in USD: the exact decimal, for a numeric column (`0.00001234`).
 *
 * @param listed USD for a million tokens of each bucket (`Model.pricesUsd`)
 * @throws RangeError as `charge`
 */
export function providerCostUsd(listed: Prices, usage: TokenUsage): string {
  const pricesUsd = pricesOf(listed, usage);
  const parts = [
    { tokens: usage.inputTokens, price: pricesUsd.input },
    { tokens: usage.cachedInputTokens, price: pricesUsd.cachedInput },
    { tokens: usage.cacheWriteInputTokens, price: pricesUsd.cacheWriteInput },
    { tokens: usage.outputTokens, price: pricesUsd.output },
    { tokens: usage.reasoningTokens, price: pricesUsd.output },
  ].map(({ tokens, price }) => ({ factor: whole(tokens), decimal: toDecimal(price) }));
  parts.push({ factor: TOKENS_PER_PRICE, decimal: toDecimal(pricesUsd.perRequest ?? 0) });
  const searches = whole(usage.searches ?? 0) * TOKENS_PER_PRICE;
  parts.push({ factor: searches, decimal: toDecimal(pricesUsd.perSearch ?? 0) });

  const scale = Math.max(...parts.map((part) => part.decimal.scale));
  const sum = parts.reduce((total, { factor, decimal }) => total + factor * rescaled(decimal, scale), 0n);
  return formatDecimal({ digits: sum, scale: scale + 6 });
}

/** The exact sum of amounts in USD, as `providerCostUsd` writes them. */
export function sumUsd(amounts: readonly string[]): string {
  const decimals = amounts.map((amount) => {
    const [integer = '0', fraction = ''] = amount.split('.');
    return { digits: BigInt(integer + fraction), scale: fraction.length };
  });
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale));
  return formatDecimal({ digits: decimals.reduce((sum, decimal) => sum + rescaled(decimal, scale), 0n), scale });
}

/** The cost of an answer. */
export interface AnswerCost {
  /** Whole credits, rounded up once; may be more than was held. */
  credits: number;
  /** The exact decimal. */
  usd: string;
  /** The prices for the answer's input length, in credits. */
  prices: FlatPrices;
  /** Whether the provider reported the cost; else it is tokens times prices. */
  reported: boolean;
}

/**
 * The highest cost that a provider can report for one answer, in USD: far beyond any real one, and small enough to be
 * counted.
 */
const COST_USD_MAX = 10_000;

/**
 * The cost of an answer: its tokens by the prices or, if its model is priced by its provider, the reported cost. A
 * report that cannot be true is ignored: negative, not a number, absurd, or 0 for tokens that have a price. A report
 * from before the end of an answer is a lower bound.
 *
 * @param told the reported cost in USD; null: none
 * @param isPartial whether more was written after the report
 */
export function answerCost(
  model: Pick<Model, 'prices' | 'pricesUsd' | 'creditsPerUsd'>,
  { usage, told, isPartial }: { usage: TokenUsage; told: number | null; isPartial: boolean },
): AnswerCost {
  const prices = pricesOf(model.prices, usage);
  const listed = charge(model.prices, usage);
  const byTokens = { credits: listed, usd: providerCostUsd(model.pricesUsd, usage), prices, reported: false };
  if (model.creditsPerUsd === undefined || told === null) return byTokens;
  if (!(told >= 0 && told <= COST_USD_MAX) || (told === 0 && listed > 0)) return byTokens;
  const credits = toCreditsPerMillion(told, model.creditsPerUsd);
  if (isPartial && credits < listed) return byTokens;
  return { credits, usd: formatDecimal(toDecimal(told)), prices, reported: true };
}

/**
 * Converts a price in USD for a million tokens to whole credits for a million tokens, rounded up (in the operator's
 * favour). Also converts a fee or a cost of one request.
 *
 * @throws RangeError for a negative or infinite number, or a result beyond a safe integer
 */
export function toCreditsPerMillion(usdPerMillion: number, creditsPerUsd: number): number {
  const { digits, scale } = toDecimal(usdPerMillion);
  return toSafeInteger(dividedUp(digits * whole(creditsPerUsd), 10n ** BigInt(scale)));
}

function toCredits(millionths: bigint): number {
  return toSafeInteger(dividedUp(millionths, TOKENS_PER_PRICE));
}

function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function whole(value: number): bigint {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Not a whole number of at least 0: ${value}`);
  return BigInt(value);
}

function toSafeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`More credits than can be counted: ${value}`);
  return Number(value);
}

/** `digits` / 10^`scale`. */
interface Decimal {
  digits: bigint;
  scale: number;
}

/** The decimal as it was written: JavaScript prints the shortest one that reads back as the same number. */
function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`Not a price: ${value}`);
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [integer = '0', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(integer + fraction);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function rescaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

function formatDecimal({ digits, scale }: Decimal): string {
  const padded = digits.toString().padStart(scale + 1, '0');
  const integer = padded.slice(0, padded.length - scale);
  const fraction = padded.slice(padded.length - scale).replace(/0+$/, '');
  return fraction === '' ? integer : `${integer}.${fraction}`;
}
