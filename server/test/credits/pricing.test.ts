import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prices, PriceTier } from '../../src/domain/catalogue/catalogue.ts';
import { answerCost, charge, hold, providerCostUsd, toCreditsPerMillion } from '../../src/domain/catalogue/pricing.ts';
import type { TokenUsage } from '../../src/ports/language-model.ts';

const prices: Prices = { input: 2_000_000, cachedInput: 500_000, cacheWriteInput: 2_500_000, output: 8_000_000 };
const nothing: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

const anyPrice = fc.integer({ min: 0, max: 1_000_000_000 });
const buckets = { input: anyPrice, cachedInput: anyPrice, cacheWriteInput: anyPrice, output: anyPrice };
const anyTiers: fc.Arbitrary<PriceTier[]> = fc
  .array(fc.record({ aboveInputTokens: fc.integer({ min: 1, max: 4_000_000 }), ...buckets }), { maxLength: 3 })
  .map((tiers) => tiers.toSorted((a, b) => a.aboveInputTokens - b.aboveInputTokens));
const perRequest = fc.integer({ min: 0, max: 1_000_000 });
const flatPrices: fc.Arbitrary<Prices> = fc.record(
  { ...buckets, perRequest },
  { requiredKeys: ['input', 'cachedInput', 'cacheWriteInput', 'output'] },
);
const anyPrices: fc.Arbitrary<Prices> = fc.record(
  { ...buckets, perRequest, tiers: anyTiers },
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

  it('is nothing without usage and without a fee per request', () => {
    expect(charge(prices, nothing)).toBe(0);
  });

  it('adds the fee per request unchanged', () => {
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
      fc.property(flatPrices, anyUsage, bucket, anyCount, (some, usage, grown, more) => {
        expect(charge(some, { ...usage, [grown]: (usage[grown] ?? 0) + more })).toBeGreaterThanOrEqual(
          charge(some, usage),
        );
      }),
    );
  });

  it('the charges of two parts exceed the charge of the whole by at most one credit', () => {
    fc.assert(
      fc.property(flatPrices, anyUsage, anyUsage, (some, one, other) => {
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

  it('refuses counts and prices that are not whole numbers of at least 0', () => {
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

describe('prices by the length of the input', () => {
  const tiers = [
    {
      aboveInputTokens: 200_000,
      input: 4_000_000,
      cachedInput: 1_000_000,
      cacheWriteInput: 5_000_000,
      output: 12_000_000,
    },
  ];
  const tiered: Prices = { ...prices, tiers };

  it('apply to all tokens of a request, output too, if its input exceeds the bound, cached tokens included', () => {
    const short = { ...nothing, inputTokens: 100_000, cachedInputTokens: 100_000, outputTokens: 1000 };
    expect(charge(tiered, short)).toBe(charge(prices, short));
    const long = { ...short, cacheWriteInputTokens: 1 };
    expect(charge(tiered, long)).toBe(400_000 + 100_000 + 5 + 12_000);
    expect(providerCostUsd({ ...usdOf(prices), tiers: tiers.map(usdOf) }, long)).toBe('0.512005');
  });

  it('are held if the input may exceed the bound, and only then', () => {
    expect(hold(tiered, 200_000, 1000)).toBe(hold(prices, 200_000, 1000));
    expect(hold(tiered, 200_001, 1000)).toBe(Math.ceil(200_001 * 5) + 12_000);
  });
});

/** Converts credits to USD at the default rate. */
function usdOf<P extends object>(credits: P): P {
  const entries = Object.entries(credits).map(([name, figure]) => [
    name,
    name === 'aboveInputTokens' ? figure : figure / 1_000_000,
  ]);
  return Object.fromEntries(entries) as P;
}

describe('the cost of an answer', () => {
  const model = { prices, pricesUsd: usdOf(prices), creditsPerUsd: 1_000_000 };
  const usage = { ...nothing, inputTokens: 1000, outputTokens: 100 };
  const byTokens = { credits: 2800, usd: '0.0028', reported: false };

  it('is the provider’s figure, rounded up once, if the catalogue entry says so', () => {
    const told = (usd: number) => answerCost(model, { usage, told: usd, isPartial: false });
    expect(told(0.0001234567)).toMatchObject({ credits: 124, usd: '0.0001234567', reported: true });
    expect(told(1e-7)).toMatchObject({ credits: 1, usd: '0.0000001', reported: true });
    expect(told(0.5)).toMatchObject({ credits: 500_000, usd: '0.5', reported: true });
    const { creditsPerUsd: _, ...other } = model;
    expect(answerCost(other, { usage, told: 0.5, isPartial: false })).toMatchObject(byTokens);
  });

  it.each([null, -0.01, Number.NaN, Number.POSITIVE_INFINITY, 10_001, 0])(
    'is the price of its tokens if the provider reports %s',
    (told) => {
      expect(answerCost(model, { usage, told, isPartial: false })).toMatchObject(byTokens);
    },
  );

  it('is nothing if the provider reports 0 for tokens without a price', () => {
    const free = { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 };
    const unpaid = { prices: free, pricesUsd: free, creditsPerUsd: 1_000_000 };
    expect(answerCost(unpaid, { usage, told: 0, isPartial: false })).toMatchObject({
      credits: 0,
      usd: '0',
      reported: true,
    });
  });

  it('is at least the provider’s figure if the stream broke off', () => {
    const said = (told: number) => answerCost(model, { usage, told, isPartial: true });
    expect(said(0.001)).toMatchObject(byTokens);
    expect(said(0.003)).toMatchObject({ credits: 3000, reported: true });
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

  it('is exactly the charge of the worst case', () => {
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

  it('writes whole amounts without a point, and zero as 0', () => {
    expect(providerCostUsd(pricesUsd, nothing)).toBe('0');
    expect(providerCostUsd({ ...pricesUsd, output: 600 }, { ...nothing, outputTokens: 1_000_000 })).toBe('600');
  });

  it('accepts prices that JavaScript prints with an exponent', () => {
    expect(providerCostUsd({ ...pricesUsd, input: 1e-7 }, { ...nothing, inputTokens: 1_000_000 })).toBe('0.0000001');
    expect(providerCostUsd({ ...pricesUsd, input: 1e21 }, { ...nothing, inputTokens: 1_000_000 })).toBe(
      `1${'0'.repeat(21)}`,
    );
  });

  it('adds the fee per request', () => {
    expect(providerCostUsd({ ...pricesUsd, perRequest: 0.012 }, { ...nothing, outputTokens: 10 })).toBe('0.012006');
  });

  it('agrees with the credits charged if the prices are whole in credits', () => {
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

  it('rounds a fraction of a credit up', () => {
    expect(toCreditsPerMillion(0.005, 100)).toBe(1);
    expect(toCreditsPerMillion(1e-9, 1_000_000)).toBe(1);
  });

  it('is at most one credit above the true value, and never below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 1, max: 10 ** 9 }), (microUsd, perUsd) => {
        const exact = BigInt(microUsd) * BigInt(perUsd);
        const credits = BigInt(toCreditsPerMillion(microUsd / 1e6, perUsd)) * 1_000_000n;
        expect(credits >= exact && credits - exact < 1_000_000n).toBe(true);
      }),
    );
  });

  it('refuses an invalid price', () => {
    for (const usd of [-0.01, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => toCreditsPerMillion(usd, 1_000_000)).toThrow(RangeError);
    }
    expect(() => toCreditsPerMillion(1e12, 1_000_000)).toThrow(RangeError);
  });
});
