import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, ConfigError, type Credentials } from './config.ts';
import { DataFolderOpenError, makeDataFolder } from './database/data-folder.ts';
import { migrate } from './database/migrate.ts';
import { type OpenDatabase, openDatabase } from './database/open.ts';
import type { Model } from './domain/catalogue.ts';
import { createLog } from './log.ts';
import type { LanguageModel } from './ports/language-model.ts';

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
}

/** Opens and migrates the database. Rejects with what the operator has to put right, in plain words. */
export async function openParts(config: Config): Promise<Parts> {
  prepareFolders(config);
  const log = await createLog({ level: config.logLevel, logDir: config.logDir });
  for (const warning of config.warnings) log.warn(warning);
  const database = await openDatabase({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, log });
  try {
    await database.withoutTimeLimit(() => migrate(database.db, log));
  } catch (error) {
    await database.close();
    throw error;
  }
  return { config, log, database, languageModels: await createLanguageModels(config) };
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
}: Pick<Config, 'credentials' | 'catalogue'>): Promise<Map<string, LanguageModel>> {
  const models = new Map<string, LanguageModel>();
  for (const [providerId, credential] of credentials) {
    const ofProvider = [...catalogue.models.values()].filter((model) => model.providerId === providerId);
    models.set(providerId, await createLanguageModel(credential, ofProvider));
  }
  return models;
}

async function createLanguageModel(credentials: Credentials, catalogued: readonly Model[]): Promise<LanguageModel> {
  const { kind, apiKey, baseURL: url, ...dialect } = credentials;
  const baseURL = url ?? undefined;
  switch (kind) {
    case 'openai':
    case 'openai-compatible': {
      const { createOpenAIChat } = await import('./providers/openai.ts');
      const maxTokensParameter = kind === 'openai' ? 'max_completion_tokens' : 'max_tokens';
      const untagged = namesOf(catalogued.filter((model) => model.thinkTags === false));
      const thinkTags = (model: string) => kind === 'openai-compatible' && !untagged.has(model);
      return createOpenAIChat({ ...dialect, apiKey, baseURL, maxTokensParameter, thinkTags });
    }
    case 'anthropic': {
      const { createAnthropic } = await import('./providers/anthropic.ts');
      const budgetedThinkingModels = namesOf(catalogued.filter((model) => model.budgetedThinking));
      return createAnthropic({ ...dialect, apiKey: apiKey ?? '', baseURL, budgetedThinkingModels });
    }
    case 'google': {
      const { createGoogle } = await import('./providers/google.ts');
      return createGoogle({ apiKey: apiKey ?? '', baseURL });
    }
    case 'mock': {
      const { createMockModels } = await import('./providers/mock.ts');
      return createMockModels();
    }
  }
}

/** As the provider spells them. */
function namesOf(models: readonly Model[]): ReadonlySet<string> {
  return new Set(models.map(({ providerModel }) => providerModel));
}
