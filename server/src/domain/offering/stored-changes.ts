import type { Kysely } from 'kysely';
import { findModelEntries } from '../../database/catalogue/models.ts';
import { findProviderSettings, type ProviderSettingRow } from '../../database/catalogue/providers.ts';
import { type CatalogueSettingRow, findCatalogueSetting } from '../../database/catalogue/setting.ts';
import type { Database } from '../../database/database.ts';
import type { ModelEntry } from '../catalogue/catalogue-file.ts';
import type { CatalogueChanges, ProviderChange, StoredAccess } from '../catalogue/changes.ts';
import type { Seal } from '../ground/secrets/seal.ts';

/**
 * Reads what admins changed. The version is read first: if something changes meanwhile, it is read again with the next
 * version.
 */
export async function readChanges(
  db: Kysely<Database>,
  seal: Seal,
  setting?: CatalogueSettingRow,
): Promise<{ version: number; changes: CatalogueChanges }> {
  const { version, default_model_ids, model_order, was_paid } = setting ?? (await findCatalogueSetting(db));
  const providers = await findProviderSettings(db);
  const models = await findModelEntries(db);
  return {
    version,
    changes: {
      providers: providers.map((row) => toProviderChange(row, seal)),
      // The entries are checked where they are laid over the file.
      models: models.map(({ modelId, entry }) => ({ ...entry, id: modelId }) as ModelEntry),
      defaultModels: default_model_ids,
      order: model_order,
      wasPaid: was_paid,
    },
  };
}

function toProviderChange(row: ProviderSettingRow, seal: Seal): ProviderChange {
  const access = row.sealed === null ? null : openAccess(row.sealed, { ...row.entry, id: row.id }, seal);
  return {
    entry: { ...row.entry, id: row.id },
    access,
    facts: {
      keyEnding: row.key_ending,
      headerNames: row.header_names,
      queryNames: row.query_names,
      changedAt: row.updated_at,
      isReadable: row.sealed === null || access !== null,
    },
  };
}

type Asked = Pick<ProviderChange['entry'], 'id' | 'kind' | 'baseURL'>;

export function closeAccess(access: StoredAccess, asked: Asked, seal: Seal): string {
  return seal.close(JSON.stringify(access), destinationOf(asked));
}

/** Whoever can write to the database must not have a secret sent to an address of theirs. */
function destinationOf({ id, kind, baseURL }: Asked): string {
  return JSON.stringify([id, kind ?? null, baseURL ?? null]);
}

function openAccess(sealed: string, asked: Asked, seal: Seal): StoredAccess | null {
  const text = seal.open(sealed, destinationOf(asked));
  return text === null ? null : (JSON.parse(text) as StoredAccess);
}
