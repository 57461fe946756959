import type { Logger } from 'pino';
import type { Config, Credentials } from './config.ts';
import { migrate } from './database/migrate.ts';
import { type OpenDatabase, openDatabase } from './database/open.ts';
import { createLog } from './log.ts';
import type { LanguageModel } from './ports/language-model.ts';
import { createAnthropic } from './providers/anthropic.ts';
import { createGoogle } from './providers/google.ts';
import { createMockModels } from './providers/mock.ts';
import { createOpenAIChat } from './providers/openai.ts';

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
  const log = await createLog({ level: config.logLevel, logDir: config.logDir });
  for (const warning of config.warnings) log.warn(warning);
  const database = await openDatabase({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, log });
  try {
    await migrate(database.db, log);
  } catch (error) {
    await database.close();
    throw error;
  }
  return { config, log, database, languageModels: createLanguageModels(config) };
}

export function createLanguageModels({
  credentials,
  catalogue,
}: Pick<Config, 'credentials' | 'catalogue'>): Map<string, LanguageModel> {
  const budgeted = [...catalogue.models.values()].filter((model) => model.budgetedThinking);
  return new Map(
    [...credentials].map(([providerId, credential]) => {
      const ofProvider = budgeted.filter((model) => model.providerId === providerId);
      const budgetedThinkingModels = new Set(ofProvider.map(({ providerModel }) => providerModel));
      return [providerId, createLanguageModel(credential, budgetedThinkingModels)];
    }),
  );
}

function createLanguageModel(credentials: Credentials, budgetedThinkingModels: ReadonlySet<string>): LanguageModel {
  const { kind, apiKey, baseURL: url, ...dialect } = credentials;
  const baseURL = url ?? undefined;
  switch (kind) {
    case 'openai':
      return createOpenAIChat({ ...dialect, apiKey, baseURL, maxTokensParameter: 'max_completion_tokens' });
    case 'openai-compatible':
      return createOpenAIChat({ ...dialect, apiKey, baseURL, maxTokensParameter: 'max_tokens' });
    case 'anthropic':
      return createAnthropic({ ...dialect, apiKey: apiKey ?? '', baseURL, budgetedThinkingModels });
    case 'google':
      return createGoogle({ apiKey: apiKey ?? '', baseURL });
    case 'mock':
      return createMockModels();
  }
}
