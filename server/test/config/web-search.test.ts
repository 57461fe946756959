import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/mistakes.ts';
import { toConfig } from '../../src/config/settings.ts';

const given = (env: Record<string, string>, catalogueContent: unknown = {}) =>
  toConfig({ MOCK_PROVIDER: 'on', ...env }, { directory: '/nowhere', catalogueContent });

function problemsOf(env: Record<string, string>): string[] {
  try {
    given(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('It should have been refused');
}

const key = 'tvly-dev-0123456789';

describe('who searches the web for models', () => {
  it('is nobody, or the one that is set, or the one that is named among several', () => {
    expect(given({}).webSearch).toBeNull();
    expect(given({ TAVILY_API_KEY: key }).webSearch).toEqual({ provider: 'tavily', apiKey: key });
    expect(given({ SEARXNG_URL: 'http://search.local:8080/x' }).webSearch).toEqual({
      provider: 'searxng',
      url: 'http://search.local:8080/x',
    });
    const both = { TAVILY_API_KEY: key, BRAVE_SEARCH_API_KEY: 'BSA-0123456789' };
    expect(given({ ...both, WEB_SEARCH: 'brave' }).webSearch).toEqual({ provider: 'brave', apiKey: 'BSA-0123456789' });
    expect(problemsOf(both)).toEqual([
      'WEB_SEARCH: expected brave or tavily, since BRAVE_SEARCH_API_KEY and TAVILY_API_KEY are set',
    ]);
  });

  it('is refused with a mistake that shows no key', () => {
    expect(problemsOf({ WEB_SEARCH: 'searxng' })).toEqual(['WEB_SEARCH is "searxng", which needs SEARXNG_URL']);
    expect(problemsOf({ WEB_SEARCH: 'bing' })[0]).toMatch(/^WEB_SEARCH is "bing": expected brave, tavily or searxng/);
    expect(problemsOf({ TAVILY_API_KEY: `${key} x` })).toEqual([
      'TAVILY_API_KEY: expected a key of at least 8 characters: ASCII without spaces',
    ]);
    expect(problemsOf({ SEARXNG_URL: 'http://ann:secret@[' })[0]).not.toContain('secret');
  });
});

describe('a model that searches by itself', () => {
  it('has a price for that by the catalogue’s file, and may be a model of any provider', () => {
    const file = {
      models: [
        { id: 'mock/swift', searchPriceUsd: 0.02 },
        { id: 'anthropic/claude-sonnet-5', searchPriceUsd: 0.015 },
      ],
    };
    const { models } = given({ ANTHROPIC_API_KEY: 'sk-ant-0123456789' }, file).catalogue;
    const swift = models.get('mock/swift');
    expect(swift?.search).toEqual({ when: 'asked', billed: 'request', max: 1, priceUsd: 0.02 });
    expect([swift?.prices.perSearch, swift?.pricesUsd.perSearch]).toEqual([20_000, 0.02]);
    expect(models.get('anthropic/claude-sonnet-5')).toMatchObject({
      search: { max: 3, withTools: true },
      prices: { perSearch: 15_000 },
    });
  });
});
