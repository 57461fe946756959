import { describe, expect, it } from 'vitest';
import { builtInCatalogue } from '../../src/config/built-in-catalogue.ts';
import { loadConfig } from '../../src/config/settings.ts';
import { builtInTiers } from '../../src/domain/catalogue/built-in-tiers.ts';
import { findModel } from '../../src/domain/catalogue/model-names.ts';
import { hold } from '../../src/domain/catalogue/pricing.ts';
import { tierIds, tierIncludes } from '../../src/domain/ground/tiers.ts';
import { inputTokensMax } from '../../src/domain/ground/tokens.ts';
import { textMessage } from '../../src/ports/language-model.ts';
import { builtInProviders } from '../../src/providers/providers.ts';

const today = '2026-11-20';
const builtInModels = (day: string) => builtInCatalogue(day).models.filter(({ id }) => !id.startsWith('mock/'));
const models = builtInModels(today);
const byId = new Map(models.map((model) => [model.id, model]));

describe('the built-in models', () => {
  it('cover each built-in provider, and have unique ids and names', () => {
    for (const { id } of builtInProviders) {
      expect(models.filter((model) => model.id.startsWith(`${id}/`)).length).toBeGreaterThanOrEqual(1);
    }
    expect(byId.size).toBe(models.length);
    expect(new Set(models.map((model) => model.name)).size).toBe(models.length);
  });

  it('have a known, plausible price in every bucket', () => {
    for (const { id, pricesUsd } of models) {
      const { input, cachedInput, cacheWriteInput, output } = pricesUsd;
      for (const price of [input, cachedInput, cacheWriteInput, output]) {
        expect(price, id).toBeGreaterThan(0);
        expect(price, id).toBeLessThanOrEqual(200);
      }
      expect(cachedInput, id).toBeLessThanOrEqual(input);
      expect(cacheWriteInput, id).toBeGreaterThanOrEqual(input);
    }
  });

  it('have a known context window, larger than the longest answer', () => {
    for (const { id, contextWindow, maxOutputTokens } of models) {
      expect(Number.isSafeInteger(contextWindow), id).toBe(true);
      expect(maxOutputTokens, id).toBeLessThan(contextWindow);
    }
  });

  it('have no fallbacks', () => {
    expect(models.flatMap((model) => model.fallbacks)).toEqual([]);
  });

  it('have no sampling parameters if they are Anthropic’s', () => {
    expect(models.filter((model) => model.id.startsWith('anthropic/') && model.sampling)).toEqual([]);
  });

  it('have prices as hand-copied from the providers', () => {
    expect(byId.get('openai/gpt-4.1')?.pricesUsd).toEqual({
      input: 2,
      cachedInput: 0.5,
      cacheWriteInput: 2,
      output: 8,
    });
    expect(byId.get('anthropic/claude-haiku-4-5')?.pricesUsd).toEqual({
      input: 1,
      cachedInput: 0.1,
      cacheWriteInput: 1.25,
      output: 5,
    });
  });

  it('include the highest search fee in the price of a request', () => {
    expect(byId.get('perplexity/sonar')?.pricesUsd.perRequest).toBe(0.012);
  });

  it('end their context window where a longer prompt becomes dearer, and know the dearer prices', () => {
    expect(byId.get('google/gemini-3.1-pro-preview')?.contextWindow).toBe(200_000);
    expect(byId.get('google/gemini-3.1-pro-preview')?.pricesUsd).toEqual({
      input: 2,
      cachedInput: 0.2,
      cacheWriteInput: 2,
      output: 12,
      tiers: [{ aboveInputTokens: 200_000, input: 4, cachedInput: 0.4, cacheWriteInput: 4, output: 18 }],
    });
    expect(byId.get('openai/gpt-6-sol')?.contextWindow).toBe(272_000);
    for (const { id, contextWindow, pricesUsd } of models) {
      const { tiers: [tier] = [] } = pricesUsd;
      if (!tier) continue;
      expect(contextWindow, id).toBeLessThanOrEqual(tier.aboveInputTokens);
      expect(tier.input, id).toBeGreaterThan(pricesUsd.input);
      expect(tier.output, id).toBeGreaterThan(pricesUsd.output);
    }
    // Long prompts to Claude Sonnet 4.6 have cost no more since March 2026.
    expect(byId.get('anthropic/claude-sonnet-4-6')?.pricesUsd.tiers).toBeUndefined();
  });

  it('have the price announced for later already, but no price that has ended', () => {
    const flash = (date: string) =>
      builtInModels(date).find((model) => model.id === 'google/gemini-3.8-flash')?.pricesUsd.input;
    expect(flash('2026-11-20')).toBe(1.5);
    expect(flash('2027-06-01')).toBe(1.5);
    const terra = (date: string) =>
      builtInModels(date).find((model) => model.id === 'openai/gpt-5.6-terra')?.pricesUsd.input;
    expect(terra('2026-07-29')).toBe(2.5);
    expect(terra('2026-07-30')).toBe(2);
  });
});

describe('the built-in tiers', () => {
  it('have limits that rise from FREE over PRO to ENTERPRISE', () => {
    const tiers = builtInTiers(1_000_000);
    for (const limit of ['promptsPerMinute', 'modelsPerPrompt', 'maxOutputTokens', 'monthlyCredits'] as const) {
      expect(tiers.FREE[limit]).toBeLessThan(tiers.PRO[limit]);
      expect(tiers.PRO[limit]).toBeLessThan(tiers.ENTERPRISE[limit]);
    }
  });

  it('pay for at least ten prompts a month to up to three of the dearest allowed models', () => {
    const { catalogue } = loadConfig({ OPENAI_API_KEY: 'k', MOCK_PROVIDER: 'on' }, import.meta.dirname);
    const input = inputTokensMax(null, [textMessage('user', 'x'.repeat(1000))]);
    for (const tier of catalogue.tiers.values()) {
      const allowed = [...catalogue.models.values()].filter((model) => tierIncludes(tier.id, model.minimumTier));
      const worst = Math.max(
        ...allowed.map(({ prices, maxOutputTokens }) =>
          hold(prices, input, Math.min(maxOutputTokens, tier.maxOutputTokens)),
        ),
      );
      const models = tier.id === 'ENTERPRISE' ? 3 : Math.min(tier.modelsPerPrompt, 3);
      expect(worst * models * 10, tier.id).toBeLessThanOrEqual(tier.monthlyCredits);
    }
  });
});

describe('the catalogue', () => {
  const { catalogue } = loadConfig({}, import.meta.dirname);

  it('has prices in credits that equal the provider’s prices at the default rate', () => {
    for (const { id, prices, pricesUsd } of catalogue.models.values()) {
      for (const bucket of ['input', 'cachedInput', 'cacheWriteInput', 'output'] as const) {
        expect(prices[bucket], id).toBe(Math.round(pricesUsd[bucket] * 1_000_000));
      }
    }
  });

  it('finds a model by its id and by its provider’s bare name for it', () => {
    expect(findModel(catalogue, 'openai/gpt-4.1')?.id).toBe('openai/gpt-4.1');
    expect(findModel(catalogue, 'gpt-4.1')?.id).toBe('openai/gpt-4.1');
    expect(findModel(catalogue, 'claude-haiku-4-5')?.id).toBe('anthropic/claude-haiku-4-5');
    expect(findModel(catalogue, 'gpt-2')).toBeUndefined();
  });

  it('resolves a bare provider name to the provider’s first model, which is in the tier FREE', () => {
    for (const { id } of builtInProviders) {
      const [first] = models.filter((model) => model.id.startsWith(`${id}/`));
      expect(findModel(catalogue, id)?.id).toBe(first?.id);
      expect(first?.minimumTier, id).toBe('FREE');
    }
  });

  it('includes in each tier the models of the lower tiers', () => {
    const allowed = tierIds.map((id) => tierIds.map((minimum) => tierIncludes(id, minimum)));
    expect(allowed).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});
