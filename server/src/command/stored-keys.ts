import { findAuthSecret } from '../config/auth-secret.ts';
import type { Config } from '../config/settings.ts';
import { type CatalogueChanges, hasSecret, noChanges } from '../domain/catalogue/changes.ts';
import { Seal } from '../domain/ground/secrets/seal.ts';
import { readChanges } from '../domain/offering/stored-changes.ts';
import { openForReading } from './reading.ts';

/** What admins changed of the catalogue, as far as a command can know it. */
export interface Stored {
  changes: CatalogueChanges;
  /** What the operator should know of that, a sentence each. */
  notes: string[];
}

/** How long Postgres may take: the providers can be asked without it. */
const PATIENCE_MS = 5_000;

/**
 * Reads what admins changed of the catalogue, keys included. Never rejects: without a database, or with one that no
 * server of this version has opened yet, there is nothing.
 */
export async function findStored(config: Config): Promise<Stored> {
  try {
    const { database, close } = await openForReading(config, { patienceMs: PATIENCE_MS });
    try {
      const secret = findAuthSecret({ configured: config.authSecret, dataDir: config.dataDir });
      const { changes } = await readChanges(database.db, new Seal(secret ?? ''));
      return { changes, notes: changes.providers.filter(isUnreadable).map(({ entry: { id } }) => unreadable(id)) };
    } finally {
      await close();
    }
  } catch (error) {
    return { changes: noChanges, notes: isNothingThere(error) ? [] : [unknown(error)] };
  }
}

function isUnreadable(change: CatalogueChanges['providers'][number]): boolean {
  return hasSecret(change) && change.access === null;
}

function unreadable(id: string): string {
  return `The key that an admin entered for ${id} cannot be read: it was encrypted with another AUTH_SECRET.`;
}

/** Whether no server has run with these settings yet, or only one of a version without such keys. */
function isNothingThere(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'DatabaseMissingError' || code === UNDEFINED_TABLE || code === UNDEFINED_COLUMN;
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_COLUMN = '42703';

function unknown(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `Keys that admins entered in the web are not known here, as the database cannot be read: ${reason}`;
}
