import { type Insertable, type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';

export interface AuditEntryRow {
  id: number;
  /** Null: the operator. */
  actor_id: string | null;
  action: string;
  target: string | null;
  note: string | null;
  created_at: Date;
  /** Whether `target` and `note` named somebody whose account was deleted since. */
  erased: boolean;
}

function selectEntries(db: Kysely<Database>) {
  return db
    .selectFrom('audit_entry')
    .select(['id', 'actor_id', 'action', 'target', 'note', 'created_at'])
    .select(sql<boolean>`salt is null`.as('erased'));
}

export async function insertAuditEntry(
  trx: Kysely<Database>,
  entry: Insertable<Database['audit_entry']>,
): Promise<void> {
  await trx.insertInto('audit_entry').values(entry).execute();
}

/** Repeats of one act within such a period are one entry. */
const PERIOD = '15 minutes';

/**
 * Counts an act in one entry for each user, action and period: users, or anyone who knows their address, can repeat
 * such acts as often as they like. The entry joins the chain once its period is over (migration 0019_people), and is
 * final from then on. Writes nothing for somebody without an account or without a password.
 */
export async function countAuditEntry(
  db: Kysely<Database>,
  { of, action, note }: { of: { email: string } | { userId: string }; action: string; note: string | null },
): Promise<void> {
  const [column, value] = 'email' in of ? (['email', of.email] as const) : (['id', of.userId] as const);
  await sql`
    insert into audit_entry (actor_id, action, target, note, period)
    select id, ${action}, email, ${note}, date_bin(${PERIOD}::interval, now(), 'epoch')
    from "user"
    where ${sql.ref(column)} = ${value} and exists (select from account where account.user_id = "user".id)
    on conflict (target, action, period) where period is not null do update
    set occurrences = audit_entry.occurrences + 1,
        note = concat(audit_entry.occurrences + 1, ' times, last ' || excluded.note)`.execute(db);
}

/** How often somebody has done an act within the last hour. */
export async function countActsOf(trx: Kysely<Database>, actorId: string, action: string): Promise<number> {
  const { count } = await trx
    .selectFrom('audit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('actor_id', '=', actorId)
    .where('action', '=', action)
    .where('created_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  return count;
}

/** Newest first. */
export async function findAuditPage(
  db: Kysely<Database>,
  page: { before: number | null; limit: number },
): Promise<AuditEntryRow[]> {
  return selectEntries(db)
    .$if(page.before !== null, (select) => select.where('id', '<', page.before as number))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
}

export async function findAuditEntries(db: Kysely<Database>, ids: readonly number[]): Promise<AuditEntryRow[]> {
  return selectEntries(db).where('id', 'in', ids).execute();
}

export async function countAuditEntries(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('audit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
