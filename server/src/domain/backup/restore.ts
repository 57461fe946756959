import { sql, type Transaction } from 'kysely';
import { insertAuditEntry } from '../../database/audit.ts';
import {
  clearTheWay,
  countServerConnections,
  countUnreconciledAccounts,
  dropEverything,
  hasAccounts,
} from '../../database/backup/loading.ts';
import { fixTextForms, insertRows } from '../../database/backup/rows.ts';
import {
  findForeignTables,
  findTableShapes,
  type SequencePlace,
  setSequencePlace,
  type TableShape,
} from '../../database/backup/table-shapes.ts';
import {
  applyMigrations,
  findMigrations,
  inPlainWords,
  lockSchema,
  migrationNames,
  SchemaTooNewError,
} from '../../database/connection/migrate.ts';
import type { OpenDatabase } from '../../database/connection/open.ts';
import type { Database } from '../../database/database.ts';
import { findChainHead } from '../../database/people/audit-chain.ts';
import { BackupError, type Receiver, type RowBatch, type Snapshot } from './snapshot.ts';

/** How many rows of each table were restored. */
export type RowCounts = ReadonlyMap<string, number>;

/**
 * Fills the database with the snapshot, and brings it up to this release. All or nothing: the database stays as it was
 * if this rejects.
 *
 * @param replace whether what is in the database may be thrown away; else it must have no accounts
 * @param noted what the audit log is to say of it; null or absent: nothing. It also says where the log ended that was there
 * @throws BackupError
 * @throws MissingRightsError
 */
export async function restore(
  database: Pick<OpenDatabase, 'kind' | 'db' | 'withoutTimeLimit'>,
  snapshot: Snapshot,
  { replace, noted = null }: { replace: boolean; noted?: string | null },
): Promise<RowCounts> {
  const { kind, db } = database;
  return database.withoutTimeLimit(async () => {
    const restoring = db.transaction().execute(async (trx) => {
      await lockSchema(trx);
      await fixTextForms(trx);
      if (kind === 'postgres') await requireNoServers(trx);
      const loading = new Loading(trx, { replace, noted });
      await snapshot(loading);
      return loading.end();
    });
    const counts = await restoring.catch(async (error: unknown) => {
      throw await inPlainWords(db, error);
    });
    // PGlite has nobody else to do this, and plans made for empty tables would be slow.
    await sql`analyze`.execute(db);
    return counts;
  });
}

async function requireNoServers(trx: Transaction<Database>): Promise<void> {
  const connections = await countServerConnections(trx);
  if (connections > 0) {
    throw new BackupError(
      `Polylogue is connected to this database (${connections} ${connections === 1 ? 'connection' : 'connections'}). Stop its servers first.`,
    );
  }
}

/** A database that is being filled, within a transaction. */
class Loading implements Receiver {
  readonly #trx: Transaction<Database>;
  readonly #replace: boolean;
  readonly #noted: string | null;
  /** The end of the audit log that was there. */
  #logBefore: Awaited<ReturnType<typeof findChainHead>> = null;
  readonly #counts = new Map<string, number>();
  #shapes = new Map<string, TableShape>();
  #giveBack: (() => Promise<void>) | null = null;

  constructor(trx: Transaction<Database>, { replace, noted }: { replace: boolean; noted: string | null }) {
    this.#trx = trx;
    this.#replace = replace;
    this.#noted = noted;
  }

  async begin(migrations: readonly string[]): Promise<void> {
    const trx = this.#trx;
    requireKnown(migrations);
    const present = await findMigrations(trx);
    const tooNew = present.filter((name) => !migrationNames().includes(name));
    if (tooNew.length > 0) throw new SchemaTooNewError(tooNew);
    if (!this.#replace && (await hasAccounts(trx))) {
      throw new BackupError('There are accounts in the database already. Nothing was changed.');
    }
    const foreign = await findForeignTables(trx);
    if (foreign.length > 0) {
      throw new BackupError(
        `The database has tables of another program (${foreign.slice(0, 3).join(', ')}). Give Polylogue a database of its own.`,
      );
    }
    this.#logBefore = await findChainHead(trx);
    await dropEverything(trx);
    await applyMigrations(trx, migrations);
    this.#giveBack = await clearTheWay(trx);
    this.#shapes = new Map((await findTableShapes(trx)).map((shape) => [shape.name, shape]));
    // A migration may have put rows into its tables; the snapshot has them too, as they are by now.
    for (const { name } of this.#shapes.values()) await sql`delete from ${sql.id(name)}`.execute(trx);
  }

  async takeRows({ table, columns, rows }: RowBatch): Promise<void> {
    const shape = this.#shapes.get(table);
    const known = shape?.columns.map(({ name }) => name) ?? [];
    if (!shape || known.length !== columns.length || !known.every((name) => columns.includes(name))) {
      throw new BackupError(`The backup does not fit its own version: its table "${table}" has other columns.`);
    }
    await insertRows(this.#trx, shape, columns, rows);
    this.#counts.set(table, (this.#counts.get(table) ?? 0) + rows.length);
  }

  async takePlace(place: SequencePlace): Promise<void> {
    await setSequencePlace(this.#trx, place);
  }

  /** Puts back what was in the way, and does what migrations are left. */
  async end(): Promise<RowCounts> {
    if (!this.#giveBack) throw new BackupError('The backup has no contents.');
    await this.#giveBack();
    await applyMigrations(this.#trx, migrationNames());
    const wrong = await countUnreconciledAccounts(this.#trx);
    if (wrong > 0)
      throw new BackupError(`The backup’s ledger does not add up: ${wrong} accounts have another balance.`);
    if (this.#noted !== null) {
      const before = this.#logBefore;
      const note = before ? `; the log before ended at ${before.position} ${before.hash}` : '';
      const entry = { actor_id: null, action: 'restore', target: 'database', note: this.#noted + note };
      await insertAuditEntry(this.#trx, entry);
    }
    return this.#counts;
  }
}

/** @throws BackupError if a migration is of a newer release */
export function requireKnown(migrations: readonly string[]): void {
  const unknown = migrations.filter((name) => !migrationNames().includes(name));
  if (unknown.length === 0) return;
  throw new BackupError(
    `The backup was made by a newer release (it has the migrations ${unknown.join(', ')}, unknown to this one). Restore it with that release.`,
  );
}
