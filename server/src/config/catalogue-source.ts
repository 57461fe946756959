import type { ModelDescription, Tier } from '../domain/catalogue/catalogue.ts';
import type { ProviderDescription } from '../domain/catalogue/catalogue-description.ts';
import type { CatalogueFile } from '../domain/catalogue/catalogue-file.ts';
import type { PriceListOptions } from '../domain/catalogue/unlisted-models.ts';
import type { TierId } from '../domain/ground/tiers.ts';
import type { Credentials, ProviderAccessFound } from './credentials.ts';
import type { ModelDefault } from './model-defaults.ts';

/** What the operator gave, of which the catalogue is made, and made again with what admins change. */
export interface CatalogueBasis {
  file: CatalogueFile;
  /** The environment variables by which providers are asked, and no others. */
  variables: Readonly<Record<string, string>>;
  /** Whose prices count: `2026-11-20`, in UTC. */
  day: string;
  creditsPerUsd: number;
  mockProvider: CatalogueSource['mockProvider'];
  /** Whether members may name models that are not listed. */
  offersUnlisted: boolean;
  /** By provider id. */
  modelDefaults: ReadonlyMap<string, ModelDefault>;
}

/** What the catalogue is made of, whatever else runs on this machine. */
export interface CatalogueSource {
  /** What all the rest is derived from. */
  basis: CatalogueBasis;
  providers: readonly ProviderDescription[];
  models: readonly ModelDescription[];
  tiers: ReadonlyMap<TierId, Tier>;
  /** The credentials of every provider that has all it needs, without the mock. */
  credentials: ReadonlyMap<string, Credentials>;
  /** Where the access to each provider comes from. */
  access: ReadonlyMap<string, ProviderAccessFound>;
  mockProvider: 'auto' | 'on' | 'off';
  creditsPerUsd: number;
  /** The ids that the catalogue file names. */
  defaultModels: readonly string[];
  /** Ids of models that come first, in this order. */
  order: readonly string[];
  /** What is known of models that are not listed, and whether they may be asked. */
  priceList: PriceListOptions;
}
