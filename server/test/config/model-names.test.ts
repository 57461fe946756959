import { findProvider } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtInCatalogue } from '../../src/config/built-in-catalogue.ts';
import { type Config, loadConfig } from '../../src/config/settings.ts';
import { usableCatalogue } from '../../src/config/usable-catalogue.ts';
import { type Catalogue, knownModel, type Model, modelOf } from '../../src/domain/catalogue/catalogue.ts';
import { findModel, resolveModelName } from '../../src/domain/catalogue/model-names.ts';
import { modelAccess } from '../../src/domain/catalogue/models.ts';
import { hold } from '../../src/domain/catalogue/pricing.ts';
import { ModelUnavailableError } from '../../src/domain/ground/errors.ts';
import { type TierId, tierIncludes } from '../../src/domain/ground/tiers.ts';
import { builtInProviders } from '../../src/providers/providers.ts';

const keys = {
  OPENAI_API_KEY: 'k',
  ANTHROPIC_API_KEY: 'k',
  GEMINI_API_KEY: 'k',
  XAI_API_KEY: 'k',
  PERPLEXITY_API_KEY: 'k',
};

function load(env: Record<string, string> = {}): Config {
  return loadConfig({ ...keys, ...env }, import.meta.dirname);
}

/** The catalogue with entries that the operator's file would add or change. */
function catalogueWith(changes: {
  models?: readonly (Partial<Model> & { id: string })[];
  removed?: readonly string[];
  offered?: boolean;
}): Catalogue {
  const { source } = load();
  const { models = [], removed = [], offered = true } = changes;
  const base = builtInCatalogue(source.priceList.day).models;
  const changed = new Map([...base].map((model) => [model.id, model]));
  for (const model of models) {
    const before = changed.get(model.id) ?? { ...base[0], pricesUsd: (base[0] as (typeof base)[0]).pricesUsd };
    changed.set(model.id, { ...before, ...model } as (typeof base)[0]);
  }
  for (const id of removed) changed.delete(id);
  const providers = [
    ...source.providers,
    ...['gateway', 'closed'].map((id) => ({
      id,
      name: id,
      kind: 'openai-compatible' as const,
      baseURL: 'http://127.0.0.1:1/v1',
      apiKeyEnv: null,
      dialect: {},
    })),
  ];
  const credentials = new Map(source.credentials);
  credentials.set('gateway', { kind: 'openai-compatible', apiKey: null, baseURL: 'http://127.0.0.1:1/v1' });
  const priceList = { ...source.priceList, removedIds: new Set(removed), offered };
  return usableCatalogue({ ...source, providers, credentials, models: [...changed.values()], priceList }, []).catalogue;
}

function refusalOf(catalogue: Catalogue, name: string): ModelUnavailableError {
  try {
    resolveModelName(catalogue, name);
  } catch (error) {
    if (error instanceof ModelUnavailableError) return error;
    throw error;
  }
  throw new Error(`There is a model ${name}`);
}

const { catalogue } = load();
const unlisted = (id: string) => modelOf(catalogue, id) as Model;
const member = (tier: TierId) => ({
  catalogue,
  member: { tier },
  disabledModelIds: new Set<string>(),
  availableCredits: null,
});

describe('a model’s name', () => {
  it.each([
    ['openai/gpt-4.1', 'openai/gpt-4.1'],
    ['gpt-4.1', 'openai/gpt-4.1'],
    ['claude-sonnet-5', 'anthropic/claude-sonnet-5'],
    ['grok-4.6', 'xai/grok-4.6'],
    ['openai', 'openai/gpt-6-luna'],
    ['gpt-4o', 'openai/gpt-4o'],
    ['openai/gpt-4o', 'openai/gpt-4o'],
    ['gpt-4o-2024-11-20', 'openai/gpt-4o-2024-11-20'],
    ['o3-mini', 'openai/o3-mini'],
    ['claude-3-5-sonnet-latest', 'anthropic/claude-3-5-sonnet-latest'],
    ['claude-sonnet-4-20250514', 'anthropic/claude-sonnet-4-20250514'],
    ['gemini-2.0-flash', 'google/gemini-2.0-flash'],
    ['gemini-2.0-flash-001', 'google/gemini-2.0-flash-001'],
    ['gemini-2.5-pro-preview-06-05', 'google/gemini-2.5-pro-preview-06-05'],
    ['grok-3', 'xai/grok-3'],
  ])('%s resolves to %s, which is asked by the provider’s own name', (name, id) => {
    const model = resolveModelName(catalogue, name);
    expect(model.id).toBe(id);
    expect(`${model.providerId}/${model.providerModel}`).toBe(id);
  });

  it.each([
    ['of a later model of which the list knows an earlier one', 'claude-sonnet-5-5'],
    ['of a number that begins with a known one', 'claude-opus-4-10'],
    ['of an edition that the list does not have', 'gpt-4o-2025-01-01'],
    ['of a model that searches at a price of its own', 'gpt-4o-mini-search-preview'],
    ['of a model that speaks', 'gpt-4o-audio-preview'],
    ['of a model that draws', 'gemini-2.5-flash-image'],
    ['of an embedding', 'text-embedding-3-small'],
    ['of another maker’s model', 'google/claude-3-5-sonnet'],
    ['of a fine-tuned model', 'ft:gpt-4o-2024-08-06:acme'],
    ['without a model', 'openai/'],
    ['with white space', ' gpt-4o'],
    ['of another case', 'GPT-4o'],
    ['that objects have', '__proto__'],
  ])('is unknown if it is one %s: %s', (_, name) => {
    expect(findModel(catalogue, name)).toBeUndefined();
  });

  it('that several configured providers have is that of its maker, else the first in the catalogue', () => {
    const both = catalogueWith({
      models: [
        { id: 'gateway/gpt-4.1', name: 'One' },
        { id: 'gateway/gpt-4o', name: 'Two' },
        { id: 'gateway/llama3.2', name: 'Three' },
        { id: 'closed/llama3.2', name: 'Four' },
      ],
    });
    expect(findModel(both, 'gpt-4.1')?.id).toBe('openai/gpt-4.1');
    expect(findModel(both, 'llama3.2')?.id).toBe('gateway/llama3.2');
    // What the operator lists goes before what only the price list has.
    expect(findModel(both, 'gpt-4o')?.id).toBe('gateway/gpt-4o');
    expect(findModel(both, 'openai/gpt-4o')?.id).toBe('openai/gpt-4o');
  });

  it('that a provider without a key has too means the configured one', () => {
    const { catalogue: others } = loadConfig({ ANTHROPIC_API_KEY: 'k' }, import.meta.dirname);
    const twin = {
      ...(others.models.get('openai/gpt-4.1') as Model),
      id: 'anthropic/gpt-4.1',
      providerId: 'anthropic',
    };
    const models = new Map([...others.models, [twin.id, twin]]);
    expect(findModel({ ...others, models }, 'gpt-4.1')).toBe(twin);
    expect(findModel(others, 'gpt-4.1')?.id).toBe('openai/gpt-4.1');
    expect(findModel(others, 'gpt-4o')?.id).toBe('openai/gpt-4o');
  });

  it('that is unknown is refused with similar names of configured models, as ids if it is one', () => {
    const { modelId, message } = refusalOf(catalogue, 'claude-sonet-5');
    expect(modelId).toBe('claude-sonet-5');
    const [beginning, near = ''] = message.split(' Similar names: ');
    expect(beginning).toBe('There is no model "claude-sonet-5" here.');
    expect(near).toMatch(/^claude-sonnet-5, claude-[^,]*, claude-[^,]*\.$/);
    expect(refusalOf(catalogue, 'openai/gpt-4.1-mimi').message).toContain('Similar names: openai/gpt-4.1-mini');
    const { catalogue: mocks } = loadConfig({}, import.meta.dirname);
    expect(refusalOf(mocks, 'claude-sonet-5').message).toBe('There is no model "claude-sonet-5" here.');
    expect(refusalOf(mocks, 'mock/swifd').message).toContain('mock/swift');
  });

  it('is refused in a short answer, however long it is', () => {
    for (const name of ['x'.repeat(1_000_000), `claude-${'5-'.repeat(500_000)}`, '/'.repeat(1_000_000)]) {
      const { message, modelId } = refusalOf(catalogue, name);
      expect(modelId).toBe(name.slice(0, 100));
      expect(message.length).toBeLessThan(400);
    }
  });

  it('never leads to a model without a price, or without room for a prompt, whatever it is', () => {
    const beginnings = builtInProviders.flatMap(({ families }) => families.map(({ beginning }) => beginning));
    const pieces = fc.constantFrom(
      '-mini',
      '-latest',
      '-preview',
      '-2024-08-06',
      '-20250929',
      '-001',
      '4',
      '.1',
      '-pro',
    );
    const names = fc
      .tuple(fc.constantFrom(...beginnings), fc.array(pieces, { maxLength: 4 }))
      .map((all) => all.flat().join(''));
    fc.assert(
      fc.property(fc.oneof(names, fc.string()), (name) => {
        const model = findModel(catalogue, name);
        if (!model) return;
        expectSound(model);
        expect(knownModel(catalogue, model.id)).toEqual(model);
      }),
      { numRuns: 500 },
    );
  });
});

function expectSound({ id, prices, pricesUsd, contextWindow, maxOutputTokens }: Model) {
  for (const bucket of ['input', 'cachedInput', 'cacheWriteInput', 'output'] as const) {
    expect(pricesUsd[bucket], id).toBeGreaterThan(0);
    expect(prices[bucket], id).toBeGreaterThanOrEqual(pricesUsd[bucket] * 1_000_000 - 0.001);
    expect(Number.isSafeInteger(prices[bucket]), id).toBe(true);
  }
  expect(Number.isSafeInteger(contextWindow), id).toBe(true);
  expect(maxOutputTokens, id).toBeLessThan(contextWindow);
}

describe('a model of the price list', () => {
  const names = builtInProviders.flatMap(({ id, priceListId }) =>
    (findProvider({ providerId: priceListId })?.models ?? []).map((model) => `${id}/${model.id}`),
  );
  const known = names.flatMap((id) => modelOf(catalogue, id) ?? []);

  it('has a price, a context window and room for a prompt, for every one of them', () => {
    expect(known.length).toBeGreaterThan(80);
    for (const model of known) expectSound(model);
  });

  it('has the list’s prices, and what its maker says of it', () => {
    expect(unlisted('openai/gpt-4o')).toEqual({
      id: 'openai/gpt-4o',
      providerId: 'openai',
      providerModel: 'gpt-4o',
      name: 'gpt-4o',
      minimumTier: 'PRO',
      contextWindow: 128_000,
      providerWindow: 128_000,
      maxOutputTokens: 16_384,
      pricesUsd: { input: 2.5, cachedInput: 1.25, cacheWriteInput: 2.5, output: 10 },
      prices: { input: 2_500_000, cachedInput: 1_250_000, cacheWriteInput: 2_500_000, output: 10_000_000 },
      fallbacks: [],
      sampling: true,
      reasoning: false,
      accepts: ['TEXT', 'IMAGE', 'PDF'],
      fileRule: { by: 'tiles', base: 85, tile: 170 },
    });
    expect(unlisted('anthropic/claude-3-5-sonnet-latest')).toMatchObject({
      editionOf: 'anthropic/claude-3-5-sonnet',
      maxOutputTokens: 8192,
      pricesUsd: { input: 3, output: 15 },
    });
    // The window ends where the price rises.
    expect(unlisted('google/gemini-2.5-pro').contextWindow).toBe(200_000);
  });

  it('holds no more than a listed model of its provider that the same tier may ask', () => {
    const sizes = [1, 1000, 100_000];
    for (const { id, providerId, minimumTier, prices } of known) {
      if (minimumTier === 'ENTERPRISE') continue;
      const allowed = [...catalogue.models.values()].filter(
        (model) => model.providerId === providerId && tierIncludes(minimumTier, model.minimumTier),
      );
      for (const tokens of sizes) {
        const dearest = Math.max(...allowed.map((model) => hold(model.prices, tokens, tokens)));
        expect(hold(prices, tokens, tokens), id).toBeLessThanOrEqual(dearest);
      }
    }
  });

  it('is for the highest tier if it is dearer than all that are listed, or none is', () => {
    expect(unlisted('openai/gpt-4').minimumTier).toBe('ENTERPRISE');
    const all = [...catalogue.models.keys()].filter((id) => id.startsWith('google/'));
    expect(modelOf(catalogueWith({ removed: all }), 'google/gemini-2.0-flash')?.minimumTier).toBe('ENTERPRISE');
    expect(unlisted('google/gemini-2.0-flash').minimumTier).toBe('FREE');
  });

  it('becomes dearer to reach if the operator closes what costs as much', () => {
    const models = [...catalogue.models.values()]
      .filter(({ providerId }) => providerId === 'openai')
      .map(({ id }) => ({ id, minimumTier: 'ENTERPRISE' as const }));
    expect(modelOf(catalogueWith({ models }), 'openai/gpt-4o-mini')?.minimumTier).toBe('ENTERPRISE');
  });

  it('is made from its id alone, in every process alike', () => {
    const others = load().catalogue;
    for (const id of ['openai/gpt-4o', 'anthropic/claude-3-5-sonnet-20241022', 'google/gemini-2.0-flash']) {
      expect(others.models.has(id)).toBe(false);
      expect(modelOf(others, id)).toEqual(unlisted(id));
    }
  });

  it('keeps its price with LISTED_MODELS_ONLY=on, or without its provider’s key, and cannot be asked', () => {
    const listedOnly = load({ LISTED_MODELS_ONLY: 'on' }).catalogue;
    const model = modelOf(listedOnly, 'openai/gpt-4o') as Model;
    expect(model.prices).toEqual(unlisted('openai/gpt-4o').prices);
    expect(findModel(listedOnly, 'gpt-4o')).toBeUndefined();
    expect(findModel(listedOnly, 'openai/gpt-4o')).toBeUndefined();
    expect(findModel(listedOnly, 'gpt-4.1-2025-04-14')).toBeUndefined();
    expect(modelAccess(model, { ...member('ENTERPRISE'), catalogue: listedOnly })).toMatchObject({
      denial: 'DISABLED',
    });

    const { catalogue: keyless } = loadConfig({}, import.meta.dirname);
    const unasked = modelOf(keyless, 'openai/gpt-4o') as Model;
    expect(unasked.prices).toEqual(unlisted('openai/gpt-4o').prices);
    expect(modelAccess(unasked, { ...member('ENTERPRISE'), catalogue: keyless })).toMatchObject({
      denial: 'PROVIDER_NOT_CONFIGURED',
    });
  });

  it('may be asked from its tier on', () => {
    expect(modelAccess(unlisted('openai/gpt-4o'), member('PRO')).allowed).toBe(true);
    expect(modelAccess(unlisted('openai/gpt-4o'), member('FREE')).denial).toBe('TIER_TOO_LOW');
  });
});

describe('an edition of a listed model', () => {
  const dated = 'openai/gpt-4.1-2025-04-14';

  it('has the operator’s price, tier and options of that model, and its own name', () => {
    const [entry] = [{ id: 'openai/gpt-4.1', minimumTier: 'ENTERPRISE' as const, extraBody: { seed: 1 } }];
    const changed = catalogueWith({
      models: [{ ...entry, pricesUsd: { input: 5, cachedInput: 5, cacheWriteInput: 5, output: 9 } }],
    });
    expect(modelOf(changed, dated)).toEqual({
      ...(changed.models.get('openai/gpt-4.1') as Model),
      id: dated,
      name: 'gpt-4.1-2025-04-14',
      providerModel: 'gpt-4.1-2025-04-14',
      editionOf: 'openai/gpt-4.1',
    });
    expect(modelOf(changed, dated)).toMatchObject({ minimumTier: 'ENTERPRISE', prices: { output: 9_000_000 } });
  });

  it('is gone with it, and keeps a price for what it has answered', () => {
    const without = catalogueWith({ removed: ['openai/gpt-4.1', 'openai/gpt-4o'] });
    for (const name of ['gpt-4.1', dated, 'openai/gpt-4.1', 'gpt-4o', 'gpt-4o-2024-11-20']) {
      expect(findModel(without, name), name).toBeUndefined();
    }
    expect(findModel(without, 'gpt-4o-mini')?.id).toBe('openai/gpt-4o-mini');
    const model = modelOf(without, dated) as Model;
    expect(model.prices.output).toBe(8_000_000);
    expect(modelAccess(model, { ...member('ENTERPRISE'), catalogue: without }).denial).toBe('DISABLED');
  });

  it('is switched off with it', () => {
    const disabledModelIds = new Set(['openai/gpt-4.1']);
    expect(modelAccess(unlisted(dated), { ...member('PRO'), disabledModelIds }).denial).toBe('DISABLED');
    expect(modelAccess(unlisted(dated), member('PRO')).allowed).toBe(true);
  });

  it('writes no longer answers than its own family allows', () => {
    const widened = catalogueWith({ models: [{ id: 'openai/gpt-5', maxOutputTokens: 128_000 }] });
    expect(modelOf(widened, 'openai/gpt-5-chat-latest')?.maxOutputTokens).toBe(16_384);
  });
});
