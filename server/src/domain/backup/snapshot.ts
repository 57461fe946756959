import { fixTextForms, readRows } from '../../database/backup/rows.ts';
import { findSequencePlaces, findTableShapes, type SequencePlace } from '../../database/backup/table-shapes.ts';
import { findMigrations } from '../../database/connection/migrate.ts';
import type { OpenDatabase } from '../../database/connection/open.ts';
import { limitStatements } from '../../database/connection/statement-time.ts';

/** A backup cannot be made, read or restored; the message says why in plain sentences. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** Rows of one table, each a JSON array of texts and nulls. */
export interface RowBatch {
  table: string;
  columns: readonly string[];
  rows: readonly string[];
}

/** Takes the contents of a database, in the order of these methods: the migrations once, then batches, then places. */
export interface Receiver {
  begin(migrations: readonly string[]): Promise<void>;
  takeRows(batch: RowBatch): Promise<void>;
  takePlace(place: SequencePlace): Promise<void>;
}

/**
 * All contents of a database at one moment, in a form that does not depend on the kind of database. Calling it hands
 * them over, a megabyte at a time, and waits for the receiver.
 */
export type Snapshot = (receiver: Receiver) => Promise<void>;

/** The contents of an open database, as its migrations left it: it is not brought up to this release first. */
export function snapshotOf(database: Pick<OpenDatabase, 'db' | 'withoutTimeLimit'>): Snapshot {
  return (receiver) =>
    database.withoutTimeLimit(() =>
      database.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (trx) => {
          await limitStatements(trx, 0);
          await fixTextForms(trx);
          const migrations = await findMigrations(trx);
          if (migrations.length === 0)
            throw new BackupError('There is nothing in the database: no server has used it.');
          await receiver.begin(migrations);
          for (const shape of await findTableShapes(trx)) {
            const columns = shape.columns.map(({ name }) => name);
            await readRows(trx, shape, (rows) => receiver.takeRows({ table: shape.name, columns, rows }));
          }
          // Sequences know no snapshot. They never go back, so they stand behind every row of it.
          for (const place of await findSequencePlaces(trx)) await receiver.takePlace(place);
        }),
    );
}
