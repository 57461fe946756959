import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInCatalogue } from '../../src/config/built-in-catalogue.ts';
import type { Model } from '../../src/domain/catalogue/catalogue.ts';
import { toModel } from '../../src/domain/catalogue/model-in-credits.ts';
import { holdWithSearch, providerSearch } from '../../src/domain/catalogue/model-search.ts';
import { charge, hold, providerCostUsd } from '../../src/domain/catalogue/pricing.ts';

const { models, describeUnlisted } = builtInCatalogue('2026-11-20');
const modelOf = (id: string): Model => {
  const found = models.find((model) => model.id === id) ?? describeUnlisted(id);
  if (!found) throw new Error(`There is no ${id}.`);
  return toModel({ minimumTier: 'FREE', ...found }, 1_000_000);
};
const claude = modelOf('anthropic/claude-sonnet-5');
const usage = {
  inputTokens: 1_000,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 100,
  reasoningTokens: 0,
};

describe('a search that a model makes by itself', () => {
  it('is offered where its price is known, or is part of the price of every answer', () => {
    expect(providerSearch(claude)).toEqual({ isAsked: true, withTools: true });
    expect(providerSearch(modelOf('anthropic/claude-opus-4-1'))).toEqual({ isAsked: true, withTools: true });
    expect(providerSearch(modelOf('google/gemini-3.8-flash'))).toEqual({ isAsked: true, withTools: false });
    expect(providerSearch(modelOf('google/gemini-2.5-flash-lite'))).toEqual({ isAsked: true, withTools: false });
    expect(providerSearch(modelOf('perplexity/sonar'))).toEqual({ isAsked: false, withTools: true });
    expect(providerSearch(modelOf('openai/gpt-5'))).toEqual({ isAsked: true, withTools: true });
    expect(providerSearch(modelOf('xai/grok-4.3'))).toEqual({ isAsked: true, withTools: true });
    for (const id of ['openai/gpt-4.1-mini', 'openai/gpt-4.1-nano', 'openai/gpt-4o', 'xai/grok-build-0.1'])
      expect(providerSearch(modelOf(id)), id).toBeNull();
    const { search = { when: 'asked', max: 3 } } = claude;
    const unpriced = toModel({ ...claude, search: { ...search, priceUsd: undefined } }, 1_000_000);
    expect(providerSearch(unpriced)).toBeNull();
  });

  it('is charged with the answer, each as the provider bills it', () => {
    expect(claude.prices.perSearch).toBe(10_000);
    expect(charge(claude.prices, { ...usage, searches: 3 })).toBe(charge(claude.prices, usage) + 30_000);
    const cost = (searches: number) => Number(providerCostUsd(claude.pricesUsd, { ...usage, searches }));
    expect(cost(3) - cost(0)).toBeCloseTo(0.03, 10);
    expect(modelOf('google/gemini-2.5-flash-lite').prices.perSearch).toBe(35_000);
    expect(modelOf('openai/gpt-5').prices.perSearch).toBe(10_000);
    expect(modelOf('xai/grok-4.3').prices.perSearch).toBe(5_000);
    expect(modelOf('perplexity/sonar').prices).not.toHaveProperty('perSearch');
  });

  it('is held before it is made: all searches, and what they add to the input', () => {
    const counts = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(counts, counts, fc.integer({ min: 0, max: 3 }), (input, output, searches) => {
        const held = holdWithSearch(claude, input, output);
        expect(held).toBeGreaterThanOrEqual(hold(claude.prices, input, output) + 30_000);
        const found = Array.from({ length: searches }, (_, at) => input + (at + 1) * 12_000);
        const billed = found.reduce((sum, tokens) => sum + tokens, input);
        expect(held).toBeGreaterThanOrEqual(
          charge(claude.prices, { ...usage, inputTokens: billed, outputTokens: output, searches }),
        );
      }),
    );
    const sonar = modelOf('perplexity/sonar');
    expect(holdWithSearch(sonar, 1_000, 100)).toBe(hold(sonar.prices, 1_000, 100));
  });
});
