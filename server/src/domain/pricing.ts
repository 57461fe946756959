import type { TokenUsage } from '../ports/language-model.ts';
import type { Prices } from './catalogue.ts';

const TOKENS_PER_PRICE = 1_000_000n;

/**
 * What an answer costs, in whole credits, rounded up once over all its buckets.
 *
 * @param prices credits for a million tokens of each bucket (`Model.prices`)
 * @throws RangeError for a count or a price that is no whole number of at least 0, or a sum beyond a safe integer
 */
export function charge(prices: Prices, usage: TokenUsage): number {
  const millionths =
    whole(usage.inputTokens) * whole(prices.input) +
    whole(usage.cachedInputTokens) * whole(prices.cachedInput) +
    whole(usage.cacheWriteInputTokens) * whole(prices.cacheWriteInput) +
    (whole(usage.outputTokens) + whole(usage.reasoningTokens)) * whole(prices.output);
  return toCredits(millionths + whole(prices.perRequest ?? 0) * TOKENS_PER_PRICE);
}

/**
 * The most an answer can cost, in credits: no usage of at most `inputTokensMax` input and `outputTokensMax` output
 * tokens (reasoning included) is charged more, whichever buckets it falls into.
 *
 * @throws RangeError as `charge`
 */
export function hold(prices: Prices, inputTokensMax: number, outputTokensMax: number): number {
  const dearestInput = Math.max(prices.input, prices.cachedInput, prices.cacheWriteInput);
  return charge(
    { ...prices, input: dearestInput },
    {
      inputTokens: inputTokensMax,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: outputTokensMax,
      reasoningTokens: 0,
    },
  );
}

/**
 * What the provider bills for an answer, in USD: the exact decimal, for a numeric column (`0.00001234`).
 *
 * @param pricesUsd USD for a million tokens of each bucket (`Model.pricesUsd`)
 * @throws RangeError as `charge`
 */
export function providerCostUsd(pricesUsd: Prices, usage: TokenUsage): string {
  const parts = [
    { tokens: usage.inputTokens, price: pricesUsd.input },
    { tokens: usage.cachedInputTokens, price: pricesUsd.cachedInput },
    { tokens: usage.cacheWriteInputTokens, price: pricesUsd.cacheWriteInput },
    { tokens: usage.outputTokens, price: pricesUsd.output },
    { tokens: usage.reasoningTokens, price: pricesUsd.output },
  ].map(({ tokens, price }) => ({ factor: whole(tokens), decimal: toDecimal(price) }));
  parts.push({ factor: TOKENS_PER_PRICE, decimal: toDecimal(pricesUsd.perRequest ?? 0) });

  const scale = Math.max(...parts.map((part) => part.decimal.scale));
  const sum = parts.reduce((total, { factor, decimal }) => total + factor * rescaled(decimal, scale), 0n);
  return formatDecimal({ digits: sum, scale: scale + 6 });
}

/**
 * A price in USD for a million tokens as whole credits for a million tokens, rounded up (to the operator's side).
 * Serves a fee in USD for a request as well.
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
