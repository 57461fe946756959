import type { ColumnType, Generated } from 'kysely';

/** The tables of presets, of folders, and of the models that members have marked. */
export interface PresetTables {
  folder: FolderTable;
  preset: PresetTable;
  favourite_model: FavouriteModelTable;
}

/** As `StoredParameters`. */
export interface PresetParameters {
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
}

interface PresetTable {
  id: string;
  user_id: string;
  name: string;
  /** In the order of the lanes; some of them may be gone. */
  model_ids: string[];
  system_prompt: string | null;
  /** What the composer is filled with, with its variables; null: nothing. */
  prompt: string | null;
  parameters: ColumnType<PresetParameters, string, string>;
  /** Whether all members see it, and admins change it. */
  shared: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface FolderTable {
  id: string;
  user_id: string;
  name: string;
  /** The preset that a new conversation in it begins with; null: none. */
  preset_id: string | null;
  collapsed: Generated<boolean>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

interface FavouriteModelTable {
  user_id: string;
  model_id: string;
  created_at: Generated<Date>;
}
