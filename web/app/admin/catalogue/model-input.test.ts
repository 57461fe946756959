import { describe, expect, it } from 'vitest';
import type { MediaKind } from '../../graphql/generated/graphql.ts';
import { type FormModel, modelInputOf, shownFallbacks, shownMedia, shownPrices } from './model-input.ts';

const prices = { inputPriceUsd: 2, outputPriceUsd: 8, cachedInputPriceUsd: 0.2, cacheWriteInputPriceUsd: 2.5 };
const listed: FormModel = {
  id: 'lab/one',
  name: 'one',
  suggestion: { ...prices, contextWindow: 1000, maxOutputTokens: 100, inForce: true, accepts: ['TEXT', 'PDF'] },
};
const change = {
  name: null,
  minimumTier: null,
  contextWindow: null,
  maxOutputTokens: null,
  inputPriceUsd: null,
  outputPriceUsd: null,
  cachedInputPriceUsd: null,
  cacheWriteInputPriceUsd: null,
  fallbackIds: null,
  sampling: null,
  reasoning: null,
  accepts: null,
};
const builtIn: FormModel = {
  id: 'openai/one',
  name: 'One',
  minimumTier: 'FREE',
  contextWindow: 1000,
  maxOutputTokens: 100,
  fallbacks: [{ id: 'openai/two' }],
  accepts: ['TEXT', 'IMAGE'],
  setup: { origin: 'BUILT_IN', isDefault: false, change: null, ...prices },
};

/** What is said of the model if these fields are typed over what the form shows. */
function typed(model: FormModel, fields: Record<string, string> = {}, media: MediaKind[] = shownMedia(model)) {
  const { suggestion } = model;
  const shown: Record<string, unknown> = {
    name: model.name,
    minimumTier: model.minimumTier ?? 'FREE',
    contextWindow: model.contextWindow ?? suggestion?.contextWindow,
    maxOutputTokens: model.maxOutputTokens ?? suggestion?.maxOutputTokens,
    ...shownPrices(model),
    fallbacks: shownFallbacks(model),
    ...fields,
  };
  return modelInputOf(model, (field) => String(shown[field] ?? ''), media);
}

describe('what the form says of a model', () => {
  it('leaves the prices of the list in force if nobody typed others', () => {
    expect(typed(listed)).toMatchObject({ name: 'one', contextWindow: 1000, fallbackIds: null });
    expect(typed(listed)).not.toHaveProperty('inputPriceUsd');
  });

  it('writes down all prices that are shown if they would not hold without that', () => {
    const suggestion = listed.suggestion && { ...listed.suggestion, inForce: false };
    expect(typed({ ...listed, suggestion: suggestion ?? null })).toMatchObject(prices);
  });

  it('keeps the prices of the cache beside another price of input', () => {
    for (const model of [listed, builtIn]) {
      expect(typed(model, { inputPriceUsd: '3' })).toMatchObject({ ...prices, inputPriceUsd: 3 });
    }
  });

  it('leaves out a price of the cache that is empty', () => {
    const input = typed(builtIn, { cachedInputPriceUsd: '' });
    expect(input).toMatchObject({ inputPriceUsd: 2 });
    expect(input).not.toHaveProperty('cachedInputPriceUsd');
  });

  it('keeps prices that an admin wrote down before', () => {
    const setup = builtIn.setup && { ...builtIn.setup, change: { ...change, inputPriceUsd: 2 } };
    expect(typed({ ...builtIn, setup: setup ?? null })).toMatchObject(prices);
  });

  it('writes fallbacks down only if they were changed, and none if they were cleared', () => {
    expect(typed(builtIn).fallbackIds).toBeNull();
    expect(typed(builtIn, { fallbacks: '' }).fallbackIds).toEqual([]);
    expect(typed(builtIn, { fallbacks: 'a/b,  c/d' }).fallbackIds).toEqual(['a/b', 'c/d']);
  });

  it('writes down what the model takes in only if it was changed, or if nobody knows it', () => {
    expect(typed(builtIn).accepts).toBeNull();
    expect(typed(builtIn, {}, []).accepts).toEqual(['TEXT']);
    expect(typed(listed).accepts).toBeNull();
    expect(typed({ id: 'lab/one', name: 'one' }, {}, ['IMAGE']).accepts).toEqual(['TEXT', 'IMAGE']);
    const setup = builtIn.setup && { ...builtIn.setup, change: { ...change, accepts: ['TEXT' as const] } };
    expect(typed({ ...builtIn, setup: setup ?? null }).accepts).toEqual(['TEXT', 'IMAGE']);
  });
});
