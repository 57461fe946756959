import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** An audit entry as the chain covers it; digests and hashes are in hexadecimal. */
export interface ChainedEntryRow {
  id: number;
  /** From 1, without a gap. */
  position: number;
  actor_id: string | null;
  action: string;
  /** Null: the names are erased. */
  salt: string | null;
  target: string | null;
  note: string | null;
  occurrences: number;
  created_at: Date;
  digest: string;
  hash: string;
}

/** The entries of the chain behind the position, in order. */
export async function findChainedEntries(
  db: Kysely<Database>,
  page: { after: number; limit: number },
): Promise<ChainedEntryRow[]> {
  return db
    .selectFrom('audit_entry')
    .select(['id', 'position', 'actor_id', 'action', 'salt', 'target', 'note', 'occurrences', 'created_at'])
    .select([sql<string>`encode(digest, 'hex')`.as('digest'), sql<string>`encode(hash, 'hex')`.as('hash')])
    .where('position', '>', page.after)
    .orderBy('position')
    .limit(page.limit)
    .$narrowType<{ position: number }>()
    .execute();
}

/** Adds the entries whose period of counting is over to the chain, as every new entry adds some of them. */
export async function chainCountedEntries(db: Kysely<Database>): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ count: number }>`select chain_counted_audit_entries() as count`.execute(db);
    if ((rows[0]?.count ?? 0) === 0) return;
  }
}

/** The last entry of the chain. Null: there is none, or the database is of a release without a chain. */
export async function findChainHead(db: Kysely<Database>): Promise<{ position: number; hash: string } | null> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from pg_attribute where attrelid = to_regclass('audit_entry') and attname = 'position' and not attisdropped
    ) as found`.execute(db);
  if (!rows[0]?.found) return null;
  const head = await db
    .selectFrom('audit_entry')
    .select(['position', sql<string>`encode(hash, 'hex')`.as('hash')])
    .where('position', 'is not', null)
    .orderBy('position', 'desc')
    .limit(1)
    .$narrowType<{ position: number }>()
    .executeTakeFirst();
  return head ?? null;
}

/** How many entries still count, and are not in the chain yet. */
export async function countOpenEntries(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('audit_entry')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('position', 'is', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** An entry that is not in the chain and will never join it; this server writes none. */
export async function findStrayEntry(db: Kysely<Database>): Promise<{ id: number } | undefined> {
  return db
    .selectFrom('audit_entry')
    .select('id')
    .where('position', 'is', null)
    .where(sql<boolean>`(period is null or period > now() + interval '1 minute')`)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/**
 * An address that a user has or had. The entries that name it are about the user if they lie behind `after`, when its last
 * owner gave it up, and not behind `until`, when the user did; null: the user has it still.
 */
export interface HeldAddress {
  email: string;
  after: number;
  until: number | null;
}

/** Selects the held addresses of a user. Every change of an address leaves an entry (`OneTimeLinks.confirm`). */
export function heldAddresses({ id, email }: { id: string; email: string }) {
  return sql`
    select held.email, held.until, coalesce((
      select max(change.id) from audit_entry change
      where change.action = 'changeAddress' and change.note = 'before: ' || held.email
        and change.note like '%@%' and audit_words(change.note) @> array[held.email]
        and (held.until is null or change.id < held.until)
    ), 0)::bigint as after
    from (
      select substring(note from 'before: (.*)') as email, id as until from audit_entry
      where actor_id = ${id} and action = 'changeAddress' and note like 'before: %'
      union all select ${email}::text, null::bigint
    ) as held`;
}

export async function findHeldAddresses(
  db: Kysely<Database>,
  user: { id: string; email: string },
): Promise<HeldAddress[]> {
  const { rows } = await sql<HeldAddress>`${heldAddresses(user)}`.execute(db);
  return rows;
}

/** So many entries are erased by a statement, which has a time limit. */
const ERASED_AT_ONCE = 1000;

/**
 * Erases target and note of every entry that names the address while the user has it. The chain stays whole: it covers
 * their digests.
 */
export async function eraseAuditNames(trx: Kysely<Database>, { email, after, until }: HeldAddress): Promise<void> {
  const inTime = sql`id > ${after} and (${until}::bigint is null or id <= ${until}::bigint)`;
  for (const naming of [sql`target = ${email}`, sql`note like '%@%' and audit_words(note) @> array[${email}::text]`]) {
    for (let count = ERASED_AT_ONCE; count === ERASED_AT_ONCE; ) {
      const { numAffectedRows } = await sql`
        update audit_entry set salt = null, target = null, note = null
        where id in (select id from audit_entry where ${naming} and ${inTime} limit ${ERASED_AT_ONCE})`.execute(trx);
      count = Number(numAffectedRows);
    }
  }
}
