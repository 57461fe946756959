import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/mistakes.ts';
import { openTelemetryVariables } from '../../src/config/open-telemetry.ts';
import { proxyVariables } from '../../src/config/proxies.ts';
import { type Config, loadConfig, settingsSchema } from '../../src/config/settings.ts';
import { kitNamesOf } from '../../src/config/variables.ts';
import { findModel } from '../../src/domain/catalogue/model-names.ts';
import { builtInProviders } from '../../src/providers/providers.ts';
import { allWarnings } from './all-warnings.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'polylogue-config-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function load(env: Record<string, string | undefined> = {}): Config {
  return loadConfig(env, directory);
}

function loadWithFile(file: unknown, env: Record<string, string> = {}): Config {
  writeFileSync(join(directory, 'catalogue.json'), typeof file === 'string' ? file : JSON.stringify(file));
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

const ollama = {
  id: 'ollama',
  name: 'Ollama',
  kind: 'openai-compatible',
  baseURL: 'http://127.0.0.1:11434/v1',
};
const llama = {
  id: 'ollama/llama3.2',
  name: 'Llama 3.2',
  minimumTier: 'FREE',
  contextWindow: 128_000,
  maxOutputTokens: 4096,
  inputPriceUsd: 0,
  outputPriceUsd: 0,
};

describe('the environment', () => {
  it('needs no variable', () => {
    expect(load()).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      dataDir: join(directory, 'data'),
      databaseUrl: null,
      authSecret: null,
      corsAllowOrigins: [],
      creditsPerUsd: 1_000_000,
      logLevel: 'info',
      logDir: null,
      planChanges: true,
      signUp: { kind: 'OPEN' },
      monthlyCreditsMax: null,
      alertWebhookUrl: null,
      fastPath: true,
      upstream: 'fast',
      mockPace: 1,
      files: { bytesMax: 20_000_000, fetchesUrls: false, bucket: null },
      firstTokenTimeoutMs: 120_000,
      idleTimeoutMs: 60_000,
      leaseMs: 15_000,
      warnings: [],
    });
  });

  it('sets every value', () => {
    const secret = 'x'.repeat(32);
    expect(
      load({
        PORT: '0',
        HOST: '0.0.0.0',
        PUBLIC_URL: 'https://chat.example.com/',
        DATA_DIR: 'elsewhere',
        DATABASE_URL: 'postgresql://user:password@db.example.com/polylogue',
        AUTH_SECRET: secret,
        CORS_ALLOW_ORIGINS: 'https://a.example.com, http://localhost:5173/',
        CREDITS_PER_USD: '100',
        LOG_LEVEL: 'debug',
        LOG_DIR: '/var/log/polylogue',
        PLAN_CHANGES: 'simulated',
        FAST_PATH: 'off',
        UPSTREAM: 'plain',
        MOCK_PACE: '2.5',
        FIRST_TOKEN_TIMEOUT_SECONDS: '1.5',
        IDLE_TIMEOUT_SECONDS: '.25',
        LEASE_SECONDS: '2',
        AGENT_STEPS_MAX: '5',
        AGENT_MINUTES_MAX: '6',
        AGENT_CREDITS_MAX: '7000',
        TOOL_APPROVAL_MINUTES: '8',
      }),
    ).toMatchObject({
      port: 0,
      host: '0.0.0.0',
      publicUrl: 'https://chat.example.com',
      dataDir: join(directory, 'elsewhere'),
      databaseUrl: 'postgresql://user:password@db.example.com/polylogue',
      authSecret: secret,
      corsAllowOrigins: ['https://a.example.com', 'http://localhost:5173'],
      creditsPerUsd: 100,
      logLevel: 'debug',
      logDir: '/var/log/polylogue',
      planChanges: true,
      fastPath: false,
      upstream: 'plain',
      mockPace: 2.5,
      firstTokenTimeoutMs: 1500,
      idleTimeoutMs: 250,
      leaseMs: 2000,
      agentLimits: { stepsMax: 5, minutesMax: 6, creditsMax: 7000, approvalMinutes: 8 },
    });
  });

  it('lets members change their plan on the embedded database only, unless PLAN_CHANGES says otherwise', () => {
    const DATABASE_URL = 'postgres://db.example.com/polylogue';
    expect(load({ DATABASE_URL }).planChanges).toBe(false);
    expect(load({ DATABASE_URL, PLAN_CHANGES: 'simulated' }).planChanges).toBe(true);
    expect(load({ PLAN_CHANGES: 'off' }).planChanges).toBe(false);
  });

  it('leaves plan changes to admins if an answer costs the operator money, unless PLAN_CHANGES=simulated', () => {
    expect(load({ OPENAI_API_KEY: 'k' }).planChanges).toBe(false);
    expect(load({ OPENAI_API_KEY: 'k', MOCK_PROVIDER: 'on' }).planChanges).toBe(false);
    expect(load({ OPENAI_API_KEY: 'k', PLAN_CHANGES: 'simulated' }).planChanges).toBe(true);
    expect(loadWithFile({ providers: [ollama], models: [llama] }).planChanges).toBe(true);
    expect(loadWithFile({ providers: [ollama], models: [{ ...llama, outputPriceUsd: 0.01 }] }).planChanges).toBe(false);
    const keyed = { ...ollama, apiKeyEnv: 'GATEWAY_KEY' };
    expect(loadWithFile({ providers: [keyed], models: [llama] }, { GATEWAY_KEY: 'k' }).planChanges).toBe(false);
    expect(loadWithFile({ providers: [keyed], models: [llama] }).planChanges).toBe(true);
  });

  it('opens sign-up if the server is local and free of charge, and otherwise asks for an invitation', () => {
    const kindOf = (env: Record<string, string>) => load(env).signUp.kind;
    for (const env of [
      {},
      { HOST: 'localhost' },
      { HOST: '::1' },
      { HOST: '127.8.9.10', PUBLIC_URL: 'http://localhost:3000' },
      { PUBLIC_URL: 'http://[::1]:3000' },
      { OPENAI_API_KEY: 'k', SIGN_UP: 'open' },
    ] as Record<string, string>[]) {
      expect([env, kindOf(env)]).toEqual([env, 'OPEN']);
    }
    for (const env of [
      { OPENAI_API_KEY: 'k' },
      { HOST: '0.0.0.0' },
      { HOST: '::' },
      { HOST: '127.0.0.1.example.com' },
      { PUBLIC_URL: 'https://chat.example.com' },
      { HOST: '0.0.0.0', PUBLIC_URL: 'http://localhost:3000' },
      { TRUSTED_PROXIES: '1' },
      { SIGN_UP: 'invite' },
    ] as Record<string, string>[]) {
      expect([env, kindOf(env)]).toEqual([env, 'INVITE']);
    }
    expect(load({ SIGN_UP: 'closed' }).signUp).toEqual({ kind: 'CLOSED' });
    expect(load({ SIGN_UP: 'domains:A.org, b.example.org' }).signUp).toEqual({
      kind: 'DOMAINS',
      domains: ['a.org', 'b.example.org'],
    });
  });

  it('refuses an unknown SIGN_UP rule, malformed domains and a fractional MONTHLY_CREDITS_MAX', () => {
    for (const rule of [
      'opened',
      'OPEN',
      'domains',
      'domains:',
      'domains:a.org,,b.org',
      'domains:@a.org',
      'domains:a..b',
    ]) {
      expect(problemsOf(() => load({ SIGN_UP: rule }))).toEqual([
        `SIGN_UP${rule.includes('@') ? '' : ` is "${rule}"`}: expected open, invite, closed or domains:a.example,b.example`,
      ]);
    }
    expect(load({ MONTHLY_CREDITS_MAX: '0' }).monthlyCreditsMax).toBe(0);
    expect(load().monthlyCreditsMax).toBeNull();
    expect(problemsOf(() => load({ MONTHLY_CREDITS_MAX: '1.5' }))).toHaveLength(1);
  });

  it('lets guests in only where strangers cannot come, or from sites that are named', () => {
    const refusal = [expect.stringMatching(/^CHAT_KIT is "anonymous", .*CORS_ALLOW_ORIGINS$/)];
    for (const env of [
      { HOST: '0.0.0.0' },
      { PUBLIC_URL: 'https://chat.example.com' },
      { TRUSTED_PROXIES: '1' },
    ] as Record<string, string>[]) {
      expect(problemsOf(() => load({ CHAT_KIT: 'anonymous', ...env }))).toEqual(refusal);
      expect(load({ CHAT_KIT: 'on', ...env }).chatKit).toBe('on');
      const named = { CORS_ALLOW_ORIGINS: 'https://shop.example.com', ...env };
      expect(load({ CHAT_KIT: 'anonymous', ...named }).chatKit).toBe('anonymous');
    }
    expect(load({ CHAT_KIT: 'anonymous' })).toMatchObject({ chatKit: 'anonymous', guestsMax: 10_000 });
    expect(load().chatKit).toBe('off');
    expect(problemsOf(() => load({ CHAT_KIT: 'yes' }))).toEqual(['CHAT_KIT is "yes": expected off, on or anonymous']);
  });

  it('warns where guests may spend the operator’s money without a limit for all', () => {
    const warning = expect.stringContaining('MONTHLY_CREDITS_MAX is not set');
    const paid = { CHAT_KIT: 'anonymous', OPENAI_API_KEY: 'sk-test' };
    expect(allWarnings(load(paid))).toEqual([warning]);
    expect(allWarnings(load({ ...paid, MONTHLY_CREDITS_MAX: '50000000' }))).toEqual([]);
    expect(allWarnings(load({ ...paid, CHAT_KIT: 'on' }))).toEqual([]);
    expect(allWarnings(load({ CHAT_KIT: 'anonymous', MOCK_PROVIDER: 'on' }))).toEqual([]);
  });

  it('may have empty or blank variables, which count as absent', () => {
    expect(load({ PORT: '', LOG_LEVEL: '  ', OPENAI_API_KEY: '', DATABASE_URL: '' })).toMatchObject({
      port: 3000,
      logLevel: 'info',
      databaseUrl: null,
    });
  });

  it('includes .env, and a variable that is really set wins even if it is empty', () => {
    writeFileSync(join(directory, '.env'), 'PORT=4000\nHOST="0.0.0.0" # everywhere\nLOG_LEVEL=debug\n');
    expect(load({ PORT: '5000', LOG_LEVEL: '', HOST: undefined })).toMatchObject({
      port: 5000,
      host: '0.0.0.0',
      logLevel: 'info',
    });
  });

  it('reports every mistake at once, with the expected values', () => {
    const problems = problemsOf(() =>
      load({
        PORT: '70000',
        PUBLIC_URL: 'chat.example.com',
        CORS_ALLOW_ORIGINS: '*',
        CREDITS_PER_USD: '1.5',
        LOG_LEVEL: 'loud',
        MOCK_PROVIDER: 'maybe',
        MOCK_PACE: '0',
        PLAN_CHANGES: 'paid',
        FAST_PATH: 'yes',
        UPSTREAM: 'slow',
        LEASE_SECONDS: '0',
        IDLE_TIMEOUT_SECONDS: '-1',
        XAI_BASE_URL: 'ftp://example.com',
        CATALOGUE_FILE: 'nowhere.json',
      }),
    );
    expect(problems).toEqual([
      'PORT is "70000": expected a whole number from 0 to 65535',
      'PUBLIC_URL is "chat.example.com": expected an address that begins with http:// or https://',
      'CORS_ALLOW_ORIGINS is "*": expected origins such as https://chat.example.com, without a path, separated by commas or in a JSON list',
      'CREDITS_PER_USD is "1.5": expected a whole number from 1 to 1000000000',
      'LOG_LEVEL is "loud": expected fatal, error, warn, info, debug, trace or silent',
      'MOCK_PROVIDER is "maybe": expected auto, on or off',
      'MOCK_PACE is "0": expected a number from 0.1 to 1000',
      'PLAN_CHANGES is "paid": expected simulated or off',
      'FAST_PATH is "yes": expected on or off',
      'UPSTREAM is "slow": expected fast or plain',
      'IDLE_TIMEOUT_SECONDS is "-1": expected seconds, more than 0 and at most 3600, such as 15 or 0.5',
      'LEASE_SECONDS is "0": expected seconds, more than 0 and at most 86400, such as 15 or 0.5',
      'XAI_BASE_URL is "ftp://example.com": expected an address that begins with http:// or https://',
      'CATALOGUE_FILE is "nowhere.json": there is no such file',
    ]);
  });

  it('reports each mistake on its own line', () => {
    const start = () => load({ PORT: 'x', LOG_LEVEL: 'y' });
    expect(start).toThrow(/^The configuration has 2 mistakes:\n {2}PORT is .*\n {2}LOG_LEVEL is .*$/);
  });

  it('reports mistakes without passwords', () => {
    const problems = problemsOf(() =>
      load({ DATABASE_URL: 'mysql://root:hunter2@db/x', OPENAI_BASE_URL: 'htp://root:hunter2@proxy' }),
    );
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it.each([
    [
      'https://chat.example.com/poly;logue',
      ' is "https://chat.example.com/poly;logue": expected a path of letters, digits and the signs . _ ~ -',
    ],
    ['https://root:hunter2@chat.example.com', ': expected an address without a user name and a password'],
    ['https://hunter2@chat.example.com/', ': expected an address without a user name and a password'],
    ['https://chat.example.com/@polylogue', ': expected a path of letters, digits and the signs . _ ~ -'],
    ['https://chat.example.com?a=1', ' is "https://chat.example.com?a=1": expected an address without ? and #'],
  ])('refuses %s as PUBLIC_URL', (PUBLIC_URL, expected) => {
    expect(problemsOf(() => load({ PUBLIC_URL }))).toEqual([`PUBLIC_URL${expected}`]);
  });

  it.each([
    ['https://example.com/chat', 'https://example.com/chat'],
    ['https://example.com/tools/chat//', 'https://example.com/tools/chat'],
    ['https://example.com/', 'https://example.com'],
  ])('takes %s as PUBLIC_URL', (PUBLIC_URL, expected) => {
    expect(load({ PUBLIC_URL }).publicUrl).toBe(expected);
  });

  it('causes a warning if AUTH_SECRET can be guessed', () => {
    expect(load({ AUTH_SECRET: 'secret' }).warnings).toEqual([expect.stringContaining('AUTH_SECRET is shorter')]);
  });

  it('warns where UPSTREAM=plain gives a silent provider up sooner than it is told to', () => {
    const silence = { FIRST_TOKEN_TIMEOUT_SECONDS: '300', IDLE_TIMEOUT_SECONDS: '300' };
    expect(load({ ...silence, UPSTREAM: 'plain' }).warnings).toEqual([]);
    expect(load({ ...silence, IDLE_TIMEOUT_SECONDS: '301' }).warnings).toEqual([]);
    for (const name of ['FIRST_TOKEN_TIMEOUT_SECONDS', 'IDLE_TIMEOUT_SECONDS']) {
      const { warnings } = load({ ...silence, UPSTREAM: 'plain', [name]: '301' });
      expect(warnings).toEqual([
        expect.stringContaining('UPSTREAM=plain gives a silent provider up after 300 seconds'),
      ]);
    }
  });

  it('is described in full by .env.example, whose values are the defaults', () => {
    const example = readFileSync(resolve(import.meta.dirname, '../../../.env.example'), 'utf8');
    expect(load(parseEnv(example))).toEqual(load());
    const named = new Set(example.match(/^[A-Z_]+(?==)/gm));
    const settings = Object.keys(settingsSchema.shape);
    const keys = builtInProviders.flatMap(({ keyVariables: [key], defaultModelVariables: [model] }) => [key, model]);
    const aliases = builtInProviders.flatMap((provider) => [
      ...provider.baseURLVariables.slice(1),
      ...kitNamesOf(provider).baseURLVariables,
    ]);
    const read = [...settings, ...keys, ...proxyVariables].filter((name) => !aliases.includes(name));
    // OpenTelemetry's specification describes its many variables; the example has those that people set.
    const own = [...named].filter((name) => !openTelemetryVariables.includes(name));
    expect(own.sort()).toEqual(read.sort());
  });

  it('refuses an OPERATOR_TOKEN that no header can carry, without showing it', () => {
    expect(load({ OPERATOR_TOKEN: 'operator-token-0123456789' }).operatorToken).toBe('operator-token-0123456789');
    for (const token of ['too short', 'the token of an operator', 'jeton-de-l’opérateur']) {
      const problems = problemsOf(() => load({ OPERATOR_TOKEN: token }));
      expect(problems).toEqual([expect.stringMatching(/^OPERATOR_TOKEN: expected at least 16 characters/)]);
    }
  });

  it('limits the time-outs for a silent provider to an hour', () => {
    expect(load({ FIRST_TOKEN_TIMEOUT_SECONDS: '3600' }).firstTokenTimeoutMs).toBe(3_600_000);
    expect(problemsOf(() => load({ FIRST_TOKEN_TIMEOUT_SECONDS: '3601', IDLE_TIMEOUT_SECONDS: '6000' }))).toEqual([
      expect.stringContaining('FIRST_TOKEN_TIMEOUT_SECONDS is "3601": expected seconds, more than 0 and at most 3600'),
      expect.stringContaining('IDLE_TIMEOUT_SECONDS is "6000": expected seconds, more than 0 and at most 3600'),
    ]);
  });
});

describe('providers', () => {
  it('always include the built-in ones, and the mock if none of them has a key', () => {
    const { catalogue, credentials } = load();
    expect([...catalogue.providers.values()].map(({ id, configured }) => [id, configured])).toEqual([
      ...builtInProviders.map(({ id }) => [id, false]),
      ['mock', true],
    ]);
    expect([...credentials]).toEqual([['mock', { kind: 'mock', apiKey: null, baseURL: null }]]);
    expect(catalogue.defaultModelIds).toEqual(['mock/swift', 'mock/sage', 'mock/poet']);
    expect([...catalogue.models.keys()].slice(0, 6)).toEqual([
      'mock/swift',
      'mock/sage',
      'mock/poet',
      'mock/thinker',
      'mock/oracle',
      'mock/faulty',
    ]);
  });

  it('include mock models for every state: one above the tier FREE, one that fails and one that reasons', () => {
    const { models } = load().catalogue;
    expect(models.get('mock/oracle')?.minimumTier).toBe('PRO');
    expect(models.get('mock/faulty')).toMatchObject({ minimumTier: 'FREE', fallbacks: [] });
    expect(models.get('mock/thinker')).toMatchObject({ reasoning: true, providerModel: 'thinker' });
  });

  it('take their keys and base URLs from the environment, and a key removes the mock', () => {
    const { catalogue, credentials } = load({
      OPENAI_API_KEY: 'openai-key',
      ANTHROPIC_API_KEY: 'anthropic-key',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:8080',
      GOOGLE_API_KEY: 'google-key',
      XAI_API_KEY: 'xai-key',
      PERPLEXITY_API_KEY: 'perplexity-key',
      PERPLEXITY_BASE_URL: 'http://127.0.0.1:8081/v1',
    });
    expect(Object.fromEntries(credentials)).toEqual({
      openai: { kind: 'openai', apiKey: 'openai-key', baseURL: null },
      anthropic: { kind: 'anthropic', apiKey: 'anthropic-key', baseURL: 'http://127.0.0.1:8080' },
      google: { kind: 'google', apiKey: 'google-key', baseURL: null },
      xai: { kind: 'openai-compatible', apiKey: 'xai-key', baseURL: 'https://api.x.ai/v1' },
      perplexity: {
        kind: 'openai-compatible',
        apiKey: 'perplexity-key',
        baseURL: 'http://127.0.0.1:8081/v1',
        requestUsage: false,
      },
    });
    expect(catalogue.providers.has('mock')).toBe(false);
    expect([...catalogue.models.keys()].some((id) => id.startsWith('mock/'))).toBe(false);
  });

  it('prefer GEMINI_API_KEY to GOOGLE_API_KEY', () => {
    const { credentials } = load({ GEMINI_API_KEY: 'one', GOOGLE_API_KEY: 'other' });
    expect(credentials.get('google')?.apiKey).toBe('one');
  });

  it('offer usable default models, at most as many as a new member may ask at once', () => {
    const keys = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', XAI_API_KEY: 'k', PERPLEXITY_API_KEY: 'k' };
    for (const env of [keys, { GEMINI_API_KEY: 'k' }, { PERPLEXITY_API_KEY: 'k' }]) {
      const { defaultModelIds, models, providers, tiers } = load(env).catalogue;
      const defaults = defaultModelIds.map((id) => models.get(id));
      expect(defaults.length).toBeGreaterThan(0);
      expect(defaults.length).toBeLessThanOrEqual(tiers.get('FREE')?.modelsPerPrompt ?? 0);
      expect(new Set(defaultModelIds).size).toBe(defaults.length);
      for (const model of defaults) {
        expect(model?.minimumTier).toBe('FREE');
        expect(providers.get(model?.providerId ?? '')?.configured).toBe(true);
      }
    }
    expect(new Set(load(keys).catalogue.defaultModelIds.map((id) => id.split('/')[0])).size).toBe(3);
  });

  it('list the models of configured providers first', () => {
    const { models, providers } = load({ XAI_API_KEY: 'k' }).catalogue;
    const configured = [...models.values()].map((model) => providers.get(model.providerId)?.configured);
    expect(configured).toEqual(configured.toSorted((a, b) => Number(b) - Number(a)));
    expect(configured[0]).toBe(true);
  });

  it('include the mock beside real ones with MOCK_PROVIDER=on, but not as a default', () => {
    const { catalogue } = load({ MOCK_PROVIDER: 'on', OPENAI_API_KEY: 'k' });
    expect(catalogue.providers.get('mock')?.configured).toBe(true);
    expect(catalogue.defaultModelIds.every((id) => id.startsWith('openai/'))).toBe(true);
  });

  it('may be none with MOCK_PROVIDER=off, with a warning', () => {
    const config = load({ MOCK_PROVIDER: 'off' });
    const { catalogue, credentials } = config;
    expect(catalogue.defaultModelIds).toEqual([]);
    expect(catalogue.providers.has('mock')).toBe(false);
    expect(credentials.size).toBe(0);
    expect(allWarnings(config)).toEqual([expect.stringContaining('No model can be asked')]);
  });

  it('cause a warning if they have a base URL but no key', () => {
    expect(allWarnings(load({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }))).toEqual([
      'OpenAI cannot be used: OPENAI_API_KEY is not set',
    ]);
  });
});

describe('a setting that would break every request', () => {
  it.each([
    ['OPENAI_BASE_URL', 'https://gateway.example/v1?key=S3cret'],
    ['ANTHROPIC_BASE_URL', 'https://gateway.example/#part'],
    ['GEMINI_BASE_URL', 'https://gateway.example?'],
  ])('stops the start, named but without its secret: %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(`${name}: expected an address without ? and #`);
  });

  it.each([
    ['OPENAI_API_KEY', 'sk-sch\u00fcssel-S3cret'],
    ['GEMINI_API_KEY', 'two\nlines-S3cret'],
  ])('stops the start, named but without its key: %s', (name, value) => {
    const start = () => load({ [name]: value });
    expect(start).toThrow(`${name} holds a key that no header can carry`);
    expect(start).not.toThrow('S3cret');
  });

  it('stops the start if it is in the catalogue file', () => {
    const providers = [
      { id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://lab.example/v1?x=1', apiKeyEnv: 'LAB_KEY' },
    ];
    expect(problemsOf(() => loadWithFile({ providers }))).toEqual([
      'CATALOGUE_FILE providers[0].baseURL: expected an address without ? and #',
    ]);
    const sound = [{ ...providers[0], baseURL: 'http://lab.example/v1' }];
    expect(problemsOf(() => loadWithFile({ providers: sound }, { LAB_KEY: '\u{1F511}' }))).toEqual([
      'LAB_KEY holds a key that no header can carry: expected ASCII in one line',
    ]);
  });

  it('stops the start if it is thinkTags for a kind without think tags', () => {
    const models = [{ id: 'openai/gpt-4.1', thinkTags: false }];
    expect(problemsOf(() => loadWithFile({ models }))).toEqual([
      'CATALOGUE_FILE models[0].thinkTags is of no use for the kind openai, only for openai-compatible',
    ]);
  });
});

describe('the catalogue file', () => {
  it('adds providers, models and tiers, and changes built-in ones', () => {
    const config = loadWithFile(
      {
        providers: [{ ...ollama, apiKeyEnv: 'OLLAMA_API_KEY' }],
        models: [{ ...llama, fallbacks: ['openai/gpt-4.1-mini'] }],
        tiers: {
          FREE: { promptsPerMinute: 10, modelsPerPrompt: 2, monthlyCredits: 250_000, maxOutputTokens: 2048 },
          PRO: { growingHolds: true },
        },
      },
      { OLLAMA_API_KEY: 'ollama-key' },
    );
    const { catalogue, credentials } = config;
    expect(catalogue.providers.get('ollama')).toEqual({
      id: 'ollama',
      name: 'Ollama',
      kind: 'openai-compatible',
      configured: true,
    });
    expect(credentials.get('ollama')).toEqual({
      kind: 'openai-compatible',
      apiKey: 'ollama-key',
      baseURL: 'http://127.0.0.1:11434/v1',
    });
    expect(catalogue.models.get('ollama/llama3.2')).toEqual({
      id: 'ollama/llama3.2',
      providerId: 'ollama',
      providerModel: 'llama3.2',
      name: 'Llama 3.2',
      minimumTier: 'FREE',
      contextWindow: 128_000,
      maxOutputTokens: 4096,
      prices: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 },
      pricesUsd: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 },
      fallbacks: ['openai/gpt-4.1-mini'],
      sampling: true,
      reasoning: false,
      accepts: ['TEXT'],
    });
    expect(catalogue.tiers.get('FREE')).toEqual({
      id: 'FREE',
      name: 'Free',
      fileMegabytes: 200,
      promptsPerMinute: 10,
      modelsPerPrompt: 2,
      monthlyCredits: 250_000,
      maxOutputTokens: 2048,
    });
    expect(catalogue.tiers.get('PRO')).toMatchObject({ growingHolds: true });
    expect(catalogue.defaultModelIds).toEqual(['ollama/llama3.2']);
    expect(catalogue.providers.has('mock')).toBe(false);
    expect(allWarnings(config)).toEqual([]);
  });

  it('makes a provider without apiKeyEnv usable without a key, and one with a missing key unusable', () => {
    expect(loadWithFile({ providers: [ollama] }).credentials.get('ollama')?.apiKey).toBeNull();
    const config = loadWithFile({
      providers: [{ ...ollama, apiKeyEnv: 'OLLAMA_API_KEY' }],
      models: [llama],
    });
    const { catalogue, credentials } = config;
    expect(catalogue.providers.get('ollama')?.configured).toBe(false);
    expect(credentials.has('ollama')).toBe(false);
    expect(catalogue.models.has('ollama/llama3.2')).toBe(true);
    expect(catalogue.defaultModelIds[0]).toBe('mock/swift');
    expect(allWarnings(config)).toEqual(['Ollama cannot be used: OLLAMA_API_KEY is not set']);
  });

  it('changes only the named fields of a built-in model', () => {
    const before = load().catalogue.models.get('openai/gpt-6-sol');
    const { models } = loadWithFile({ models: [{ id: 'openai/gpt-6-sol', minimumTier: 'FREE' }] }).catalogue;
    expect(models.get('openai/gpt-6-sol')).toEqual({ ...before, minimumTier: 'FREE' });
  });

  it('drops the cache discount when it changes a price', () => {
    const { models } = loadWithFile({ models: [{ id: 'openai/gpt-4.1', inputPriceUsd: 1.1 }] }).catalogue;
    expect(models.get('openai/gpt-4.1')?.pricesUsd).toEqual({
      input: 1.1,
      cachedInput: 1.1,
      cacheWriteInput: 1.1,
      output: 8,
      perSearch: 0.01,
    });
    expect(models.get('openai/gpt-4.1')?.prices.input).toBe(1_100_000);
  });

  it('can give a mock model a price per request', () => {
    const { models } = loadWithFile({ models: [{ id: 'mock/swift', requestPriceUsd: 0.005 }] }).catalogue;
    expect(models.get('mock/swift')?.prices.perRequest).toBe(5_000);
    expect(models.get('mock/swift')?.pricesUsd.perRequest).toBe(0.005);
  });

  it('can move a built-in provider, and the environment overrides that', () => {
    const file = { providers: [{ id: 'xai', baseURL: 'http://127.0.0.1:1/v1' }] };
    const env = { XAI_API_KEY: 'k' };
    expect(loadWithFile(file, env).credentials.get('xai')).toEqual({
      kind: 'openai-compatible',
      apiKey: 'k',
      baseURL: 'http://127.0.0.1:1/v1',
    });
    const moved = loadWithFile(file, { ...env, XAI_BASE_URL: 'http://127.0.0.1:2/v1' });
    expect(moved.credentials.get('xai')?.baseURL).toBe('http://127.0.0.1:2/v1');
  });

  it('can remove a model', () => {
    const { models } = loadWithFile({ models: [{ id: 'openai/gpt-6-sol', enabled: false }] }).catalogue;
    expect(models.has('openai/gpt-6-sol')).toBe(false);
  });

  it('sets the model for a bare provider name, by default the first model that is not removed', () => {
    const { catalogue } = loadWithFile({
      providers: [
        { id: 'openai', defaultModel: 'openai/gpt-4.1' },
        { ...ollama, defaultModel: 'ollama/llama3.2' },
      ],
      models: [{ ...llama, id: 'ollama/first' }, llama, { id: 'anthropic/claude-haiku-4-5', enabled: false }],
    });
    expect(findModel(catalogue, 'openai')?.id).toBe('openai/gpt-4.1');
    expect(findModel(catalogue, 'ollama')?.id).toBe('ollama/llama3.2');
    expect(findModel(catalogue, 'anthropic')?.id).toBe('anthropic/claude-sonnet-4-6');
    expect(findModel(catalogue, 'nobody')).toBeUndefined();
  });

  it('passes an endpoint’s own options to its adapter', () => {
    const old = {
      id: 'old',
      name: 'Old',
      kind: 'anthropic',
      baseURL: 'http://127.0.0.1:1',
      legacyVersion: '2023-06-01',
    };
    const { credentials } = loadWithFile(
      {
        providers: [
          { ...ollama, requestUsage: false, reasoningParameters: { think: true } },
          { id: 'perplexity', name: 'Search' },
          { id: 'gemini', name: 'Gemini', kind: 'google', baseURL: 'http://127.0.0.1:2' },
          old,
        ],
      },
      { PERPLEXITY_API_KEY: 'k' },
    );
    expect(credentials.get('ollama')).toMatchObject({ requestUsage: false, reasoningParameters: { think: true } });
    expect(credentials.get('perplexity')).toMatchObject({ requestUsage: false });
    expect(credentials.get('gemini')).toMatchObject({ kind: 'google', apiKey: null, baseURL: 'http://127.0.0.1:2' });
    expect(credentials.get('old')).toMatchObject({ kind: 'anthropic', legacyVersion: '2023-06-01' });
  });

  it('refuses an option that the kind lacks, and a default model of another provider', () => {
    const problems = problemsOf(() =>
      loadWithFile({
        providers: [
          { ...ollama, legacyVersion: '2023-06-01', defaultModel: 'openai/gpt-4.1' },
          { id: 'anthropic', requestUsage: false, legacyVersion: '2020-01-01' },
          { id: 'google', reasoningParameters: {}, defaultModel: 'google/nobody' },
        ],
      }),
    );
    expect(problems).toEqual([
      expect.stringMatching(/^CATALOGUE_FILE providers\[1\]\.legacyVersion is "2020-01-01": expected 2023-06-01$/),
      'CATALOGUE_FILE providers[0].legacyVersion is of no use for the kind openai-compatible, only for anthropic',
      'CATALOGUE_FILE providers[1].requestUsage is of no use for the kind anthropic, only for openai and openai-compatible',
      'CATALOGUE_FILE providers[2].reasoningParameters is of no use for the kind google, only for openai and openai-compatible',
      'CATALOGUE_FILE providers[0].defaultModel is "openai/gpt-4.1": a model of "ollama" is expected',
      'CATALOGUE_FILE providers[2].defaultModel is "google/nobody": no model has this id',
    ]);
  });

  it('accepts any name that a provider may have for a model', () => {
    const id = 'ollama/hf.co/org/Model-GGUF:Q4_K_M';
    const { models } = loadWithFile({ providers: [ollama], models: [{ ...llama, id }] }).catalogue;
    expect(models.get(id)).toMatchObject({ providerId: 'ollama', providerModel: 'hf.co/org/Model-GGUF:Q4_K_M' });
  });

  it('sets the default models, and causes a warning for those whose provider is not configured', () => {
    const config = loadWithFile({ defaultModels: ['mock/poet', 'openai/gpt-4.1'] });
    const { catalogue } = config;
    expect(catalogue.defaultModelIds).toEqual(['mock/poet']);
    expect(allWarnings(config)).toEqual([
      'CATALOGUE_FILE defaultModels names openai/gpt-4.1, whose provider is not configured',
    ]);
  });

  it('raises the tiers above a raised tier, and lowers the tiers below a lowered one', () => {
    const { tiers } = loadWithFile({
      tiers: { FREE: { promptsPerMinute: 1000 }, ENTERPRISE: { modelsPerPrompt: 2 } },
    }).catalogue;
    expect([...tiers.values()].map((tier) => tier.promptsPerMinute)).toEqual([1000, 1000, 1000]);
    expect([...tiers.values()].map((tier) => tier.modelsPerPrompt)).toEqual([2, 2, 2]);
    expect([...tiers.values()].map((tier) => tier.monthlyCredits)).toEqual([2_000_000, 20_000_000, 200_000_000]);
  });

  it('refuses tiers with falling limits', () => {
    expect(
      problemsOf(() => loadWithFile({ tiers: { FREE: { modelsPerPrompt: 4 }, PRO: { modelsPerPrompt: 3 } } })),
    ).toEqual(['CATALOGUE_FILE tiers.PRO.modelsPerPrompt is 3, less than the 4 of FREE']);
  });

  it('reports every mistake at once, with its place in the file', () => {
    const { inputPriceUsd: _, ...unpriced } = llama;
    const problems = problemsOf(() =>
      loadWithFile(
        {
          providers: [ollama, { ...ollama, baseURL: 'localhost:11434' }, { id: 'other' }, { ...ollama, id: 'mock' }],
          models: [
            unpriced,
            { ...llama, id: 'ollama/a', inputPriceUsd: -1 },
            { ...llama, id: 'ollama/b', outputPriceUsd: 1001 },
            { ...llama, id: 'ollama/c', inputPriceUsd: '3' },
            { ...llama, id: 'ollama/d', contextWindow: 1.5 },
            { ...llama, id: 'ollama/e', inputPrise: 1 },
            { ...llama, id: 'ollama/f', fallbacks: ['ollama/nobody', 'ollama/f', 'mock/swift'] },
            { ...llama, id: 'nowhere/g' },
            { ...llama, id: 'ollama/a' },
            { ...llama, id: 'ollama/h', maxOutputTokens: 128_001 },
            { ...llama, id: 'ollama/i', minimumTier: 'GOLD' },
          ],
          tiers: { FREE: { monthlyCredits: -1 }, GOLD: {} },
          defaultModels: ['nobody/x'],
          modles: [],
        },
        { PORT: 'x' },
      ),
    );
    const expected = [
      /^PORT is "x"/,
      /^CATALOGUE_FILE has the unknown key "modles"$/,
      /^CATALOGUE_FILE providers\[1\]\.id is "ollama", as that of providers\[0\] is$/,
      /^CATALOGUE_FILE providers\[1\]\.baseURL is "localhost:11434": expected an address/,
      /^CATALOGUE_FILE providers\[2\]\.name is missing/,
      /^CATALOGUE_FILE providers\[2\]\.kind is missing/,
      /^CATALOGUE_FILE providers\[3\]\.id is "mock", which is taken/,
      /^CATALOGUE_FILE models\[0\]\.inputPriceUsd is missing: the new model "ollama\/llama3\.2" needs one$/,
      /^CATALOGUE_FILE models\[1\]\.inputPriceUsd is -1: expected a price of at least 0$/,
      /^CATALOGUE_FILE models\[2\]\.outputPriceUsd is 1001: expected at most 1,000 USD/,
      /^CATALOGUE_FILE models\[3\]\.inputPriceUsd is "3": expected a number/,
      /^CATALOGUE_FILE models\[4\]\.contextWindow is 1\.5: expected a whole number of tokens$/,
      /^CATALOGUE_FILE models\[5\] has the unknown key "inputPrise"$/,
      /^CATALOGUE_FILE models\[6\]\.fallbacks\[0\] is "ollama\/nobody": no model has this id$/,
      /^CATALOGUE_FILE models\[6\]\.fallbacks\[1\] is "ollama\/f": a model cannot stand in for itself$/,
      /^CATALOGUE_FILE models\[6\]\.fallbacks\[2\] is "mock\/swift": a mock model never answers for a real one$/,
      /^CATALOGUE_FILE models\[7\]\.id is "nowhere\/g": no provider has the id "nowhere"$/,
      /^CATALOGUE_FILE models\[8\]\.id is "ollama\/a", as that of models\[1\] is$/,
      /^CATALOGUE_FILE models\[9\]\.maxOutputTokens is 128001, more than the context window/,
      /^CATALOGUE_FILE models\[10\]\.minimumTier is "GOLD": expected FREE, PRO or ENTERPRISE$/,
      /^CATALOGUE_FILE tiers\.FREE\.monthlyCredits is -1: expected at least 0 credits$/,
      /^CATALOGUE_FILE tiers has the unknown key "GOLD"$/,
      /^CATALOGUE_FILE defaultModels\[0\] is "nobody\/x": no model has this id$/,
    ];
    for (const pattern of expected) expect(problems).toContainEqual(expect.stringMatching(pattern));
    expect(problems).toHaveLength(expected.length);
  });

  it('refuses removed models as fallback or default, and more defaults than a new member may ask', () => {
    const removed = { id: 'openai/gpt-4.1', enabled: false };
    const problems = problemsOf(() =>
      loadWithFile({
        models: [removed, { id: 'openai/gpt-6-sol', fallbacks: ['openai/gpt-4.1'] }],
        defaultModels: ['openai/gpt-4.1', 'mock/swift', 'mock/sage', 'mock/poet'],
      }),
    );
    expect(problems).toEqual([
      'CATALOGUE_FILE models[1].fallbacks[0] is "openai/gpt-4.1": this model is taken out by "enabled": false',
      'CATALOGUE_FILE defaultModels names 4 models, but the FREE tier may ask 3 at once',
      'CATALOGUE_FILE defaultModels[0] is "openai/gpt-4.1": no model has this id',
    ]);
  });

  it('has its mistakes reported without passwords and keys', () => {
    const addressed = { ...ollama, baseURL: 'htp://root:hunter2@proxy' };
    const keys = ['sk-hunter2', 'xai hunter2', '7hunter2', ['hunter2'], { hunter2: true }];
    const providers = [addressed, ...keys.map((apiKeyEnv, index) => ({ ...ollama, id: `o${index}`, apiKeyEnv }))];
    const problems = problemsOf(() => loadWithFile({ providers }));
    expect(problems).toHaveLength(providers.length);
    expect(problems[0]).toBe(
      'CATALOGUE_FILE providers[0].baseURL: expected an address that begins with http:// or https://',
    );
    expect(problems).toContain(
      'CATALOGUE_FILE providers[1].apiKeyEnv: expected the name of an environment variable, which holds the key',
    );
    for (const file of [
      { providers: addressed },
      { providers: { apiKeyEnv: 'hunter2' } },
      { providers: { apiKey: 'hunter2' } },
      '{"baseURL":"http://a:hunter2@b"c}',
    ]) {
      problems.push(...problemsOf(() => loadWithFile(file)));
    }
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it('causes a warning without the key if apiKeyEnv holds a key that could be a variable’s name', () => {
    const warnings = allWarnings(loadWithFile({ providers: [{ ...ollama, apiKeyEnv: 'gsk_hunter2' }] }));
    expect(warnings).toEqual(['Ollama cannot be used: the variable that its apiKeyEnv names is not set']);
  });

  it.each([
    ['{ "models": [', /^CATALOGUE_FILE is "catalogue\.json": it is not JSON/],
    ['[]', /^CATALOGUE_FILE is \[\]: /],
    ['{ "models": ["openai/gpt-4.1"] }', /^CATALOGUE_FILE models\[0\] is "openai\/gpt-4\.1": /],
    ['{ "models": [{}] }', /^CATALOGUE_FILE models\[0\]\.id is missing: /],
    ['{ "models": [{ "id": "gpt-4.1" }] }', /^CATALOGUE_FILE models\[0\]\.id is "gpt-4\.1": expected <provider>\//],
  ])('is refused with the content %s', (content, expected) => {
    expect(problemsOf(() => loadWithFile(content))).toEqual([expect.stringMatching(expected)]);
  });

  it('may begin with a byte order mark', () => {
    expect(loadWithFile(`\uFEFF${JSON.stringify({ providers: [ollama] })}`).catalogue.providers.has('ollama')).toBe(
      true,
    );
  });

  it('is refused if it is a folder', () => {
    expect(problemsOf(() => load({ CATALOGUE_FILE: '.' }))).toEqual([
      'CATALOGUE_FILE is ".": it cannot be read (EISDIR)',
    ]);
  });
});
