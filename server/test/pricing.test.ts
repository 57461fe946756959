import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prices } from '../src/domain/catalogue.ts';
import { charge, hold, providerCostUsd, toCreditsPerMillion } from '../src/domain/pricing.ts';
import type { TokenUsage } from '../src/ports/language-model.ts';

const prices: Prices = { input: 2_000_000, cachedInput: 500_000, cacheWriteInput: 2_500_000, output: 8_000_000 };
const nothing: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

const anyPrice = fc.integer({ min: 0, max: 1_000_000_000 });
const anyPrices: fc.Arbitrary<Prices> = fc.record(
  {
    input: anyPrice,
    cachedInput: anyPrice,
    cacheWriteInput: anyPrice,
    output: anyPrice,
    perRequest: fc.integer({ min: 0, max: 1_000_000 }),
  },
  { requiredKeys: ['input', 'cachedInput', 'cacheWriteInput', 'output'] },
);
const anyCount = fc.integer({ min: 0, max: 2_000_000 });
const anyUsage: fc.Arbitrary<TokenUsage> = fc.record({
  inputTokens: anyCount,
  cachedInputTokens: anyCount,
  cacheWriteInputTokens: anyCount,
  outputTokens: anyCount,
  reasoningTokens: anyCount,
});

const inputOf = (usage: TokenUsage) => usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteInputTokens;
const outputOf = (usage: TokenUsage) => usage.outputTokens + usage.reasoningTokens;

describe('charge', () => {
  it('adds every bucket at its own price, reasoning as output', () => {
    const usage = {
      inputTokens: 1_000,
      cachedInputTokens: 2_000,
      cacheWriteInputTokens: 400,
      outputTokens: 100,
      reasoningTokens: 50,
    };
    expect(charge(prices, usage)).toBe(2_000 + 1_000 + 1_000 + 800 + 400);
  });

  it('rounds up once, over the sum, not for each bucket', () => {
    const tenth = { input: 100_000, cachedInput: 100_000, cacheWriteInput: 100_000, output: 100_000 };
    expect(charge(tenth, { ...nothing, inputTokens: 1 })).toBe(1);
    expect(
      charge(tenth, {
        inputTokens: 2,
        cachedInputTokens: 2,
        cacheWriteInputTokens: 2,
        outputTokens: 2,
        reasoningTokens: 2,
      }),
    ).toBe(1);
  });

  it('costs nothing where nothing was used and no fee is asked', () => {
    expect(charge(prices, nothing)).toBe(0);
  });

  it('adds the fee for a request as it is', () => {
    expect(charge({ ...prices, perRequest: 12_000 }, { ...nothing, inputTokens: 1 })).toBe(12_002);
  });

  it('never falls when a bucket grows', () => {
    const bucket = fc.constantFrom<keyof TokenUsage>(
      'inputTokens',
      'cachedInputTokens',
      'cacheWriteInputTokens',
      'outputTokens',
      'reasoningTokens',
    );
    fc.assert(
      fc.property(anyPrices, anyUsage, bucket, anyCount, (some, usage, grown, more) => {
        expect(charge(some, { ...usage, [grown]: usage[grown] + more })).toBeGreaterThanOrEqual(charge(some, usage));
      }),
    );
  });

  it('splits at no loss to the operator and less than a credit for each part to the user', () => {
    fc.assert(
      fc.property(anyPrices, anyUsage, anyUsage, (some, one, other) => {
        const free = { ...some, perRequest: 0 };
        const both = Object.fromEntries(
          Object.entries(one).map(([bucket, count]) => [bucket, count + other[bucket as keyof TokenUsage]]),
        ) as unknown as TokenUsage;
        const apart = charge(free, one) + charge(free, other);
        expect(apart - charge(free, both)).toBeGreaterThanOrEqual(0);
        expect(apart - charge(free, both)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('refuses counts and prices that are no whole numbers of at least 0', () => {
    for (const inputTokens of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => charge(prices, { ...nothing, inputTokens })).toThrow(RangeError);
    }
    expect(() => charge({ ...prices, output: -1 }, nothing)).toThrow(RangeError);
  });

  it('refuses a sum that no number holds exactly', () => {
    const dear = { ...prices, output: Number.MAX_SAFE_INTEGER };
    expect(charge(dear, { ...nothing, outputTokens: 1_000_000 })).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => charge(dear, { ...nothing, outputTokens: 1_000_001 })).toThrow(RangeError);
  });
});

describe('hold', () => {
  it('covers every usage within its bounds, whichever buckets it falls into', () => {
    fc.assert(
      fc.property(anyPrices, anyUsage, fc.nat(1000), fc.nat(1000), (some, usage, spareInput, spareOutput) => {
        const held = hold(some, inputOf(usage) + spareInput, outputOf(usage) + spareOutput);
        expect(charge(some, usage)).toBeLessThanOrEqual(held);
      }),
      { numRuns: 500 },
    );
  });

  it('is no more than the worst case costs', () => {
    expect(hold(prices, 1_000, 100)).toBe(
      charge(prices, { ...nothing, cacheWriteInputTokens: 1_000, outputTokens: 100 }),
    );
  });
});

describe('providerCostUsd', () => {
  const pricesUsd: Prices = { input: 0.15, cachedInput: 0.075, cacheWriteInput: 0.15, output: 0.6 };

  it('is exact where floating point is not', () => {
    expect(0.1 * 3).not.toBe(0.3);
    expect(providerCostUsd({ ...pricesUsd, input: 0.1 }, { ...nothing, inputTokens: 3 })).toBe('0.0000003');
    expect(providerCostUsd(pricesUsd, { ...nothing, inputTokens: 7, outputTokens: 3, reasoningTokens: 2 })).toBe(
      '0.00000405',
    );
  });

  it('writes whole amounts without a point and nothing as 0', () => {
    expect(providerCostUsd(pricesUsd, nothing)).toBe('0');
    expect(providerCostUsd({ ...pricesUsd, output: 600 }, { ...nothing, outputTokens: 1_000_000 })).toBe('600');
  });

  it('reads prices that JavaScript prints with an exponent', () => {
    expect(providerCostUsd({ ...pricesUsd, input: 1e-7 }, { ...nothing, inputTokens: 1_000_000 })).toBe('0.0000001');
    expect(providerCostUsd({ ...pricesUsd, input: 1e21 }, { ...nothing, inputTokens: 1_000_000 })).toBe(
      `1${'0'.repeat(21)}`,
    );
  });

  it('adds the fee for a request', () => {
    expect(providerCostUsd({ ...pricesUsd, perRequest: 0.012 }, { ...nothing, outputTokens: 10 })).toBe('0.012006');
  });

  it('agrees with the credits charged wherever a price is whole in credits', () => {
    const micro = fc.integer({ min: 0, max: 100_000_000 });
    fc.assert(
      fc.property(micro, micro, anyUsage, (input, output, usage) => {
        const credits = { input, cachedInput: input, cacheWriteInput: input, output };
        const usd = {
          input: input / 1e6,
          cachedInput: input / 1e6,
          cacheWriteInput: input / 1e6,
          output: output / 1e6,
        };
        const [whole = '0', fraction = ''] = providerCostUsd(usd, usage).split('.');
        const picoUsd = BigInt(whole + fraction.padEnd(12, '0'));
        expect(charge(credits, usage)).toBe(Number((picoUsd + 999_999n) / 1_000_000n));
      }),
    );
  });
});

describe('toCreditsPerMillion', () => {
  it('converts decimals exactly', () => {
    expect(toCreditsPerMillion(0.075, 1_000_000)).toBe(75_000);
    expect(toCreditsPerMillion(1.1, 1_000_000)).toBe(1_100_000);
    expect(toCreditsPerMillion(4.35, 100)).toBe(435);
    expect(toCreditsPerMillion(0, 1_000_000)).toBe(0);
  });

  it('rounds a part of a credit up', () => {
    expect(toCreditsPerMillion(0.005, 100)).toBe(1);
    expect(toCreditsPerMillion(1e-9, 1_000_000)).toBe(1);
  });

  it('is within a credit above the true value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 1, max: 10 ** 9 }), (microUsd, perUsd) => {
        const exact = BigInt(microUsd) * BigInt(perUsd);
        const credits = BigInt(toCreditsPerMillion(microUsd / 1e6, perUsd)) * 1_000_000n;
        expect(credits >= exact && credits - exact < 1_000_000n).toBe(true);
      }),
    );
  });

  it('refuses what is no price', () => {
    for (const usd of [-0.01, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => toCreditsPerMillion(usd, 1_000_000)).toThrow(RangeError);
    }
    expect(() => toCreditsPerMillion(1e12, 1_000_000)).toThrow(RangeError);
  });
});
