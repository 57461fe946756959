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

/** Adds the entries whose period of counting is over to the chain, which every new entry does too. */
export async function chainCountedEntries(db: Kysely<Database>): Promise<void> {
  await sql`select chain_counted_audit_entries()`.execute(db);
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

/** Erases target and note of every entry that names the address. The chain stays whole: it covers their digests. */
export async function eraseAuditNames(trx: Kysely<Database>, email: string): Promise<void> {
  await sql`
    update audit_entry set salt = null, target = null, note = null
    where salt is not null
      and (target = ${email} or ${email} = any(regexp_split_to_array(lower(note), '[\\s,;:()<>"“”]+')))`.execute(trx);
}
