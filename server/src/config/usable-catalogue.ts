import { type Catalogue, type ModelDescription, type Provider, providerIdOf } from '../domain/catalogue/catalogue.ts';
import type { BuiltInProvider } from '../domain/catalogue/catalogue-description.ts';
import { toCatalogue } from '../domain/catalogue/catalogue-in-use.ts';
import { isFree } from '../domain/catalogue/pricing.ts';
import type { LocalModel, LocalServer } from '../providers/local-servers.ts';
import type { CatalogueSource } from './catalogue-source.ts';
import type { Credentials } from './credentials.ts';

/** The catalogue with the servers found on this machine, and how each configured provider is asked. */
export function usableCatalogue(
  source: CatalogueSource,
  found: readonly LocalServer[],
): { catalogue: Catalogue; credentials: Map<string, Credentials> } {
  const credentials = new Map([...found.map(localCredentials), ...source.credentials]);
  const providers: Provider[] = source.providers.map(({ id, name, kind, defaultModelId, imageTypes }) => ({
    id,
    name,
    kind,
    configured: credentials.has(id),
    defaultModelId,
    ...(imageTypes && { imageTypes }),
  }));
  const known = new Set(providers.map(({ id }) => id));
  const others = found.filter(({ id }) => !known.has(id));
  for (const { id, name } of others) providers.push({ id, name, kind: 'openai-compatible', configured: true });
  if (source.mockProvider === 'on' || (source.mockProvider === 'auto' && credentials.size === 0)) {
    credentials.set('mock', { kind: 'mock', apiKey: null, baseURL: null });
    providers.push({ id: 'mock', name: 'Mock', kind: 'mock', configured: true });
  }
  const models = inOrder([...source.models, ...others.flatMap(localDescriptions)], source.order);
  const { creditsPerUsd, tiers, priceList } = source;
  const defaultModels = found.length === 0 ? source.defaultModels : defaultsBeside(source, found);
  const catalogue = toCatalogue({ providers, models, tiers }, { creditsPerUsd, defaultModels, priceList });
  return { catalogue, credentials };
}

/** The named ones come first, in the order of the names; the others stay as they are. */
function inOrder(models: readonly ModelDescription[], ids: readonly string[]): readonly ModelDescription[] {
  if (ids.length === 0) return models;
  const places = new Map(ids.map((id, place) => [id, place]));
  const placeOf = ({ id }: ModelDescription) => places.get(id) ?? ids.length;
  return models.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** The defaults without the found servers; if there are none, one local model: a laptop has room for one at a time. */
function defaultsBeside(source: CatalogueSource, found: readonly LocalServer[]): readonly string[] {
  const here = new Set(found.map(({ id }) => id));
  if (source.defaultModels.some((id) => here.has(providerIdOf(id)))) return source.defaultModels;
  const credentials = new Map([...source.credentials].filter(([id]) => !here.has(id)));
  const usual = usableCatalogue({ ...source, credentials, mockProvider: 'off' }, []).catalogue.defaultModelIds;
  return usual.length > 0 ? usual : found.slice(0, 1).flatMap(({ id, models: [first] }) => `${id}/${first?.name}`);
}

/** Whether answers cost the operator something: a provider has a key, or needs none and a model of it has a price. */
export function spendsMoney(credentials: ReadonlyMap<string, Credentials>, { models }: Catalogue): boolean {
  const isPaid = ({ kind, apiKey, secrets }: Credentials, id: string) =>
    kind !== 'mock' &&
    (apiKey !== null ||
      secrets !== undefined ||
      [...models.values()].some(({ providerId, prices }) => providerId === id && !isFree(prices)));
  return [...credentials].some(([id, credential]) => isPaid(credential, id));
}

function localCredentials({ id, origin }: LocalServer): [string, Credentials] {
  return [id, { kind: 'openai-compatible', apiKey: null, baseURL: `${origin}/v1`, isLocal: true }];
}

/** The found servers as they are described, for entries that change them. */
export function describeLocal(found: readonly LocalServer[]): {
  providers: BuiltInProvider[];
  models: ModelDescription[];
} {
  return {
    providers: found.map(({ id, name, origin }) => ({
      id,
      name,
      kind: 'openai-compatible' as const,
      baseURL: `${origin}/v1`,
    })),
    models: found.flatMap(localDescriptions),
  };
}

/** The context window of Ollama and LM Studio unless they are told otherwise. They drop what exceeds it in silence. */
const usualWindow = 4096;

function localDescriptions({ id, models }: LocalServer): ModelDescription[] {
  return models.map(({ name, contextWindow, seesImages }: LocalModel) => ({
    id: `${id}/${name}`,
    name: name.replace(/:latest$/, ''),
    minimumTier: 'FREE',
    contextWindow: contextWindow ?? usualWindow,
    maxOutputTokens: Math.floor((contextWindow ?? usualWindow) / 2),
    pricesUsd: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 },
    fallbacks: [],
    sampling: true,
    reasoning: false,
    accepts: seesImages ? (['TEXT', 'IMAGE'] as const) : (['TEXT'] as const),
  }));
}
