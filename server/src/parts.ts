import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Agent } from 'node:http';
import type { Logger } from 'pino';
import packageJson from '../package.json' with { type: 'json' };
import { type AppConfiguration, requireUsable } from './config/agents/brought.ts';
import { inFieldNames, readConfiguration } from './config/configuration.ts';
import { ConfigError } from './config/mistakes.ts';
import { type ProxyRules, proxyFor } from './config/proxies.ts';
import { type Config, withLocalServers } from './config/settings.ts';
import { DataFolderOpenError, makeDataFolder } from './database/connection/data-folder.ts';
import { migrate } from './database/connection/migrate.ts';
import { type OpenDatabase, openDatabase } from './database/connection/open.ts';
import type { AgentDefinition } from './domain/agents/agent-definition.ts';
import { modelOf } from './domain/catalogue/catalogue.ts';
import type { DomainOptions } from './domain/domain.ts';
import type { AuthOptions } from './http/auth/options.ts';
import { toolSignInPath } from './http/tool-sign-in.ts';
import type { Surroundings } from './internet/remote-file.ts';
import type { AlertWebhook } from './ports/alert-webhook.ts';
import type { FileStore } from './ports/file-store.ts';
import type { LanguageModel } from './ports/language-model.ts';
import type { Mailer } from './ports/mailer.ts';
import type { Tool } from './ports/tool.ts';
import { connect } from './providers/connect.ts';
import { findLocalServers } from './providers/local-servers.ts';
import { createFetch } from './providers/transport/fetch.ts';
import { withAdditions } from './providers/transport/request-additions.ts';
import { createDatabaseFileStore } from './storage/database-file-store.ts';
import { openLog } from './telemetry/log.ts';
import { builtInTools } from './tools/built-in/built-in-tools.ts';
import { createSearchEngine, type SearchEngine } from './tools/built-in/web-search/search-engine.ts';

/** What an app is made of. The parts are opened before the app, and closed after it. */
export interface Parts {
  config: Config;
  log: Logger;
  /** Migrated. */
  database: OpenDatabase;
  /** Language models in place of those that the credentials give, by provider id. Not a setting: only tests have any. */
  languageModels?: ReadonlyMap<string, LanguageModel>;
  /** Tools that the program brings which has the API in its own process. */
  ownTools?: readonly Tool[];
  /** Agents of that program. */
  ownAgents?: readonly AgentDefinition[];
  /** The wait before a model is asked again. Not a setting: only tests shorten it. */
  retryDelayMs?: number;
  /** How passwords are hashed; default: slowly, by scrypt. Not a setting: only tests hash faster. */
  passwords?: AuthOptions['passwords'];
  /** The program that reads conversations in files; default: the one of this version. Not a setting: only tests name one that is compiled. */
  takingProgram?: URL;
  /** What stands for the internet where tools fetch pages. Not a setting: only tests name any. */
  surroundings?: Surroundings;
}

export interface OpenParts extends Parts {
  /** Closes the log's files, which the app leaves open. A process that ends anyway need not call it. */
  closeLog(): void;
}

/** Opens the log and the database, migrates it, and loads the adapters. Rejects with a plain sentence where the operator can mend the cause. */
export async function openParts(given: Config): Promise<OpenParts> {
  prepareFolders(given);
  const { log, close: closeLog } = openLog({ level: given.logLevel, logDir: given.logDir });
  const looking = new AbortController();
  const finding = withServersHere(given, looking.signal);
  try {
    const database = await openMigrated(given, log);
    try {
      // Local servers have mostly answered by the time the database is open; the start waits little longer for them.
      const patience = setTimeout(() => looking.abort(), graceMs);
      const config = await finding.finally(() => clearTimeout(patience));
      for (const warning of config.warnings) log.warn(warning);
      return { config, log, database, closeLog };
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    closeLog();
    throw error;
  } finally {
    looking.abort();
  }
}

/** How long a model server on this machine may still take once the database is open, in ms. */
const graceMs = 300;

/** `openParts` for a program that has the API in its own process. Rejects with mistakes by the names of its fields. */
export async function openPartsOf({ tools = [], agents = [], ...configuration }: AppConfiguration): Promise<OpenParts> {
  const config = readConfiguration(configuration);
  requireUsable({ tools, agents });
  const parts = await openParts(config).catch((error: unknown) => {
    throw inFieldNames(error);
  });
  return { ...parts, ownTools: tools, ownAgents: agents };
}

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

/** Servers that the operator described are not looked for: the description stands. */
function providersHere({ source }: Config): { ids: ReadonlySet<string>; ports: ReadonlySet<number> } {
  const addresses = source.providers.flatMap(({ baseURL }) => (baseURL === null ? [] : [new URL(baseURL)]));
  const here = addresses.filter(({ hostname }) => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname));
  return { ids: new Set(source.providers.map(({ id }) => id)), ports: new Set(here.map(({ port }) => Number(port))) };
}

/** Makes the folders that are written to. Throws a ConfigError that names each folder that cannot be written, or that others can read. */
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

/** By provider id, for every configured provider. */
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
    const optionsOf = (providerModel: string) => modelOf(catalogue, `${providerId}/${providerModel}`);
    const fetch = withAdditions(proxied && !credential.isLocal ? proxied : direct, credential);
    models.set(providerId, await connect({ ...credential, fetch, optionsOf }, mockPace));
  }
  return models;
}

/** The program that is told of budget alerts; null: none is set. */
export async function openAlertWebhook({
  alertWebhookUrl: url,
  proxies,
}: Pick<Config, 'alertWebhookUrl' | 'proxies'>): Promise<AlertWebhook | null> {
  if (url === null) return null;
  const { createHttpWebhook } = await import('./webhook/http-webhook.ts');
  return createHttpWebhook({ url, fetch: proxies ? await createFetchThrough(proxies, fetch) : fetch });
}

/** A fetch by the proxies that are configured. */
export async function createFetchThrough(proxies: ProxyRules, direct: typeof fetch): Promise<typeof fetch> {
  const { createProxiedFetch } = await import('./providers/transport/proxied-fetch.ts');
  return createProxiedFetch((url) => proxyFor(proxies, url), direct);
}

/** What the domain is made of beside the database. */
export async function openDomainParts(
  parts: Parts,
): Promise<Pick<DomainOptions, 'files' | 'imports' | 'openBuiltInTools' | 'toolServers'>> {
  return { ...(await openFileParts(parts)), toolServers: openToolServers(parts) };
}

/** The servers of tools that models may call. What speaks with their servers is loaded when there is a server. */
function openToolServers({ config, retryDelayMs: retryMs = 1000 }: Parts): NonNullable<DomainOptions['toolServers']> {
  const { callMs, connectMs, mayBePrivate, servers: fileServers } = config.tools;
  return {
    fileServers,
    mayBePrivate,
    async openServers() {
      const { createMcpServers } = await import('./tools/mcp/mcp-servers.ts');
      const redirectUrl = config.publicUrl + toolSignInPath;
      const { version } = packageJson;
      const proxyAgent = config.proxies ? await createProxyAgents(config.proxies) : undefined;
      return createMcpServers({ callMs, connectMs, retryMs, version, redirectUrl, proxyAgent });
    },
  };
}

/** The agent that leads through the proxy that is configured for an address; null: none is. */
async function createProxyAgents(proxies: ProxyRules): Promise<(url: URL) => Agent | null> {
  const { createAgent } = await import('./providers/transport/proxied-fetch.ts');
  return (url) => {
    const proxy = proxyFor(proxies, url);
    return proxy === null ? null : createAgent(proxy, url, null);
  };
}

/** What files need: where their bytes are, and what reads them, and the conversations in some; and the tools that read for models. */
async function openFileParts(parts: Parts): Promise<Pick<DomainOptions, 'files' | 'imports' | 'openBuiltInTools'>> {
  const { config, database, takingProgram, surroundings } = parts;
  const { bytesMax, importBytesMax } = config.files;
  return {
    files: {
      bytesMax,
      stores: { DATABASE: createDatabaseFileStore(database.db), BUCKET: await openBucket(config.files) },
      async openReader() {
        const { createFileReader } = await import('./reading/file-reader.ts');
        return createFileReader();
      },
    },
    imports: {
      bytesMax: importBytesMax,
      async openReader() {
        const { createConversationReader } = await import('./reading/conversation-reader.ts');
        return createConversationReader(takingProgram && { program: takingProgram });
      },
    },
    openBuiltInTools: (reach) => builtInTools(reach, { searchEngine: searchEngineOf(config), surroundings }),
  };
}

/** Who searches the web for models; null: nobody does. */
function searchEngineOf({ webSearch, proxies }: Config): SearchEngine | null {
  if (webSearch === null) return null;
  let through: Promise<typeof fetch> | undefined;
  return createSearchEngine(webSearch, async (...asked) => {
    through ??= proxies ? createFetchThrough(proxies, fetch) : Promise.resolve(fetch);
    return (await through)(...asked);
  });
}

/** The bucket that keeps the bytes of new files; null: the database does. */
async function openBucket({ bucket }: Config['files']): Promise<FileStore | null> {
  if (!bucket) return null;
  const { createS3FileStore } = await import('./storage/s3-file-store.ts');
  return createS3FileStore(bucket);
}

/** The mailer; null: no server is set that sends mail. */
export async function openMailer({ mail }: Pick<Config, 'mail'>, log: Logger): Promise<Mailer | null> {
  if (!mail) return null;
  const { createSmtpMailer } = await import('./mail/smtp-mailer.ts');
  return createSmtpMailer({ ...mail, log });
}
