import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { type ProxyRules, proxyFor } from './config/proxies.ts';
import { type Config, ConfigError, type Credentials, withLocalServers } from './config/settings.ts';
import { DataFolderOpenError, makeDataFolder } from './database/connection/data-folder.ts';
import { migrate } from './database/connection/migrate.ts';
import { type OpenDatabase, openDatabase } from './database/connection/open.ts';
import type { ChatOptions, Model } from './domain/catalogue/catalogue.ts';
import type { AuthOptions } from './http/auth/options.ts';
import { createLog } from './log.ts';
import type { LanguageModel } from './ports/language-model.ts';
import { findLocalServers } from './providers/local-servers.ts';
import { createFetch } from './providers/transport/fetch.ts';
import { withAdditions } from './providers/transport/request-additions.ts';

/** What an app is put together from: what is opened before it, and closed after it. */
export interface Parts {
  config: Config;
  log: Logger;
  /** Migrated. */
  database: OpenDatabase;
  /** By provider id. */
  languageModels: ReadonlyMap<string, LanguageModel>;
  /** Before a model is asked again; no setting, but tests have less time. */
  retryDelayMs?: number;
  /** How passwords are hashed; no setting either: slowly, by scrypt. */
  passwords?: AuthOptions['passwords'];
}

/** Opens and migrates the database. Rejects with what the operator has to put right, in plain words. */
export async function openParts(given: Config): Promise<Parts> {
  prepareFolders(given);
  const log = await createLog({ level: given.logLevel, logDir: given.logDir });
  const looking = new AbortController();
  const finding = withServersHere(given, looking.signal);
  try {
    const database = await openMigrated(given, log);
    // The database has taken its time, mostly more than enough; the start waits hardly longer.
    const patience = setTimeout(() => looking.abort(), graceMs);
    const config = await finding.finally(() => clearTimeout(patience));
    for (const warning of config.warnings) log.warn(warning);
    return { config, log, database, languageModels: await createLanguageModels(config) };
  } finally {
    looking.abort();
  }
}

/** What a model server on this machine may take to answer once the database is open. */
const graceMs = 300;

async function openMigrated({ databaseUrl, dataDir }: Config, log: Logger): Promise<OpenDatabase> {
  const database = await openDatabase({ databaseUrl, dataDir, log });
  try {
    await database.withoutTimeLimit(() => migrate(database.db, log));
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The configuration with the model servers that are found on this machine, where they are looked for. Never rejects. */
export async function withServersHere(config: Config, signal: AbortSignal): Promise<Config> {
  if (!config.looksForLocalModels) return config;
  return withLocalServers(config, await findLocalServers(providersHere(config), signal));
}

/** Those that are described: what the operator wrote of a server on this machine stands. */
function providersHere({ source }: Config): { ids: ReadonlySet<string>; ports: ReadonlySet<number> } {
  const addresses = source.providers.flatMap(({ baseURL }) => (baseURL === null ? [] : [new URL(baseURL)]));
  const here = addresses.filter(({ hostname }) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname));
  return { ids: new Set(source.providers.map(({ id }) => id)), ports: new Set(here.map(({ port }) => Number(port))) };
}

/** The folders that are written to. Throws a ConfigError that names those that cannot be, or that others look into. */
function prepareFolders({ dataDir, logDir, databaseUrl, authSecret }: Config): void {
  const folders = [
    { name: 'DATA_DIR', path: databaseUrl === null || authSecret === null ? dataDir : null, make: makeDataFolder },
    { name: 'LOG_DIR', path: logDir, make: makeFolder },
  ];
  const problems = folders.flatMap(({ name, path, make }) => {
    try {
      if (path === null) return [];
      make(path);
      accessSync(path, constants.W_OK);
      return [];
    } catch (error) {
      if (error instanceof DataFolderOpenError) return error.message;
      return `${name} is "${path}", which is no folder that can be written to (${(error as NodeJS.ErrnoException).code})`;
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Each adapter is loaded where it is used: a start need not wait for the SDKs of providers that have no key. */
export async function createLanguageModels({
  credentials,
  catalogue,
  proxies,
  mockPace,
  upstream,
}: Pick<Config, 'credentials' | 'catalogue' | 'proxies' | 'mockPace' | 'upstream'>): Promise<
  Map<string, LanguageModel>
> {
  const direct = await createFetch(upstream);
  const proxied = proxies && (await createFetchThrough(proxies, direct));
  const models = new Map<string, LanguageModel>();
  for (const [providerId, credential] of credentials) {
    const ofProvider = [...catalogue.models.values()].filter((model) => model.providerId === providerId);
    const fetch = proxied && !credential.isLocal ? proxied : direct;
    const access = withAdditions(fetch, credential);
    models.set(providerId, await createLanguageModel(credential, ofProvider, access, mockPace));
  }
  return models;
}

async function createFetchThrough(proxies: ProxyRules, direct: typeof fetch): Promise<typeof fetch> {
  const { createProxiedFetch } = await import('./providers/transport/proxied-fetch.ts');
  return createProxiedFetch((url) => proxyFor(proxies, url), direct);
}

async function createLanguageModel(
  credentials: Credentials,
  catalogued: readonly Model[],
  fetchResponse: typeof fetch,
  mockPace: number,
): Promise<LanguageModel> {
  const { kind, apiKey, secrets, requestUsage, reasoningParameters, legacyVersion, extraBody, systemRole } =
    credentials;
  const access = { baseURL: credentials.baseURL ?? undefined, fetch: fetchResponse, secrets };
  switch (kind) {
    case 'openai':
    case 'openai-compatible': {
      const { createOpenAIChat } = await import('./providers/openai/openai.ts');
      const usual = kind === 'openai' ? 'max_completion_tokens' : 'max_tokens';
      const { maxTokensParameter = usual } = credentials;
      const own = { maxTokensParameter, systemRole, extraBody, requestUsage, reasoningParameters };
      const optionsByModel = new Map(catalogued.map((model) => [model.providerModel, chatOptionsOf(model)]));
      const untagged = namesOf(catalogued.filter((model) => model.thinkTags === false));
      const thinkTags = (model: string) => kind === 'openai-compatible' && !untagged.has(model);
      return createOpenAIChat({ ...access, ...own, apiKey, thinkTags, optionsByModel });
    }
    case 'anthropic': {
      const { createAnthropic } = await import('./providers/anthropic/anthropic.ts');
      const budgetedThinkingModels = namesOf(catalogued.filter((model) => model.budgetedThinking));
      return createAnthropic({ ...access, apiKey: apiKey ?? '', legacyVersion, budgetedThinkingModels });
    }
    case 'google': {
      const { createGoogle } = await import('./providers/google/google.ts');
      return createGoogle({ ...access, apiKey: apiKey ?? '' });
    }
    case 'mock': {
      const { createMockModels } = await import('./providers/mock/mock.ts');
      return createMockModels({ pace: mockPace });
    }
  }
}

/** Those that its entry has: what is undefined would stand over its provider's. */
function chatOptionsOf({ extraBody, systemRole, maxTokensParameter }: Model): ChatOptions {
  return {
    ...(extraBody && { extraBody }),
    ...(systemRole && { systemRole }),
    ...(maxTokensParameter && { maxTokensParameter }),
  };
}

/** As the provider spells them. */
function namesOf(models: readonly Model[]): ReadonlySet<string> {
  return new Set(models.map(({ providerModel }) => providerModel));
}
