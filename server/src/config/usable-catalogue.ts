import type { Catalogue, ModelDescription, Provider, Tier } from '../domain/catalogue/catalogue.ts';
import type { ProviderDescription } from '../domain/catalogue/catalogue-description.ts';
import { toCatalogue } from '../domain/catalogue/catalogue-in-use.ts';
import type { PriceListOptions } from '../domain/catalogue/unlisted-models.ts';
import type { TierId } from '../domain/ground/tiers.ts';
import type { LocalModel, LocalServer } from '../providers/local-servers.ts';
import type { Credentials } from './credentials.ts';

/** What the catalogue is made of, whatever else runs on this machine. */
export interface CatalogueSource {
  providers: readonly ProviderDescription[];
  models: readonly ModelDescription[];
  tiers: ReadonlyMap<TierId, Tier>;
  /** The credentials of every provider that has all it needs, without the mock. */
  credentials: ReadonlyMap<string, Credentials>;
  mockProvider: 'auto' | 'on' | 'off';
  creditsPerUsd: number;
  /** The ids that the catalogue file names. */
  defaultModels: readonly string[];
  /** What is known of models that are not listed, and whether they may be asked. */
  priceList: PriceListOptions;
}

/** The catalogue with the servers found on this machine, and how each configured provider is asked. */
export function usableCatalogue(
  source: CatalogueSource,
  found: readonly LocalServer[],
): { catalogue: Catalogue; credentials: Map<string, Credentials> } {
  const credentials = new Map([...source.credentials, ...found.map(localCredentials)]);
  const providers: Provider[] = source.providers.map(({ id, name, kind, defaultModelId }) => ({
    id,
    name,
    kind,
    configured: credentials.has(id),
    defaultModelId,
  }));
  for (const { id, name } of found) providers.push({ id, name, kind: 'openai-compatible', configured: true });
  if (source.mockProvider === 'on' || (source.mockProvider === 'auto' && credentials.size === 0)) {
    credentials.set('mock', { kind: 'mock', apiKey: null, baseURL: null });
    providers.push({ id: 'mock', name: 'Mock', kind: 'mock', configured: true });
  }
  const models = [...source.models, ...found.flatMap(localDescriptions)];
  const { creditsPerUsd, tiers, priceList } = source;
  const defaultModels = found.length === 0 ? source.defaultModels : defaultsBeside(source, found);
  const catalogue = toCatalogue({ providers, models, tiers }, { creditsPerUsd, defaultModels, priceList });
  return { catalogue, credentials };
}

/** The defaults without the found servers; if there are none, one local model: a laptop has room for one at a time. */
function defaultsBeside(source: CatalogueSource, found: readonly LocalServer[]): readonly string[] {
  const usual = usableCatalogue({ ...source, mockProvider: 'off' }, []).catalogue.defaultModelIds;
  return usual.length > 0 ? usual : found.slice(0, 1).flatMap(({ id, models: [first] }) => `${id}/${first?.name}`);
}

function localCredentials({ id, origin }: LocalServer): [string, Credentials] {
  return [id, { kind: 'openai-compatible', apiKey: null, baseURL: `${origin}/v1`, isLocal: true }];
}

/** The context window of Ollama and LM Studio unless they are told otherwise. They drop what exceeds it in silence. */
const usualWindow = 4096;

function localDescriptions({ id, models }: LocalServer): ModelDescription[] {
  return models.map(({ name, contextWindow }: LocalModel) => ({
    id: `${id}/${name}`,
    name: name.replace(/:latest$/, ''),
    minimumTier: 'FREE',
    contextWindow: contextWindow ?? usualWindow,
    maxOutputTokens: Math.floor((contextWindow ?? usualWindow) / 2),
    pricesUsd: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 },
    fallbacks: [],
    sampling: true,
    reasoning: false,
  }));
}
