import type { ChatOptions, Dialect, ModelSearch, ProviderKind } from '../../ports/provider.ts';
import { type MediaKind, mediaKinds } from '../ground/media.ts';
import { type TierId, tierIds } from '../ground/tiers.ts';
import { builtInTiers } from './built-in-tiers.ts';
import { type ModelDescription, type PriceTier, type Provider, providerIdOf, type Tier } from './catalogue.ts';
import type { CatalogueFile, ModelEntry, ProviderEntry } from './catalogue-file.ts';
import type { PricedDescription } from './unlisted-models.ts';

/** A provider that is listed without being described in the file. */
export interface BuiltInProvider extends Pick<Provider, 'id' | 'name' | 'kind' | 'imageTypes'> {
  baseURL: string | null;
  dialect?: Dialect;
}

/** A provider before it is known whether its key is set. */
export interface ProviderDescription extends Omit<Provider, 'configured'> {
  baseURL: string | null;
  /** The variable that the file names for the provider's key; null: none, or a built-in provider's usual one. */
  apiKeyEnv: string | null;
  dialect: Dialect;
}

/**
 * Lays the file's entries over the built-in catalogue. Mistakes in the file go to `problem`, with the path inside the
 * file; the result is usable only if there were none.
 */
export function describeCatalogue(
  file: CatalogueFile,
  options: {
    builtIn: {
      providers: readonly BuiltInProvider[];
      /** The mock's too, whether it is switched on or not. */
      models: readonly ModelDescription[];
      /** What the price list knows of a model that is not built in. */
      describeUnlisted: (id: string) => PricedDescription | undefined;
    };
    creditsPerUsd: number;
    problem: (path: string, message: string) => void;
  },
): {
  providers: ProviderDescription[];
  models: ModelDescription[];
  /** The ids that `"enabled": false` takes out. */
  removedIds: Set<string>;
  tiers: Map<TierId, Tier>;
} {
  const { builtIn } = options;
  const providers = describeProviders(file.providers ?? [], builtIn.providers, options.problem);
  const models = describeModels(file.models ?? [], builtIn, providers, options.problem);
  checkDefaultModels(file.providers ?? [], models, options.problem);
  const tiers = describeTiers(file.tiers ?? {}, builtInTiers(options.creditsPerUsd), options.problem);
  checkDefaults(file.defaultModels ?? [], models, tiers, options.problem);
  const removedIds = new Set((file.models ?? []).filter(({ enabled }) => enabled === false).map(({ id }) => id));
  return { providers: [...providers.values()], models: [...models.values()], removedIds, tiers };
}

type Problem = (path: string, message: string) => void;

function describeProviders(
  entries: readonly ProviderEntry[],
  builtIn: readonly BuiltInProvider[],
  problem: Problem,
): Map<string, ProviderDescription> {
  const providers = new Map<string, ProviderDescription>(
    builtIn.map(({ id, name, kind, baseURL, dialect = {}, imageTypes }) => [
      id,
      { id, name, kind, baseURL, dialect, apiKeyEnv: null, ...(imageTypes && { imageTypes }) },
    ]),
  );
  reportDuplicates(entries, 'providers', problem);
  for (const [index, entry] of entries.entries()) {
    const path = `providers[${index}]`;
    const before = providers.get(entry.id);
    const { name = before?.name, kind = before?.kind } = entry;
    if (entry.id === 'mock') problem(`${path}.id`, 'is "mock", which is taken: see MOCK_PROVIDER');
    if (name === undefined) problem(`${path}.name`, 'is missing: a new provider needs one');
    if (kind === undefined) problem(`${path}.kind`, 'is missing: a new provider needs one');
    if (!before && kind === 'openai-compatible' && entry.baseURL === undefined) {
      problem(`${path}.baseURL`, 'is missing: an openai-compatible provider needs one');
    }
    if (kind !== undefined) checkUse(entry, dialectKinds, kind, path, problem);
    providers.set(entry.id, {
      id: entry.id,
      name: name ?? entry.id,
      kind: kind ?? 'openai-compatible',
      baseURL: entry.baseURL ?? before?.baseURL ?? null,
      apiKeyEnv: entry.apiKeyEnv ?? null,
      defaultModelId: entry.defaultModel,
      ...(kind === before?.kind && before?.imageTypes && { imageTypes: before.imageTypes }),
      // Options that are left out keep the built-in values, unless the kind changes: another kind speaks another
      // dialect.
      dialect: { ...(kind === before?.kind && before?.dialect), ...dialectOf(entry) },
    });
  }
  return providers;
}

const chatKinds: readonly ProviderKind[] = ['openai', 'openai-compatible'];
const chatKindsOf: Record<keyof ChatOptions, readonly ProviderKind[]> = {
  extraBody: chatKinds,
  systemRole: chatKinds,
  maxTokensParameter: chatKinds,
};
const dialectKinds: Record<keyof Dialect, readonly ProviderKind[]> = {
  headers: ['openai', 'openai-compatible', 'anthropic', 'google'],
  query: ['openai', 'openai-compatible', 'anthropic', 'google'],
  requestUsage: chatKinds,
  reasoningParameters: chatKinds,
  searchParameters: chatKinds,
  ...chatKindsOf,
  legacyVersion: ['anthropic'],
};
const modelOptionKinds = {
  thinkTags: ['openai-compatible'] as readonly ProviderKind[],
  ...chatKindsOf,
};
const dialectOptions = Object.keys(dialectKinds) as (keyof Dialect)[];

function checkUse<Option extends string>(
  entry: { readonly [option in NoInfer<Option>]?: unknown },
  kindsOf: Readonly<Record<Option, readonly ProviderKind[]>>,
  kind: ProviderKind,
  path: string,
  problem: Problem,
) {
  for (const [option, kinds] of Object.entries(kindsOf) as [Option, readonly ProviderKind[]][]) {
    if (entry[option] === undefined || kinds.includes(kind)) continue;
    problem(`${path}.${option}`, `is of no use for the kind ${kind}, only for ${kinds.join(' and ')}`);
  }
}

function dialectOf(entry: ProviderEntry): Dialect {
  const given = dialectOptions.filter((option) => entry[option] !== undefined);
  return Object.fromEntries(given.map((option) => [option, entry[option]]));
}

function checkDefaultModels(
  entries: readonly ProviderEntry[],
  models: ReadonlyMap<string, ModelDescription>,
  problem: Problem,
) {
  for (const [index, { id, defaultModel }] of entries.entries()) {
    if (defaultModel === undefined) continue;
    const path = `providers[${index}].defaultModel`;
    if (providerIdOf(defaultModel) !== id) problem(path, `is "${defaultModel}": a model of "${id}" is expected`);
    else if (!models.has(defaultModel)) problem(path, `is "${defaultModel}": no model has this id`);
  }
}

function describeModels(
  entries: readonly ModelEntry[],
  known: Parameters<typeof describeCatalogue>[1]['builtIn'],
  providers: ReadonlyMap<string, ProviderDescription>,
  problem: Problem,
): Map<string, ModelDescription> {
  const models = new Map(known.models.map((model) => [model.id, model]));
  const removed = new Set<string>();
  reportDuplicates(entries, 'models', problem);
  for (const [index, entry] of entries.entries()) {
    const path = `models[${index}]`;
    const kind = entry.id.startsWith('mock/') ? 'mock' : providers.get(providerIdOf(entry.id))?.kind;
    const before = models.get(entry.id);
    if (entry.enabled === false) removed.add(entry.id);
    if (kind !== undefined) checkUse(entry, modelOptionKinds, kind, path, problem);
    if (kind === undefined)
      problem(`${path}.id`, `is "${entry.id}": no provider has the id "${providerIdOf(entry.id)}"`);
    else if (before) models.set(entry.id, changed(before, entry));
    else if (entry.enabled !== false)
      models.set(entry.id, described(entry, kind, known.describeUnlisted(entry.id), path, problem));
  }
  for (const [index, entry] of entries.entries()) {
    const model = models.get(entry.id);
    if (model && model.maxOutputTokens > model.contextWindow) {
      problem(`models[${index}].maxOutputTokens`, `is ${model.maxOutputTokens}, more than the context window`);
    }
    checkFallbacks(entry, `models[${index}].fallbacks`, models, removed, problem);
  }
  for (const id of removed) models.delete(id);
  // A built-in model loses a fallback that was removed.
  return new Map(
    [...models].map(([id, model]) => [id, { ...model, fallbacks: model.fallbacks.filter((to) => models.has(to)) }]),
  );
}

function changed(before: ModelDescription, entry: ModelEntry): ModelDescription {
  const { inputPriceUsd, outputPriceUsd, cachedInputPriceUsd, cacheWriteInputPriceUsd, ...rest } = entry;
  const { requestPriceUsd, searchPriceUsd, priceTiers, accepts, enabled: _, ...fields } = rest;
  const { pricesUsd } = before;
  const perRequest = requestPriceUsd ?? pricesUsd.perRequest;
  const base = {
    input: inputPriceUsd ?? pricesUsd.input,
    cachedInput: cachedInputPriceUsd ?? inputPriceUsd ?? pricesUsd.cachedInput,
    cacheWriteInput: cacheWriteInputPriceUsd ?? inputPriceUsd ?? pricesUsd.cacheWriteInput,
    output: outputPriceUsd ?? pricesUsd.output,
  };
  const tiers = priceTiers?.map(toPriceTier) ?? pricesUsd.tiers?.map((tier) => atLeast(tier, base));
  return {
    ...before,
    ...fields,
    ...(searchPriceUsd !== undefined && { search: { ...(before.search ?? askedOnce), priceUsd: searchPriceUsd } }),
    ...(accepts && { accepts: mediaKinds.filter((kind) => kind === 'TEXT' || accepts.includes(kind)) }),
    pricesUsd: {
      ...base,
      ...(perRequest === undefined ? {} : { perRequest }),
      ...(tiers && tiers.length > 0 ? { tiers } : {}),
    },
  };
}

/** How a model searches of which the file says no more than what a search costs. */
const askedOnce: ModelSearch = { when: 'asked', billed: 'request', max: 1 };

function toPriceTier(tier: NonNullable<ModelEntry['priceTiers']>[number]): PriceTier {
  const { aboveInputTokens, inputPriceUsd, outputPriceUsd, cachedInputPriceUsd, cacheWriteInputPriceUsd } = tier;
  return {
    aboveInputTokens,
    input: inputPriceUsd,
    cachedInput: cachedInputPriceUsd ?? inputPriceUsd,
    cacheWriteInput: cacheWriteInputPriceUsd ?? inputPriceUsd,
    output: outputPriceUsd,
  };
}

/**
 * Raises a built-in tier's prices to at least those below it, which the file may have changed: long input costs no less
 * than short.
 */
function atLeast(tier: PriceTier, base: Omit<PriceTier, 'aboveInputTokens'>): PriceTier {
  return {
    aboveInputTokens: tier.aboveInputTokens,
    input: Math.max(tier.input, base.input),
    cachedInput: Math.max(tier.cachedInput, base.cachedInput),
    cacheWriteInput: Math.max(tier.cacheWriteInput, base.cacheWriteInput),
    output: Math.max(tier.output, base.output),
  };
}

/** A new model. The price list may know all of it but who may ask it; the file has the last word. */
function described(
  entry: ModelEntry,
  kind: ProviderKind,
  inPriceList: PricedDescription | undefined,
  path: string,
  problem: Problem,
): ModelDescription {
  const needed = [
    'name',
    'minimumTier',
    'contextWindow',
    'maxOutputTokens',
    'inputPriceUsd',
    'outputPriceUsd',
  ] as const;
  for (const field of inPriceList ? (['minimumTier'] as const) : needed) {
    if (entry[field] === undefined) problem(`${path}.${field}`, `is missing: the new model "${entry.id}" needs one`);
  }
  const base = inPriceList ?? {
    id: entry.id,
    name: entry.id,
    contextWindow: Number.MAX_SAFE_INTEGER,
    maxOutputTokens: 1,
    pricesUsd: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 },
    fallbacks: [],
    sampling: kind !== 'anthropic',
    reasoning: false,
    accepts: acceptedOf(kind),
  };
  return changed({ ...base, minimumTier: 'ENTERPRISE' }, entry);
}

/** What all models of a provider of the kind take in. */
function acceptedOf(kind: ProviderKind): readonly MediaKind[] {
  if (kind === 'google') return ['TEXT', 'IMAGE', 'PDF', 'AUDIO'];
  return kind === 'anthropic' ? ['TEXT', 'IMAGE', 'PDF'] : ['TEXT'];
}

function checkFallbacks(
  entry: ModelEntry,
  path: string,
  models: ReadonlyMap<string, ModelDescription>,
  removed: ReadonlySet<string>,
  problem: Problem,
) {
  for (const [index, to] of (entry.fallbacks ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (to === entry.id) problem(at, `is "${to}": a model cannot stand in for itself`);
    else if (!models.has(to)) problem(at, `is "${to}": no model has this id`);
    else if (removed.has(to)) problem(at, `is "${to}": this model is taken out by "enabled": false`);
    else if (providerIdOf(to) === 'mock' && providerIdOf(entry.id) !== 'mock') {
      problem(at, `is "${to}": a mock model never answers for a real one`);
    }
  }
}

const tierLimits = [
  'promptsPerMinute',
  'modelsPerPrompt',
  'maxOutputTokens',
  'monthlyCredits',
  'fileMegabytes',
] as const;

/**
 * Every limit rises with the tier, or stays. Limits in the file hold; others keep their built-in value as far as the
 * written ones of the tiers below and above allow.
 */
function describeTiers(
  written: NonNullable<CatalogueFile['tiers']>,
  builtIn: Record<TierId, Tier>,
  problem: Problem,
): Map<TierId, Tier> {
  const tiers = new Map(
    tierIds.map((id) => {
      const { name = builtIn[id].name, growingHolds = false } = written[id] ?? {};
      return [id, { ...builtIn[id], name, ...(growingHolds && { growingHolds }) }];
    }),
  );
  for (const limit of tierLimits) {
    let floor = 0;
    let floorTier = '';
    for (const [index, id] of tierIds.entries()) {
      const value = written[id]?.[limit];
      if (value !== undefined && value < floor) {
        problem(`tiers.${id}.${limit}`, `is ${value}, less than the ${floor} of ${floorTier}`);
      }
      const ceilings = tierIds.slice(index).map((above) => written[above]?.[limit] ?? Number.MAX_SAFE_INTEGER);
      const tier = tiers.get(id) as Tier;
      tier[limit] = value ?? Math.max(floor, Math.min(builtIn[id][limit], ...ceilings));
      floor = Math.max(floor, tier[limit]);
      floorTier = id;
    }
  }
  return tiers;
}

function checkDefaults(
  ids: readonly string[],
  models: ReadonlyMap<string, ModelDescription>,
  tiers: ReadonlyMap<TierId, Tier>,
  problem: Problem,
) {
  const modelsPerPrompt = tiers.get('FREE')?.modelsPerPrompt ?? 0;
  if (ids.length > modelsPerPrompt) {
    problem('defaultModels', `names ${ids.length} models, but the FREE tier may ask ${modelsPerPrompt} at once`);
  }
  for (const [index, id] of ids.entries()) {
    if (!models.has(id)) problem(`defaultModels[${index}]`, `is "${id}": no model has this id`);
  }
}

function reportDuplicates(entries: readonly { id: string }[], path: string, problem: Problem) {
  const first = new Map<string, number>();
  for (const [index, { id }] of entries.entries()) {
    const before = first.get(id);
    if (before === undefined) first.set(id, index);
    else problem(`${path}[${index}].id`, `is "${id}", as that of ${path}[${before}] is`);
  }
}
