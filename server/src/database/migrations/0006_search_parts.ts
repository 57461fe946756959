import { type Kysely, sql } from 'kysely';

/** The right to make an extension, or the extension itself, is missing. */
export class MissingExtensionError extends Error {
  override readonly name = 'MissingExtensionError';

  constructor(extension: string, cause: unknown) {
    super(
      `The database needs the extension ${extension}, which comes with Postgres (its "contrib" package), and this role cannot create it: ${(cause as Error).message}. Let an administrator run "create extension ${extension}" in this database once.`,
      { cause },
    );
  }
}

/**
 * Parts of words are found by their trigrams (pg_trgm), within one member's texts: with the member in the same index
 * (btree_gin), nobody's search reads what others wrote, not even one for a letter, which has no trigram.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const extension of ['btree_gin', 'pg_trgm']) {
    await sql`create extension if not exists ${sql.id(extension)}`.execute(db).catch((cause) => {
      throw new MissingExtensionError(extension, cause);
    });
  }
  const { rows } = await sql<{ schema: string }>`
    select nspname as schema from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm'`.execute(db);
  // Where an administrator put it, which need not be where names are looked up.
  const trigrams = sql.id(rows[0]?.schema ?? 'public', 'gin_trgm_ops');
  for (const table of ['conversation', 'turn', 'response']) {
    await sql`alter table ${sql.id(table)} drop column search`.execute(db);
  }
  await sql`create index turn_user_prompt on turn using gin (user_id, prompt ${trigrams})`.execute(db);
  await sql`create index response_user_text on response using gin (user_id, text ${trigrams})`.execute(db);
}
