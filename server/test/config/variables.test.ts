import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/mistakes.ts';
import { type Config, loadConfig } from '../../src/config/settings.ts';
import { defaultModelOf } from '../../src/domain/catalogue/model-names.ts';
import { allWarnings } from './all-warnings.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'polylogue-variables-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function load(env: Record<string, string> = {}): Config {
  return loadConfig({ MOCK_PROVIDER: 'on', ...env }, directory);
}

function loadWithFile(file: object, env: Record<string, string> = {}): Config {
  writeFileSync(join(directory, 'catalogue.json'), JSON.stringify(file));
  return load({ CATALOGUE_FILE: 'catalogue.json', ...env });
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

describe('the default model of a provider', () => {
  const defaultOf = (config: Config, providerId: string) => defaultModelOf(config.catalogue, providerId)?.id;

  it('is the one that its setting names, by its id, by the provider’s name for it, or by the price list’s', () => {
    const config = load({
      OPENAI_MODEL_DEFAULT: 'gpt-4o',
      ANTHROPIC_MODEL_DEFAULT: 'claude-3-5-sonnet-latest',
      GEMINI_MODEL_DEFAULT: 'gemini-2.0-flash',
      XAI_MODEL_DEFAULT: 'xai/grok-4.6',
      PERPLEXITY_MODEL_DEFAULT: 'sonar-pro',
    });
    expect(defaultOf(config, 'openai')).toBe('openai/gpt-4o');
    expect(defaultOf(config, 'anthropic')).toBe('anthropic/claude-3-5-sonnet-latest');
    expect(defaultOf(config, 'google')).toBe('google/gemini-2.0-flash');
    expect(defaultOf(config, 'xai')).toBe('xai/grok-4.6');
    expect(defaultOf(config, 'perplexity')).toBe('perplexity/sonar-pro');
    expect(defaultOf(load({ GOOGLE_MODEL_DEFAULT: 'gemini-3.8-flash' }), 'google')).toBe('google/gemini-3.8-flash');
  });

  it('is else the catalogue file’s, else the first default model of the provider, else its first model', () => {
    const keys = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };
    const defaultModels = ['anthropic/claude-opus-5-5', 'openai/gpt-4.1'];
    expect(defaultOf(load(keys), 'openai')).toBe('openai/gpt-6-luna');
    expect(defaultOf(loadWithFile({ defaultModels }, keys), 'openai')).toBe('openai/gpt-4.1');
    const providers = [{ id: 'openai', defaultModel: 'openai/gpt-6-sol' }];
    expect(defaultOf(loadWithFile({ defaultModels, providers }, keys), 'openai')).toBe('openai/gpt-6-sol');
    const named = loadWithFile({ defaultModels, providers }, { ...keys, OPENAI_MODEL_DEFAULT: 'gpt-4.1-mini' });
    expect(defaultOf(named, 'openai')).toBe('openai/gpt-4.1-mini');
    expect(defaultOf(named, 'nobody')).toBeUndefined();
  });

  it('stops the start if nobody knows it, with similar names', () => {
    expect(problemsOf(() => load({ OPENAI_MODEL_DEFAULT: 'gpt-4.1-mimi', XAI_MODEL_DEFAULT: 'gpt-4o' }))).toEqual([
      expect.stringMatching(
        /^OPENAI_MODEL_DEFAULT is "gpt-4\.1-mimi": OpenAI has no such model here; similar names: gpt-4\.1-mini(, |$)/,
      ),
      'XAI_MODEL_DEFAULT is "gpt-4o": xAI has no such model here',
    ]);
  });

  it('stops the start if the operator does not offer it', () => {
    const models = [{ id: 'openai/gpt-4.1', enabled: false }];
    expect(problemsOf(() => loadWithFile({ models }, { OPENAI_MODEL_DEFAULT: 'gpt-4.1' }))).toHaveLength(1);
    expect(problemsOf(() => loadWithFile({ models }, { OPENAI_MODEL_DEFAULT: 'gpt-4.1-2025-04-14' }))).toHaveLength(1);
    const listedOnly = { LISTED_MODELS_ONLY: 'on' };
    expect(problemsOf(() => load({ ...listedOnly, OPENAI_MODEL_DEFAULT: 'gpt-4o' }))).toHaveLength(1);
    expect(defaultOf(load({ ...listedOnly, OPENAI_MODEL_DEFAULT: 'gpt-4.1' }), 'openai')).toBe('openai/gpt-4.1');
  });

  it('causes a warning if new members may not ask it', () => {
    const OPENAI_API_KEY = 'k';
    expect(allWarnings(load({ OPENAI_API_KEY, OPENAI_MODEL_DEFAULT: 'gpt-4o-mini' }))).toEqual([]);
    expect(allWarnings(load({ OPENAI_MODEL_DEFAULT: 'gpt-4o' }))).toEqual([]);
    expect(allWarnings(load({ OPENAI_API_KEY, OPENAI_MODEL_DEFAULT: 'gpt-4o' }))).toEqual([
      'OPENAI_MODEL_DEFAULT names openai/gpt-4o, which needs the plan PRO: a minimumTier for it in CATALOGUE_FILE changes that',
    ]);
    const models = [{ id: 'openai/gpt-4o', minimumTier: 'FREE' }];
    expect(allWarnings(loadWithFile({ models }, { OPENAI_API_KEY, OPENAI_MODEL_DEFAULT: 'gpt-4o' }))).toEqual([]);
  });
});

describe('an entry of the catalogue file for a model of the price list', () => {
  it('needs only the tier, and lists the model with all that is known of it', () => {
    const { models } = loadWithFile({ models: [{ id: 'openai/gpt-4o', minimumTier: 'FREE' }] }).catalogue;
    expect(models.get('openai/gpt-4o')).toMatchObject({
      name: 'gpt-4o',
      minimumTier: 'FREE',
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
      prices: { input: 2_500_000, output: 10_000_000 },
    });
  });

  it('changes what it names', () => {
    const entry = { id: 'anthropic/claude-3-5-sonnet-latest', name: 'Sonnet', minimumTier: 'PRO', outputPriceUsd: 20 };
    const { models } = loadWithFile({ models: [entry] }).catalogue;
    expect(models.get(entry.id)).toMatchObject({ name: 'Sonnet', pricesUsd: { input: 3, output: 20 } });
  });

  it('is refused without a tier', () => {
    expect(problemsOf(() => loadWithFile({ models: [{ id: 'openai/gpt-4o', name: 'GPT-4o' }] }))).toEqual([
      'CATALOGUE_FILE models[0].minimumTier is missing: the new model "openai/gpt-4o" needs one',
    ]);
  });
});

describe('ai-chat-kit’s settings', () => {
  it('are second names of the keys and the base URLs', () => {
    const { credentials, warnings } = load({
      FASTAPI_AI_CHAT_OPENAI_API_KEY: 'openai-key',
      FASTAPI_AI_CHAT_ANTHROPIC_API_KEY: 'anthropic-key',
      FASTAPI_AI_CHAT_GEMINI_API_KEY: 'gemini-key',
      FASTAPI_AI_CHAT_OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      FASTAPI_AI_CHAT_ANTHROPIC_BASE_URL: 'http://127.0.0.1:2',
      FASTAPI_AI_CHAT_GEMINI_BASE_URL: 'http://127.0.0.1:3',
    });
    expect(credentials.get('openai')).toMatchObject({ apiKey: 'openai-key', baseURL: 'http://127.0.0.1:1/v1' });
    expect(credentials.get('anthropic')).toMatchObject({ apiKey: 'anthropic-key', baseURL: 'http://127.0.0.1:2' });
    expect(credentials.get('google')).toMatchObject({ apiKey: 'gemini-key', baseURL: 'http://127.0.0.1:3' });
    expect(warnings).toEqual([]);
  });

  it('yield to the usual names', () => {
    const { credentials } = load({ FASTAPI_AI_CHAT_GEMINI_API_KEY: 'one', GOOGLE_API_KEY: 'other' });
    expect(credentials.get('google')?.apiKey).toBe('other');
  });

  it('are checked as the usual ones are, without being shown', () => {
    const problems = problemsOf(() =>
      load({
        FASTAPI_AI_CHAT_OPENAI_BASE_URL: 'https://gateway.example/v1?key=S3cret',
        FASTAPI_AI_CHAT_ANTHROPIC_API_KEY: 'schl\u00fcssel-S3cret',
      }),
    );
    expect(problems).toEqual([
      'FASTAPI_AI_CHAT_OPENAI_BASE_URL: expected an address without ? and #',
      'FASTAPI_AI_CHAT_ANTHROPIC_API_KEY holds a key that no header can carry: expected ASCII in one line',
    ]);
  });

  it('cause a warning if one has no counterpart', () => {
    expect(load({ FASTAPI_AI_CHAT_SQLITE_PATH: './chat.sqlite3' }).warnings).toEqual([
      'FASTAPI_AI_CHAT_SQLITE_PATH has no counterpart here: conversations are kept in DATA_DIR, or at DATABASE_URL',
    ]);
  });
});

describe('CORS_ALLOW_ORIGINS', () => {
  const originsOf = (CORS_ALLOW_ORIGINS: string) => load({ CORS_ALLOW_ORIGINS }).corsAllowOrigins;

  it('may be a JSON list', () => {
    expect(originsOf('["http://localhost:3000"]')).toEqual(['http://localhost:3000']);
    expect(originsOf(' [ "https://a.example.com/", "http://b.example.com:80" ] ')).toEqual([
      'https://a.example.com',
      'http://b.example.com',
    ]);
    expect(originsOf('[]')).toEqual([]);
  });

  it.each([
    '["http://localhost:3000"',
    '[http://localhost:3000]',
    '["*"]',
    '[1]',
    '{"a": "http://localhost:3000"}',
    '[["http://localhost:3000"]]',
  ])('is refused as %s', (value) => {
    expect(problemsOf(() => originsOf(value))).toEqual([
      expect.stringContaining('expected origins such as https://chat.example.com'),
    ]);
  });

  it('means the same in both forms', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const origin = fc
      .tuple(fc.constantFrom('http', 'https'), fc.domain(), port)
      .map(([scheme, host, at]) => `${scheme}://${host}:${at}`);
    fc.assert(
      fc.property(fc.array(origin, { minLength: 1, maxLength: 5 }), (origins) => {
        expect(originsOf(JSON.stringify(origins))).toEqual(originsOf(origins.join(', ')));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a variable that is no setting', () => {
  const warningsOf = (...names: string[]) => load(Object.fromEntries(names.map((name) => [name, 'hunter2']))).warnings;

  it.each([
    ['OPENAI_KEY', 'OPENAI_API_KEY'],
    ['OPENAI_API_BASE', 'OPENAI_BASE_URL'],
    ['ANTHROPIC_DEFAULT', null],
    ['GEMINI_APIKEY', 'GEMINI_API_KEY'],
    ['GOOGLE_GENERATIVE_AI_API_KEY', null],
    ['XAI_KEY', 'XAI_API_KEY'],
    ['FASTAPI_AI_CHAT_REDIS_URL', null],
    ['CORS_ALLOWED_ORIGINS', 'CORS_ALLOW_ORIGINS'],
    ['AUTH_SECRETS', 'AUTH_SECRET'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['SIGN_UP_RULE', 'SIGN_UP'],
    ['MOCK_SPEED', null],
    ['CATALOG_FILE', 'CATALOGUE_FILE'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['POLYLOGUE_PORT', null],
    ['openai_api_key', 'OPENAI_API_KEY'],
  ])('is named at the start if it looks like one of ours, without its value: %s', (name, near) => {
    const [warning, ...others] = warningsOf(name);
    expect(others).toEqual([]);
    expect(warning).toMatch(new RegExp(`^${name} is no setting of this server and has no effect`));
    if (near) expect(warning).toMatch(new RegExp(`; ${near} is one$`));
    expect(warning).not.toContain('hunter2');
  });

  it('is not named if it belongs to another program', () => {
    const names = [
      'OPENAI_ORG_ID',
      'OPENAI_ORGANIZATION',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'GOOGLE_CLOUD_PROJECT',
      'ANTHROPIC_MODEL',
      'ANTHROPIC_AUTH_TOKEN',
      'CLAUDE_CODE_ENTRYPOINT',
      'GEMINI_CLI_NO_RELAUNCH',
      'PATH',
      'HOME',
      'LANG',
      'LOGNAME',
      'HOSTNAME',
      'NODE_ENV',
      'NODE_OPTIONS',
      'NODE_EXTRA_CA_CERTS',
      'POSTGRES_PASSWORD',
      'PGHOST',
      'FTP_PROXY',
      'http_proxy',
      'npm_config_user_agent',
      'PUBLIC_KEY',
      'API_TOKEN',
      'LOG_FORMAT',
      'DATA_PATH',
      'CI',
    ];
    expect(warningsOf(...names)).toEqual([]);
  });

  it('is not named if the catalogue file names it', () => {
    const providers = [
      {
        id: 'lab',
        name: 'Lab',
        kind: 'openai-compatible',
        baseURL: 'http://127.0.0.1:1/v1',
        apiKeyEnv: 'OPENAI_LAB_KEY',
        headers: { 'x-team': `\${GOOGLE_TEAM}` },
        query: { tenant: `\${AUTH_TENANT}` },
      },
    ];
    const env = { OPENAI_LAB_KEY: 'k', GOOGLE_TEAM: 't', AUTH_TENANT: 'n' };
    expect(loadWithFile({ providers }, env).warnings).toEqual([]);
  });

  it('is not named by its whole name if that holds what may be a key', () => {
    writeFileSync(join(directory, '.env'), 'OPENAI_sk-proj-hunter2=1\n');
    try {
      expect(load().warnings).toEqual(['A variable that begins with OPENAI_ is no setting of this server']);
    } finally {
      rmSync(join(directory, '.env'));
    }
    expect(warningsOf('OPENAI_sk_hunter2').join()).not.toContain('hunter2');
    expect(warningsOf(`XAI_${'h'.repeat(80)}`).join()).not.toContain('hhh');
  });

  it('never has its value shown, whatever its name', () => {
    const names = fc.tuple(
      fc.constantFrom('OPENAI_', 'AUTH_', 'FASTAPI_AI_CHAT_', 'SIGN_UP_', 'CATALOGUE_', ''),
      fc.stringMatching(/^[A-Za-z0-9_]{1,12}$/),
    );
    fc.assert(
      fc.property(names, ([beginning, rest]) => {
        expect(load({ [`${beginning}${rest}_X`]: 'hunter2' }).warnings.join()).not.toContain('hunter2');
      }),
      { numRuns: 50 },
    );
  });
});
