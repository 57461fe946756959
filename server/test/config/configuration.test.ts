import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Configuration, readConfiguration, variableOf } from '../../src/config/configuration.ts';
import { ConfigError } from '../../src/config/mistakes.ts';
import { proxyVariables } from '../../src/config/proxies.ts';
import { type Config, settingsSchema } from '../../src/config/settings.ts';
import { kitNamesOf } from '../../src/config/variables.ts';
import { findModel } from '../../src/domain/catalogue/model-names.ts';
import { builtInProviders } from '../../src/providers/providers.ts';
import { allWarnings } from './all-warnings.ts';

/** A value for every setting. */
const everything = {
  publicUrl: 'https://chat.example.com',
  dataDir: 'elsewhere',
  databaseUrl: 'postgres://db.example.com/polylogue',
  authSecret: 'x'.repeat(32),
  corsAllowOrigins: ['https://a.example', 'https://b.example'],
  signUp: 'domains:a.example',
  passwords: 'off',
  smtpUrl: 'smtp://mail.example:2525',
  mailFrom: 'Chat <chat@a.example>',
  signInWith: {
    'my-login': {
      issuer: 'https://login.a.example',
      clientId: 'polylogue',
      clientSecret: 's',
      name: 'Login',
      scopes: 'email',
      signUp: 'rule',
      link: 'off',
      groupsClaim: 'roles',
      adminGroups: ['cn=admins,dc=a'],
      auditorGroups: ['books'],
      tierGroups: { staff: 'PRO' },
      teamGroups: { dev: 'Engineering' },
    },
  },
  mockProvider: 'on',
  mockPace: 10,
  fileUrls: 'on',
  webSearch: 'tavily',
  braveSearchApiKey: 'BSAfalseKey',
  tavilyApiKey: 'tvly-false-key',
  searxngUrl: 'http://search.example:8080',
  mcpServersFile: fileURLToPath(new URL('./mcp-servers.json', import.meta.url)),
  toolsPrivateAddresses: 'allow',
  toolsForPrograms: 'on',
  toolTimeoutSeconds: 90,
  toolConnectSeconds: 20,
  localModels: 'off',
  listedModelsOnly: 'on',
  chatKit: 'on',
  chatKitGuestsMax: 100,
  creditsPerUsd: 1000,
  monthlyCreditsMax: 5000,
  retentionDays: 90,
  fileMbMax: 5,
  importMbMax: 7,
  filesUrl: 's3://key:se%2Fcret@files/of/chat?endpoint=https://s3.example.com&region=eu-central-1',
  alertWebhookUrl: 'https://hooks.example.com/secret',
  planChanges: 'simulated',
  trustedProxies: 1,
  connectionsPerAddressMax: 50,
  runningResponsesMax: 20,
  runningResponsesPerMemberMax: 10,
  firstTokenTimeoutSeconds: 30,
  idleTimeoutSeconds: 0.5,
  leaseSeconds: 5,
  agentStepsMax: 4,
  agentMinutesMax: 2,
  agentCreditsMax: 700,
  toolApprovalMinutes: 3,
  operatorToken: 'a token of the operator'.replaceAll(' ', '-'),
  logLevel: 'warn',
  logDir: 'logs',
  httpsProxy: 'http://proxy.example:3128',
  httpProxy: 'http://proxy.example:3129',
  allProxy: 'socks5://proxy.example',
  noProxy: ['localhost', '10.0.0.0/8'],
  openTelemetry: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' },
  fastPath: 'off',
  upstream: 'plain',
} as const satisfies Configuration;

function problemsOf(configuration: unknown): string[] {
  try {
    readConfiguration(configuration as Configuration);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('It should have been refused');
}

function configured({ credentials }: Config): string[] {
  return [...credentials.keys()];
}

describe('the configuration of an embedded API', () => {
  it('needs no field, and lets only the first account in without an invitation', () => {
    expect(readConfiguration({})).toMatchObject({
      publicUrl: 'http://localhost:3000',
      dataDir: join(process.cwd(), 'data'),
      databaseUrl: null,
      signUp: { kind: 'INVITE' },
      looksForLocalModels: true,
      warnings: [],
    });
    expect(configured(readConfiguration({}))).toEqual(['mock']);
  });

  it('sets every value', () => {
    expect(readConfiguration(everything)).toMatchObject({
      publicUrl: 'https://chat.example.com',
      dataDir: join(process.cwd(), 'elsewhere'),
      databaseUrl: 'postgres://db.example.com/polylogue',
      authSecret: 'x'.repeat(32),
      corsAllowOrigins: ['https://a.example', 'https://b.example'],
      signUp: { kind: 'DOMAINS', domains: ['a.example'] },
      mail: { url: 'smtp://mail.example:2525', from: 'Chat <chat@a.example>' },
      signIn: {
        passwords: false,
        providers: [
          {
            id: 'my-login',
            issuer: 'https://login.a.example',
            clientId: 'polylogue',
            clientSecret: 's',
            name: 'Login',
            scopes: 'openid email',
            admitsAll: false,
            links: false,
            groups: {
              claim: 'roles',
              adminGroups: ['cn=admins,dc=a'],
              auditorGroups: ['books'],
              tierGroups: new Map([['staff', 'PRO']]),
              teamGroups: new Map([['dev', 'Engineering']]),
            },
          },
        ],
      },
      mockPace: 10,
      looksForLocalModels: false,
      creditsPerUsd: 1000,
      monthlyCreditsMax: 5000,
      retentionDays: 90,
      files: {
        bytesMax: 5_000_000,
        fetchesUrls: true,
        bucket: {
          bucket: 'files',
          prefix: 'of/chat/',
          endpoint: 'https://s3.example.com',
          region: 'eu-central-1',
          pathStyle: true,
          accessKeyId: 'key',
          secretAccessKey: 'se/cret',
          sessionToken: null,
        },
      },
      tools: {
        servers: [{ name: 'notes', address: { kind: 'remote', url: 'https://notes.example/mcp', mayBePrivate: true } }],
        mayBePrivate: true,
        forPrograms: true,
        callMs: 90_000,
        connectMs: 20_000,
      },
      alertWebhookUrl: 'https://hooks.example.com/secret',
      planChanges: true,
      trustedProxies: 1,
      connectionsPerAddressMax: 50,
      runningResponsesMax: 20,
      runningResponsesPerMemberMax: 10,
      firstTokenTimeoutMs: 30_000,
      idleTimeoutMs: 500,
      leaseMs: 5000,
      operatorToken: 'a-token-of-the-operator',
      logLevel: 'warn',
      logDir: join(process.cwd(), 'logs'),
      proxies: { http: 'http://proxy.example:3129', https: 'http://proxy.example:3128', except: everything.noProxy },
      openTelemetry: { traces: { url: 'http://collector.example:4318/v1/traces' } },
      fastPath: false,
      upstream: 'plain',
      source: { mockProvider: 'on' },
    });
  });

  it('has a field for every setting, but for those of a listener, of the web app and of a catalogue file', () => {
    const { signInWith: _, openTelemetry: __, ...rest } = everything;
    const variables = (Object.keys(rest) as (keyof typeof rest)[]).map(variableOf);
    const baseURLs = builtInProviders.flatMap((provider) => [
      ...provider.baseURLVariables,
      ...kitNamesOf(provider).baseURLVariables,
    ]);
    const elsewhere = ['PORT', 'HOST', 'API_URL', 'CATALOGUE_FILE', ...baseURLs];
    const settings = [...Object.keys(settingsSchema.shape), ...proxyVariables];
    expect(variables.sort()).toEqual(settings.filter((name) => !elsewhere.includes(name)).sort());
  });

  it('lets guests in only from sites that it names, since it does not know who reaches the server', () => {
    const refusal = [expect.stringMatching(/^chatKit is "anonymous", .* corsAllowOrigins$/)];
    expect(problemsOf({ chatKit: 'anonymous' })).toEqual(refusal);
    expect(problemsOf({ chatKit: 'anonymous', corsAllowOrigins: [] })).toEqual(refusal);
    const named = readConfiguration({ chatKit: 'anonymous', corsAllowOrigins: ['https://a.example'] });
    expect(named.chatKit).toBe('anonymous');
  });

  it('takes an empty text and undefined for absent', () => {
    const config = readConfiguration({ databaseUrl: '', publicUrl: undefined, logDir: ' ' });
    expect(config).toMatchObject({ databaseUrl: null, publicUrl: 'http://localhost:3000', logDir: null });
  });

  it('switches a provider on with a key, and off with an empty one', () => {
    const providers = {
      openai: { apiKey: 'sk-1', baseURL: 'https://gate.example/v1' },
      anthropic: { apiKey: '' },
      google: { apiKey: undefined },
      xai: {},
    };
    const config = readConfiguration({ providers });
    expect(configured(config)).toEqual(['openai']);
    expect(config.credentials.get('openai')).toMatchObject({ apiKey: 'sk-1', baseURL: 'https://gate.example/v1' });
    expect(allWarnings(config)).toEqual([]);
  });

  it('describes providers of its own, with a key and without, and their models', () => {
    const provider = { kind: 'openai-compatible', baseURL: 'http://127.0.0.1:8000/v1' } as const;
    const model = {
      minimumTier: 'FREE',
      contextWindow: 8192,
      maxOutputTokens: 1024,
      inputPriceUsd: 1,
      outputPriceUsd: 2,
    } as const;
    const config = readConfiguration({
      providers: {
        closed: { ...provider, name: 'Closed', apiKey: 'key-of-closed' },
        open: { ...provider, name: 'Open' },
        off: { ...provider, name: 'Off', apiKey: '' },
      },
      models: [
        { ...model, id: 'closed/a', name: 'A' },
        { ...model, id: 'open/b', name: 'B' },
      ],
      tiers: { FREE: { name: 'Guest' } },
      defaultModels: ['open/b'],
    });
    expect(configured(config)).toEqual(['closed', 'open']);
    expect(config.credentials.get('closed')).toMatchObject({ apiKey: 'key-of-closed' });
    expect(config.credentials.get('open')).toMatchObject({ apiKey: null });
    expect(allWarnings(config)).toEqual(['Off cannot be used: providers.off.apiKey is not set']);
    expect(config.catalogue.tiers.get('FREE')?.name).toBe('Guest');
    expect(config.catalogue.defaultModelIds).toEqual(['open/b']);
    expect(findModel(config.catalogue, 'closed/a')).toMatchObject({ name: 'A' });
  });

  it('names every mistake by its field', () => {
    expect(
      problemsOf({
        publicUrl: 'chat.example.com',
        databaseUrl: 'mysql://user:password@db',
        mockPace: 0,
        corsAllowOrigins: ['*'],
        httpsProxy: '::',
        providers: { openai: { apiKey: 'a\nb' }, gate: { kind: 'openai-compatible' } },
        models: [{ id: 'openai/gpt-4.1-mini', contextWindow: 0 }],
        tiers: { FREE: { monthlyCredits: -1 } },
        signInWith: { a: { issuer: 'login.example', clientId: '' } },
      }),
    ).toEqual([
      'publicUrl is "chat.example.com": expected an address that begins with http:// or https://',
      'databaseUrl: expected an address that begins with postgres:// or postgresql://',
      'corsAllowOrigins is "*": expected origins such as https://chat.example.com, without a path, separated by commas or in a JSON list',
      'mockPace is "0": expected a number from 0.1 to 1000',
      'models[0].contextWindow is 0: expected at least 1 token',
      'tiers.FREE.monthlyCredits is -1: expected at least 0 credits',
      'providers.gate.name is missing: a new provider needs one',
      'providers.gate.baseURL is missing: an openai-compatible provider needs one',
      'providers.openai.apiKey holds a key that no header can carry: expected ASCII in one line',
      'httpsProxy: expected the address of a proxy, such as http://proxy.example.com:3128',
      'signInWith.a.issuer: expected the address of an OpenID provider, such as https://login.example.com',
      'signInWith.a.clientId: is missing: a provider needs its ISSUER and CLIENT_ID',
    ]);
  });

  it('refuses fields that it does not know, and values of another type', () => {
    expect(
      problemsOf({
        openaiApiKey: 'sk-1',
        signUp: true,
        creditsPerUsd: '1000',
        corsAllowOrigins: 'https://a.example',
        providers: { google: { apiKeyEnv: 'KEY' }, xai: 'key' },
      }),
    ).toEqual([
      'corsAllowOrigins: expected a list of texts',
      'signUp: expected a text',
      'creditsPerUsd: expected a number',
      'providers.google.apiKeyEnv: there is no environment here: give the key itself, as apiKey',
      'providers.xai: expected an object',
      'There is no field "openaiApiKey"',
    ]);
    expect(problemsOf(null)).toEqual(['It: expected an object']);
  });
});
