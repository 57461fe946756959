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
 * A text is searched as `fold_for_search` makes it, in a generated column beside it (decision 0011). Parts of words are
 * found by their trigrams (pg_trgm), within one member's texts: with the member in the same index (btree_gin), nobody's
 * search reads what others wrote, not even one for a letter, which has no trigram.
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
  // An administrator may have put the extension into a schema where names are not looked up.
  const trigrams = sql.id(rows[0]?.schema ?? 'public', 'gin_trgm_ops');
  await createFolding(db);
  for (const [table, text] of [
    ['conversation', 'title'],
    ['turn', 'prompt'],
    ['response', 'text'],
  ] as const) {
    await sql`
      alter table ${sql.id(table)} drop column search,
        add column folded text not null generated always as (fold_for_search(${sql.id(text)})) stored`.execute(db);
  }
  await sql`create index turn_user_folded on turn using gin (user_id, folded ${trigrams})`.execute(db);
  await sql`create index response_user_folded on response using gin (user_id, folded ${trigrams})`.execute(db);
}

/** Every sign becomes a letter of the Yi script, which nobody writes here, since trigrams are made of letters only. */
const signs = '#$%&*+-./<=>@\\^_|~';
const letters = String.fromCodePoint(...Array.from(signs, (_, index) => 0xa000 + index));

/** The characters between words, which are not searched for; the last two ranges are general and CJK punctuation. */
const gaps = String.raw`[[:space:][:cntrl:]!"'(),:;?${'`'}{}\[\]¡¿«»·„“”\u2000-\u206f\u3000-\u3004\u3008-\u3020\u30fb]+`;

/**
 * Marks that folding takes out: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, soft hyphens and
 * joiners.
 */
const marks = String.raw`[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+`;

/** Scripts in which words are not kept apart, and words of one or two letters are common: kana, ideographs, hangul. */
const alone = String.raw`[\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]`;

/** Letters that no normal form takes apart. */
const spelledOut = [
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['þ', 'th'],
] as const;

/**
 * `fold_for_search(text)`: in lower case, without accents and in one normal form, its tokens (words; signs, ideographs and
 * the like one by one) with a space before and after each. What a text holds, folded, is in the text, folded.
 */
async function createFolding(db: Kysely<unknown>): Promise<void> {
  const collation = await findCollation(db);
  const lower = (text: string) => `(lower(${text}${collation ? ` collate "${collation}"` : ''}) collate "C")`;
  const plain = lower(`regexp_replace(normalize($1, NFKD), '${marks}', '', 'g')`);
  const spelled = spelledOut.reduce((text, [from, to]) => `replace(${text}, '${from}', '${to}')`, plain);
  const folded = `normalize(translate(${spelled}, 'øđðłħıŋς', 'oddlhinσ'), NFC)`;
  const spaced = (text: string) => {
    const words = `regexp_replace(translate(${text}, '${signs}', '${letters}'), $gaps$${gaps}$gaps$, ' ', 'g')`;
    return `' ' || regexp_replace(${words}, '(${alone})', ' \\1 ', 'g') || ' '`;
  };
  await sql
    .raw(
      `create function fold_for_search(text) returns text language sql immutable strict parallel safe as $fold$
         select case when octet_length($1) = length($1) then ${spaced('(lower($1 collate "C") collate "C")')} else ${spaced(folded)} end
       $fold$`,
    )
    .execute(db);
}

/** Finds a collation that knows all letters: the database's own may know none but ASCII's. Null if there is none. */
async function findCollation(db: Kysely<unknown>): Promise<string | null> {
  const { rows } = await sql<{ name: string }>`
    select collname as name from pg_collation
    where collname in ('pg_c_utf8', 'und-x-icu', 'C.utf8') and collencoding in (-1, pg_char_to_encoding('UTF8'))
    order by array_position(array['pg_c_utf8', 'und-x-icu', 'C.utf8'], collname::text)
    limit 1`.execute(db);
  return rows[0]?.name ?? null;
}
