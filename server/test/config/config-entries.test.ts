import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/mistakes.ts';
import { proxyFor, readProxyRules } from '../../src/config/proxies.ts';
import { type Config, loadConfig, withLocalServers } from '../../src/config/settings.ts';
import { allWarnings } from './all-warnings.ts';

const directory = mkdtempSync(join(tmpdir(), 'polylogue-entries-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(file: object, env: Record<string, string> = {}): Config {
  writeFileSync(join(directory, 'catalogue.json'), JSON.stringify(file));
  return loadConfig({ CATALOGUE_FILE: 'catalogue.json', ...env }, directory);
}

function problemsOf(start: () => unknown): string[] {
  try {
    start();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('It should have been refused');
}

const lab = { id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://lab.example/v1' };
const model = {
  id: 'lab/a',
  name: 'A',
  minimumTier: 'FREE',
  contextWindow: 300_000,
  maxOutputTokens: 1000,
  inputPriceUsd: 1,
  outputPriceUsd: 2,
};

describe('the headers, query and extra body of a catalogue entry', () => {
  it('are passed on, with their variables filled in and known as secrets', () => {
    const entry = {
      ...lab,
      headers: { 'x-team': 'blue', authorization: `Token \${LAB_TOKEN}`, 'x-api-key': 'written-out' },
      query: { 'api-version': '1', sig: `\${LAB_SIGNATURE}` },
      extraBody: { top_k: 5 },
      systemRole: 'developer',
      maxTokensParameter: 'max_completion_tokens',
    };
    const env = { LAB_TOKEN: 'token-0123', LAB_SIGNATURE: 'signature-0123' };
    const { credentials, planChanges } = load({ providers: [entry] }, env);
    expect(credentials.get('lab')).toEqual({
      kind: 'openai-compatible',
      apiKey: null,
      baseURL: lab.baseURL,
      headers: { 'x-team': 'blue', authorization: 'Token token-0123', 'x-api-key': 'written-out' },
      query: { 'api-version': '1', sig: 'signature-0123' },
      extraBody: { top_k: 5 },
      systemRole: 'developer',
      maxTokensParameter: 'max_completion_tokens',
      secrets: expect.arrayContaining(['token-0123', 'signature-0123', 'written-out']),
    });
    expect(credentials.get('lab')?.secrets).not.toContain('blue');
    // A provider that gets a secret is assumed to be paid.
    expect(planChanges).toBe(false);
  });

  it('make the provider unusable if their variable is not set, and a warning names the variable', () => {
    const config = load({ providers: [{ ...lab, headers: { 'api-key': `\${LAB_TOKEN}` } }] });
    const { credentials } = config;
    expect(credentials.has('lab')).toBe(false);
    expect(allWarnings(config)).toEqual(['Lab cannot be used: LAB_TOKEN is not set']);
  });

  const own = [
    'model',
    'messages',
    'stream',
    'stream_options',
    'max_tokens',
    'max_completion_tokens',
    'n',
    'n_predict',
  ];
  it.each([...own, 'models', 'best_of', 'tools', 'extra_body', 'MAX_TOKENS'])(
    'stop the start if they would break the hold: %s',
    (name) => {
      const refused = (path: string) => new RegExp(`^CATALOGUE_FILE ${path}\\.${name} is 1: this server sets it`);
      const providers = [{ ...lab, extraBody: { [name]: 1 }, reasoningParameters: { [name]: 1 } }];
      const problems = problemsOf(() => load({ providers, models: [{ ...model, extraBody: { [name]: 1 } }] }));
      expect(problems).toEqual([
        expect.stringMatching(refused('providers\\[0\\]\\.extraBody')),
        expect.stringMatching(refused('providers\\[0\\]\\.reasoningParameters')),
        expect.stringMatching(refused('models\\[0\\]\\.extraBody')),
      ]);
    },
  );

  it('stop the start if a header is malformed or set by the server, without showing any value', () => {
    const headers = {
      Host: 'hunter2',
      'content-length': 'hunter2',
      'a b': 'hunter2',
      'x-a': 'two\nlines hunter2',
      'x-b': 2,
    };
    const problems = problemsOf(() => load({ providers: [{ ...lab, headers }, { headers: { a: 'hunter2' } }] }));
    expect(problems).toEqual([
      expect.stringMatching(/^CATALOGUE_FILE providers\[0\]\.headers\.x-b: expected a text$/),
      expect.stringMatching(/^CATALOGUE_FILE providers\[1\]\.id is missing/),
    ]);
    const texts = { ...headers, 'x-b': 'ascii' };
    const named = problemsOf(() => load({ providers: [{ ...lab, headers: texts }] }));
    expect(named).toEqual([
      'CATALOGUE_FILE providers[0].headers.Host: this server sets this header itself',
      'CATALOGUE_FILE providers[0].headers.content-length: this server sets this header itself',
      'CATALOGUE_FILE providers[0].headers.a b: expected the name of a header',
      'CATALOGUE_FILE providers[0].headers.x-a: expected what a header can carry: ASCII in one line',
    ]);
    const env = { LAB_TOKEN: 'clé-hunter2' };
    const unsent = problemsOf(() => load({ providers: [{ ...lab, headers: { 'x-a': `\${LAB_TOKEN}` } }] }, env));
    expect(unsent).toEqual(['LAB_TOKEN holds a key that no header can carry: expected ASCII in one line']);
    for (const file of [{ providers: { headers: { authorization: 'hunter2' } } }, { models: { query: 'hunter2' } }]) {
      problems.push(...problemsOf(() => load(file)));
    }
    expect([...problems, ...named, ...unsent].join('\n')).not.toContain('hunter2');
  });

  it('are refused for kinds of providers that ignore them', () => {
    const providers = [{ id: 'anthropic', extraBody: {}, systemRole: 'user', headers: { 'x-a': 'b' } }];
    const models = [{ id: 'google/gemini-3.8-flash', maxTokensParameter: 'max_tokens' }];
    const only = 'only for openai and openai-compatible';
    expect(problemsOf(() => load({ providers, models }))).toEqual([
      `CATALOGUE_FILE providers[0].extraBody is of no use for the kind anthropic, ${only}`,
      `CATALOGUE_FILE providers[0].systemRole is of no use for the kind anthropic, ${only}`,
      `CATALOGUE_FILE models[0].maxTokensParameter is of no use for the kind google, ${only}`,
    ]);
  });
});

describe('price tiers by the length of the input', () => {
  const tiers = [
    { aboveInputTokens: 32_000, inputPriceUsd: 2, outputPriceUsd: 4, cachedInputPriceUsd: 0.2 },
    { aboveInputTokens: 128_000, inputPriceUsd: 4, outputPriceUsd: 8 },
  ];

  it('come from the file, and cached input costs the tier’s input price by default', () => {
    const { models } = load({ providers: [lab], models: [{ ...model, priceTiers: tiers }] }).catalogue;
    expect(models.get('lab/a')?.prices.tiers).toEqual([
      {
        aboveInputTokens: 32_000,
        input: 2_000_000,
        cachedInput: 200_000,
        cacheWriteInput: 2_000_000,
        output: 4_000_000,
      },
      {
        aboveInputTokens: 128_000,
        input: 4_000_000,
        cachedInput: 4_000_000,
        cacheWriteInput: 4_000_000,
        output: 8_000_000,
      },
    ]);
  });

  it('must be in ascending order', () => {
    const models = [{ ...model, priceTiers: tiers.toReversed() }];
    expect(problemsOf(() => load({ providers: [lab], models }))).toEqual([
      'CATALOGUE_FILE models[0].priceTiers[1].aboveInputTokens is 32000: expected more than the 128000 of the tier before',
    ]);
  });

  it('are kept if a built-in model gets a wider window, and never fall below a changed price', () => {
    const id = 'google/gemini-3.1-pro-preview';
    const builtIn = load({}).catalogue.models.get(id)?.prices.tiers;
    expect(builtIn).toMatchObject([{ aboveInputTokens: 200_000, input: 4_000_000, output: 18_000_000 }]);
    const wide = load({ models: [{ id, contextWindow: 1_048_576 }] }).catalogue.models.get(id);
    expect(wide).toMatchObject({ contextWindow: 1_048_576, prices: { tiers: builtIn } });
    const dear = load({ models: [{ id, inputPriceUsd: 5 }] }).catalogue.models.get(id);
    expect(dear?.prices.tiers).toMatchObject([{ input: 5_000_000, cachedInput: 5_000_000, output: 18_000_000 }]);
    const flat = load({ models: [{ id, contextWindow: 1_048_576, priceTiers: [] }] }).catalogue.models.get(id);
    expect(flat?.prices.tiers).toBeUndefined();
  });
});

describe('servers found on this machine', () => {
  const ollama = {
    id: 'ollama',
    name: 'Ollama',
    origin: 'http://127.0.0.1:11434',
    models: [
      { name: 'qwen3:8b', contextWindow: 32_768 },
      { name: 'llama3.2:latest', contextWindow: null },
    ],
  };

  it('replace the mock free of charge, and one of their models is the default', () => {
    const { catalogue, credentials, signUp } = withLocalServers(load({}), [ollama]);
    expect([...credentials.keys()]).toEqual(['ollama']);
    expect(catalogue.defaultModelIds).toEqual(['ollama/qwen3:8b']);
    expect(catalogue.models.get('ollama/llama3.2:latest')).toMatchObject({
      name: 'llama3.2',
      providerModel: 'llama3.2:latest',
      contextWindow: 4096,
      prices: { input: 0, output: 0 },
    });
    expect(catalogue.models.get('ollama/qwen3:8b')?.contextWindow).toBe(32_768);
    expect(signUp.kind).toBe('OPEN');
  });

  it('stand beside providers with a key, whose models stay the default, and remove the warning about missing models', () => {
    const keyed = load({}, { OPENAI_API_KEY: 'k' });
    const both = withLocalServers(keyed, [ollama]);
    expect(both.catalogue.defaultModelIds).toEqual(keyed.catalogue.defaultModelIds);
    expect(both.catalogue.models.has('ollama/qwen3:8b')).toBe(true);
    const none = load({}, { MOCK_PROVIDER: 'off' });
    expect(allWarnings(none)).toHaveLength(1);
    expect(allWarnings(withLocalServers(none, [ollama]))).toEqual([]);
  });

  it('are looked for on the embedded database only, and not with LOCAL_MODELS=off', () => {
    expect(load({}).looksForLocalModels).toBe(true);
    expect(load({}, { LOCAL_MODELS: 'off' }).looksForLocalModels).toBe(false);
    expect(load({}, { DATABASE_URL: 'postgres://db.example.com/x' }).looksForLocalModels).toBe(false);
  });
});

describe('proxies', () => {
  const rulesOf = (env: Record<string, string>) => {
    const problems: string[] = [];
    return { rules: readProxyRules(env, problems), problems };
  };
  const by = (env: Record<string, string>, url: string) => {
    const { rules } = rulesOf(env);
    return rules && proxyFor(rules, new URL(url));
  };

  it('are not used if no variable names one', () => {
    expect(load({}).proxies).toBeNull();
    expect(rulesOf({ NO_PROXY: '*' }).rules).toBeNull();
  });

  it('are chosen by scheme, from lower-case variables before upper-case ones, with ALL_PROXY for other schemes', () => {
    const env = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1', ALL_PROXY: 'socks5://all:1' };
    expect(by(env, 'https://api.example.com/v1')).toBe('http://lower:1');
    expect(by(env, 'http://api.example.com/v1')).toBe('socks5://all:1');
    expect(by({ HTTP_PROXY: 'proxy.example:3128' }, 'http://a.example')).toBe('http://proxy.example:3128');
    expect(by({ HTTP_PROXY: 'proxy.example:3128' }, 'https://a.example')).toBeNull();
  });

  it.each([
    ['*', 'https://a.example', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://api.Example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['.example.com', 'https://api.example.com', true],
    ['*.example.com', 'https://api.example.com', true],
    ['.example.com', 'https://example.com', false],
    ['example.com:8443', 'https://example.com:8443', true],
    ['example.com:8443', 'https://example.com', false],
    ['example.com:443', 'https://example.com', true],
    ['127.0.0.1', 'http://127.0.0.1:11434', true],
    ['127.0.0.1:80', 'http://127.0.0.1:11434', false],
    ['10.0.0.0/8', 'http://10.1.2.3', true],
    ['10.0.0.0/8', 'http://11.1.2.3', false],
    ['fd00::/8', 'http://[fd12::1]:80', true],
    ['::1', 'http://[::1]:11434', true],
    ['[::1]:11434', 'http://[::1]:11434', true],
    ['a.example, localhost', 'http://localhost', true],
    ['10.0.0.0/99', 'http://10.1.2.3', false],
  ])('are bypassed with NO_PROXY=%s for %s: %s', (NO_PROXY, url, left) => {
    expect(by({ ALL_PROXY: 'http://p:1', NO_PROXY }, url)).toBe(left ? null : 'http://p:1');
  });

  it('accept any NO_PROXY list without an error, and are bypassed for every listed host', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5 }), fc.domain(), (entries, hostname) => {
        const url = `https://${hostname}/v1`;
        by({ ALL_PROXY: 'http://p:1', NO_PROXY: entries.join(',') }, url);
        expect(by({ ALL_PROXY: 'http://p:1', NO_PROXY: [...entries, hostname].join(',') }, url)).toBeNull();
      }),
    );
  });

  it('stop the start if their address is malformed, and the mistake shows no password', () => {
    const env = { HTTPS_PROXY: 'ftp://root:hunter2@proxy', all_proxy: 'http://root:hunter2@' };
    const problems = problemsOf(() => load({}, env));
    expect(problems).toEqual([
      'all_proxy: expected the address of a proxy, such as http://proxy.example.com:3128',
      'HTTPS_PROXY: expected the address of a proxy, such as http://proxy.example.com:3128',
    ]);
  });
});
