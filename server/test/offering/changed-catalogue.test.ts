import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedCatalogue } from '../../src/config/changes/changed-catalogue.ts';
import { loadConfig } from '../../src/config/settings.ts';
import type { ModelEntry } from '../../src/domain/catalogue/catalogue-file.ts';
import { type CatalogueChanges, noChanges, type ProviderChange } from '../../src/domain/catalogue/changes.ts';

const facts = { keyEnding: null, headerNames: [], queryNames: [], changedAt: new Date(0), isReadable: true };
const withKey = (id: string, apiKey: string, entry: object = {}): ProviderChange => ({
  entry: { id, ...entry },
  access: { apiKey, headers: {}, query: {} },
  facts,
});
const lab = withKey('lab', 'lab-key', { name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' });
const labModel: ModelEntry = {
  id: 'lab/one',
  name: 'One',
  minimumTier: 'FREE',
  contextWindow: 8000,
  maxOutputTokens: 1000,
  inputPriceUsd: 1,
  outputPriceUsd: 2,
};

function changed(changes: Partial<CatalogueChanges>, env: Record<string, string> = {}) {
  const { source } = loadConfig(env, import.meta.dirname);
  return changedCatalogue(source, [], { ...noChanges, ...changes });
}

describe('the catalogue with what admins changed', () => {
  it('is the one of the start if they changed nothing', () => {
    for (const env of [{}, { OPENAI_API_KEY: 'sk-1', MOCK_PROVIDER: 'on' }]) {
      const config = loadConfig(env, import.meta.dirname);
      const made = changedCatalogue(config.source, [], noChanges);
      expect(made.catalogue).toEqual(config.catalogue);
      expect(made.credentials).toEqual(config.credentials);
    }
  });

  it('never fails, keeps what has no mistake, and names the rest, whatever was stored', () => {
    const id = fc.constantFrom('openai/gpt-4.1', 'openai/new', 'lab/one', 'lab/two', 'gone/x', 'mock/poet', 'no-id');
    const figure = fc.oneof(fc.constantFrom(0, 1, 2000, -1, 1e9), fc.string() as fc.Arbitrary<unknown>);
    const model = fc.record(
      {
        id,
        name: fc.string(),
        minimumTier: fc.constantFrom('FREE', 'PRO', 'GOLD'),
        contextWindow: figure,
        maxOutputTokens: figure,
        inputPriceUsd: figure,
        outputPriceUsd: figure,
        // An id of no form is a mistake of the whole entry, one of no model only of its fallback.
        fallbacks: fc.array(
          id.filter((name) => name !== 'no-id'),
          { maxLength: 3 },
        ),
        unknown: fc.constant(1),
      },
      { requiredKeys: ['id'] },
    ) as fc.Arbitrary<ModelEntry>;
    const provider = fc.constantFrom(
      lab,
      withKey('openai', 'sk-admin'),
      withKey('broken', 'k', { kind: 'openai-compatible' }),
      withKey('mock', 'k', { name: 'Mine', kind: 'openai' }),
      { ...withKey('xai', 'k'), access: null, facts: { ...facts, isReadable: false } },
    );
    const changes = fc.record({
      providers: fc.uniqueArray(provider, { selector: ({ entry }) => entry.id }),
      models: fc.uniqueArray(model, { selector: (entry) => entry.id }),
      defaultModels: fc.option(fc.uniqueArray(id, { minLength: 1, maxLength: 4 })),
      order: fc.array(id),
    });
    fc.assert(
      fc.property(changes, fc.boolean(), (given, hasKey) => {
        const env: Record<string, string> = hasKey ? { OPENAI_API_KEY: 'sk-environment' } : {};
        const { catalogue, credentials, origins } = changed(given, env);
        const faulty = new Set(origins.mistakes.filter(({ field }) => field !== 'fallbacks').map((one) => one.id));
        // Mock models are away where others answer, and so is what was changed about them.
        const away = catalogue.providers.has('mock') ? [] : ['mock/poet'];
        for (const entry of given.models.filter((one) => !away.includes(one.id))) {
          const kept = catalogue.models.has(entry.id) && origins.models.get(entry.id)?.change != null;
          expect(kept || faulty.has(entry.id), entry.id).toBe(true);
        }
        for (const [, { fallbacks }] of catalogue.models) {
          for (const to of fallbacks) expect(catalogue.models.has(to)).toBe(true);
        }
        for (const defaultId of catalogue.defaultModelIds) expect(catalogue.models.has(defaultId)).toBe(true);
        if (hasKey) expect(credentials.get('openai')).toMatchObject({ apiKey: 'sk-environment' });
        for (const providerId of credentials.keys()) expect(catalogue.providers.get(providerId)?.configured).toBe(true);
      }),
    );
  });

  it('asks a provider with the key and the address of the environment, whatever an admin stored', () => {
    const stored = { ...withKey('openai', 'sk-admin'), entry: { id: 'openai', baseURL: 'http://evil.example/v1' } };
    const alone = changed({ providers: [stored] });
    expect(alone.credentials.get('openai')).toMatchObject({ apiKey: 'sk-admin', baseURL: 'http://evil.example/v1' });
    expect(alone.origins.providers.get('openai')).toMatchObject({ origin: 'BUILT_IN', key: 'ADMIN', isFixed: false });
    const fixed = changed({ providers: [stored] }, { OPENAI_API_KEY: 'sk-environment' });
    expect(fixed.credentials.get('openai')).toMatchObject({ apiKey: 'sk-environment', baseURL: null });
    expect(fixed.origins.providers.get('openai')).toMatchObject({ key: 'ENVIRONMENT', isFixed: true });
  });

  it('fills no variable of the environment into what an admin enters', () => {
    const header = { apiKey: null, headers: { 'x-key': '$' + '{AUTH_SECRET}' }, query: {} };
    const { credentials } = changed({ providers: [{ ...lab, access: header }] }, { AUTH_SECRET: 'x'.repeat(40) });
    expect(credentials.get('lab')?.headers).toEqual({ 'x-key': '$' + '{AUTH_SECRET}' });
  });

  it('costs money from the first key on, and has no mock models any more', () => {
    const before = changed({});
    expect(before.isPaid).toBe(false);
    expect(before.catalogue.providers.has('mock')).toBe(true);
    const after = changed({ providers: [lab], models: [labModel] });
    expect(after.isPaid).toBe(true);
    expect(after.catalogue.providers.has('mock')).toBe(false);
    expect(after.catalogue.defaultModelIds).toEqual(['lab/one']);
    expect(after.origins.models.get('lab/one')).toMatchObject({ origin: 'ADMIN' });
  });

  it('still costs money when the last key was taken away, or cannot be read', () => {
    const unreadable = { ...lab, access: null, facts: { ...lab.facts, isReadable: false } };
    for (const changes of [{ wasPaid: true }, { providers: [unreadable] }]) {
      const { isPaid, catalogue } = changed(changes);
      expect(isPaid).toBe(true);
      expect(catalogue.providers.has('mock')).toBe(false);
    }
  });

  it('lists the models in the order that an admin chose, those that can be asked first', () => {
    const order = ['openai/gpt-4.1', 'lab/one', 'openai/gpt-6-luna'];
    const { catalogue } = changed({ providers: [lab], models: [labModel], order }, { OPENAI_API_KEY: 'sk-1' });
    expect([...catalogue.models.keys()].slice(0, 3)).toEqual(order);
  });

  it('changes prices together: a new price of input is that of cached input too', () => {
    const { catalogue } = changed({ models: [{ id: 'openai/gpt-4.1', inputPriceUsd: 7 }] });
    expect(catalogue.models.get('openai/gpt-4.1')?.pricesUsd).toMatchObject({ input: 7, cachedInput: 7, output: 8 });
  });
});
