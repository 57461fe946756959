import type { CatalogueFile, ModelEntry, ProviderEntry } from './catalogue-file.ts';

/** What admins changed at run time, over what the server was started with. */
export interface CatalogueChanges {
  providers: readonly ProviderChange[];
  models: readonly ModelEntry[];
  /** The ids of the models of a new conversation; null: those that the server was started with. */
  defaultModels: readonly string[] | null;
  /** Model ids: they come first, in this order. */
  order: readonly string[];
  /** Whether answers cost the operator money at an earlier change. */
  wasPaid: boolean;
}

export const noChanges: CatalogueChanges = {
  providers: [],
  models: [],
  defaultModels: null,
  order: [],
  wasPaid: false,
};

/** What an admin stored of a provider: of one that the server was started with only its address and its access. */
export interface ProviderChange {
  entry: Pick<ProviderEntry, 'id' | 'name' | 'kind' | 'baseURL'>;
  /** Null: it needs none, or it cannot be read. */
  access: StoredAccess | null;
  facts: StoredFacts;
}

/** How a provider is asked, as an admin entered it. All of it may be secret. */
export interface StoredAccess {
  apiKey: string | null;
  headers: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
}

/** Whether something secret is stored of the provider, readable or not. */
export function hasSecret({ access, facts }: ProviderChange): boolean {
  if (access === null) return !facts.isReadable;
  return access.apiKey !== null || Object.keys(access.headers).length + Object.keys(access.query).length > 0;
}

/** What may be shown of a stored access. */
export interface StoredFacts {
  /** The last characters of the key; null: there is no key, or it is too short to show any of it. */
  keyEnding: string | null;
  headerNames: readonly string[];
  queryNames: readonly string[];
  changedAt: Date;
  /** Whether the access can be read: it was encrypted with the secret of this server. */
  isReadable: boolean;
}

/** Where something of the catalogue comes from. */
export type Origin = 'BUILT_IN' | 'FILE' | 'ENVIRONMENT' | 'ADMIN';

/** Where a provider comes from, and how it is asked; for admins. */
export interface ProviderOrigin {
  origin: Origin;
  /** Null: the usual one of its kind. */
  baseURL: string | null;
  /** Where its key, or another secret by which it is asked, comes from; null: it has none. */
  key: Origin | null;
  /** The environment variables that may hold its key. */
  keyVariables: readonly string[];
  /** Whether the environment or the file gives its key: then nothing counts that an admin stores of its access. */
  isFixed: boolean;
  /** What an admin stored; null: nothing. */
  stored: StoredFacts | null;
}

/** Where a model comes from; for admins. */
export interface ModelOrigin {
  origin: Origin;
  /** What an admin wrote; null: nothing. */
  change: ModelEntry | null;
}

/** A mistake in what an admin stored, because of which it is left out. */
export interface ChangeMistake {
  of: 'provider' | 'model' | 'defaults';
  /** The provider's or the model's. */
  id: string;
  /** The field of the entry. */
  field: string;
  /** A clause about the field: `is missing: …`. */
  clause: string;
}

/** By ids. */
export interface CatalogueOrigins {
  providers: ReadonlyMap<string, ProviderOrigin>;
  models: ReadonlyMap<string, ModelOrigin>;
  /** Null: the default models are those that the server was started with. */
  defaultModels: readonly string[] | null;
  mistakes: readonly ChangeMistake[];
}

export const noOrigins: CatalogueOrigins = {
  providers: new Map(),
  models: new Map(),
  defaultModels: null,
  mistakes: [],
};

/**
 * Lays what admins changed over the catalogue's file. A provider that the server was started with keeps its entry: what
 * admins change of its access is no matter of the file.
 *
 * @param knownProviders the ids of the providers that are built in or were found
 */
export function changedFile(
  file: CatalogueFile,
  changes: Pick<CatalogueChanges, 'providers' | 'models' | 'defaultModels'>,
  knownProviders: ReadonlySet<string>,
): CatalogueFile {
  const { providers = [], models = [] } = file;
  const inFile = new Set(providers.map(({ id }) => id));
  const added = changes.providers
    .map(({ entry }) => entry)
    .filter(({ id }) => !inFile.has(id) && !knownProviders.has(id));
  const changed = new Map(changes.models.map((entry) => [entry.id, entry]));
  const newModels = changes.models.filter(({ id }) => models.every((model) => model.id !== id));
  const { defaultModels = file.defaultModels } = { defaultModels: changes.defaultModels ?? undefined };
  return {
    ...file,
    providers: [...providers, ...added],
    models: [...models.map((entry) => overlaid(entry, changed.get(entry.id))), ...newModels],
    ...(defaultModels && { defaultModels: [...defaultModels] }),
  };
}

/** The prices of one entry belong together: an input's new price is that of cached input too, unless it has its own. */
function overlaid(entry: ModelEntry, change: ModelEntry | undefined): ModelEntry {
  if (!change) return entry;
  if (change.inputPriceUsd === undefined) return { ...entry, ...change };
  const { cachedInputPriceUsd: _cached, cacheWriteInputPriceUsd: _write, ...rest } = entry;
  return { ...rest, ...change };
}
