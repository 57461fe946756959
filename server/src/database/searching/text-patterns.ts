import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { isPending } from '../judging/hidden-turns.ts';

/*
 * What a folded text has to contain to be found (decision 0011). A part is a word, or a part of one, folded as the texts
 * are.
 */

/** Folds the parts of a search as the texts are folded, in the same order. A part that folds to nothing becomes ''. */
export async function foldParts(db: Kysely<Database>, parts: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ folded: string }>`
    select fold_for_search(part) as folded from unnest(${parts}::text[]) with ordinality as typed (part, place)
    order by place`.execute(db);
  return rows.map(({ folded }) => folded.trim());
}

/** What a folded text contains that has the part as a word of its own. */
export function asWord(part: string): string {
  return ` ${part} `;
}

/** What a folded text contains that has the part within words: at either end a word may go on, a sign or an ideograph not. */
export function withinWords(part: string): string {
  const letters = [...part];
  const before = alone.test(letters.at(0) ?? '') ? ' ' : '';
  const after = alone.test(letters.at(-1) ?? '') ? ' ' : '';
  return `${before}${part}${after}`;
}

/** Nothing is escaped, since a folded text has no `%`, `_` or `\`. */
export function toWordPattern(part: string): string {
  return `%${asWord(part)}%`;
}

export function toPattern(part: string): string {
  return `%${withinWords(part)}%`;
}

/** The characters that `fold_for_search` puts between spaces. */
const alone =
  /[\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;

/**
 * A pattern with a trigram uses the index. A pattern without one cannot, and the planner would read everybody's texts
 * for it: `like all` hides the pattern from the planner, so that it narrows the search by the member.
 */
export function contains(patterns: readonly string[], text: string): RawBuilder<boolean> {
  const column = sql.ref(text);
  const conditions = patterns.filter(hasTrigram).map((pattern) => sql`${column} like ${pattern}`);
  const others = patterns.filter((pattern) => !hasTrigram(pattern));
  if (others.length > 0) conditions.push(containsUnindexed(others, text));
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

/** `contains` for few texts, which the index of all would not find sooner. */
export function containsUnindexed(patterns: readonly string[], text: string): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(text)} like all (array[${sql.join(patterns)}]::text[])`;
}

/** Whether the index finds the part within words. */
export function isIndexed(part: string): boolean {
  return hasTrigram(toPattern(part));
}

function hasTrigram(pattern: string): boolean {
  return trigram.test(pattern);
}

/**
 * Whether pg_trgm finds a trigram in a pattern: it takes three letters, and counts two spaces before a word and one
 * after it.
 */
const trigram = /[\p{L}\p{N}]{3}| [\p{L}\p{N}]|[\p{L}\p{N}]{2} /u;

/**
 * A hidden turn's answers are found when all of them are final. The turns are looked up by the member: an `exists` for each
 * answer has the planner read everybody's.
 */
export function isTold(userId: string): RawBuilder<boolean> {
  return sql<boolean>`response.turn_id not in (
    select turn.id from turn where turn.user_id = ${userId} and ${isPending('turn')}
  )`;
}
