import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';

export type AuditEntryRow = Selectable<Database['audit_entry']>;

export async function insertAuditEntry(
  trx: Kysely<Database>,
  entry: Insertable<Database['audit_entry']>,
): Promise<void> {
  await trx.insertInto('audit_entry').values(entry).execute();
}

/** Newest first. */
export async function findAuditPage(
  db: Kysely<Database>,
  page: { before: number | null; limit: number },
): Promise<AuditEntryRow[]> {
  return db
    .selectFrom('audit_entry')
    .selectAll()
    .$if(page.before !== null, (select) => select.where('id', '<', page.before as number))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

export async function findAuditEntries(db: Kysely<Database>, ids: readonly number[]): Promise<AuditEntryRow[]> {
  return db.selectFrom('audit_entry').selectAll().where('id', 'in', ids).execute();
}

export async function countAuditEntries(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('audit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
