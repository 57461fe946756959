import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** The tables that hold what members and models have written. */
const texts = [
  ...['conversation', 'turn', 'response', 'response_chunk', 'verdict', 'share'],
  ...['file', 'file_chunk', 'file_content'],
];

/**
 * Has the embedded database write these tables anew, and forget the log in which the deleted rows still stand: afterwards
 * no file holds their texts. It has nobody else, so that nobody is locked out for longer than this takes.
 */
export async function eraseDeletedRows(db: Kysely<Database>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ limit: string }>`select current_setting('statement_timeout') as limit`.execute(
      connection,
    );
    await sql`set statement_timeout = 0`.execute(connection);
    try {
      for (const name of texts) await sql`vacuum full ${sql.id(name)}`.execute(connection);
      // Else a part of the log would be kept under another name, to be written again some day.
      await sql`set wal_recycle = off`.execute(connection);
      for (let times = 0; times < 2; times += 1) {
        await sql`select pg_switch_wal()`.execute(connection);
        await sql`checkpoint`.execute(connection);
      }
    } finally {
      await sql`select set_config('statement_timeout', ${rows[0]?.limit ?? '5s'}, false)`.execute(connection);
    }
  });
}
