import type { ColumnType, Generated, RawBuilder } from 'kysely';

/** What admins change of the catalogue, and see of providers: the tables made by migrations/0020_catalogue_changes.ts. */
export interface CatalogueTables {
  model_setting: ModelSettingTable;
  provider_setting: ProviderSettingTable;
  catalogue_setting: CatalogueSettingTable;
  provider_look: ProviderLookTable;
}

interface ModelSettingTable {
  model_id: string;
  enabled: Generated<boolean>;
  /** What an admin wrote for the model; null: nothing. */
  entry: ColumnType<StoredEntry | null, string | null | undefined, string | null>;
}

/** An entry of the catalogue, as any version of the code may have stored it. */
export type StoredEntry = Readonly<Record<string, unknown>>;

interface ProviderSettingTable {
  id: string;
  entry: ColumnType<StoredEntry, string, string>;
  /** Its key, headers and query, encrypted; null: it has none. */
  sealed: string | null;
  /** The last characters of its key; null: it has none, or too short a one. */
  key_ending: string | null;
  header_names: string[];
  query_names: string[];
  created_at: Generated<Date>;
  updated_at: ColumnType<Date, never, RawBuilder<unknown>>;
}

interface CatalogueSettingTable {
  single: Generated<boolean>;
  version: Generated<number>;
  default_model_ids: string[] | null;
  model_order: Generated<string[]>;
  was_paid: Generated<boolean>;
}

interface ProviderLookTable {
  provider_id: string;
  begun_at: Generated<Date>;
  /** Null: no look has succeeded yet. */
  looked_at: Date | null;
  /** The provider's names of its models. */
  names: Generated<string[]>;
  /** Those that appeared since an admin last saw them. */
  new_names: Generated<string[]>;
}
