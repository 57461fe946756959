import { type Kysely, sql } from 'kysely';
import {
  type ConversationFilter,
  type ConversationRow,
  conversationColumns,
  filterConversations,
} from './conversations.ts';
import type { Database } from './database.ts';
import { isPending } from './judging/hidden-turns.ts';

/** Folds the parts of a search as the texts are folded, in the same order. A part that folds to nothing becomes ''. */
export async function foldParts(db: Kysely<Database>, parts: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ folded: string }>`
    select fold_for_search(part) as folded from unnest(${parts}::text[]) with ordinality as typed (part, place)
    order by place`.execute(db);
  return rows.map(({ folded }) => folded.trim());
}

/** How well a conversation answers a search: the best of its texts counts. More is better. */
const ranks = {
  words: { title: 6, prompt: 5, answer: 4 },
  parts: { title: 3, prompt: 2, answer: 1 },
} as const;

export interface ConversationSearch extends ConversationFilter {
  /** Folded and not empty. A conversation matches if one title, prompt or answer contains all of them. */
  parts: readonly string[];
}

export interface FoundConversationPage extends ConversationSearch {
  after?: { rank: number; activeAt: Date; id: string } | null;
  limit: number;
}

export type FoundConversation = ConversationRow & { rank: number };

/**
 * Which texts a step of the search reads. Each step finds all that the step before it found, and weaker matches too.
 */
interface Reading {
  withAnswers: boolean;
  /** Only texts in which each part is a word. */
  wordsOnly: boolean;
}

const everything: Reading = { withAnswers: true, wordsOnly: false };

/** Finds conversations, the best match first; equally good ones by when they were last written in, the latest first. */
export async function searchConversations(
  db: Kysely<Database>,
  page: FoundConversationPage,
): Promise<FoundConversation[]> {
  // Titles and prompts are short, and whole words are in the index: if these fill the page, nothing else has to be
  // read.
  const steps: Reading[] = [{ withAnswers: false, wordsOnly: true }];
  if (!page.parts.every(isIndexed)) steps.push({ withAnswers: true, wordsOnly: true });
  for (const step of steps) {
    const best = await findPage(db, page, step);
    if (best.length === page.limit) return best;
  }
  return findPage(db, page, everything);
}

async function findPage(
  db: Kysely<Database>,
  page: FoundConversationPage,
  reading: Reading,
): Promise<FoundConversation[]> {
  return matching(db, page, reading)
    .select(conversationColumns.map((column) => `conversation.${column}` as const))
    .select('found.rank')
    .$if(page.after != null, (query) =>
      query.where(
        sql<boolean>`(found.rank, conversation.active_at, conversation.id) < (${page.after?.rank}::int, ${page.after?.activeAt}::timestamptz, ${page.after?.id}::uuid)`,
      ),
    )
    .orderBy('found.rank', 'desc')
    .orderBy('conversation.active_at', 'desc')
    .orderBy('conversation.id', 'desc')
    .limit(page.limit)
    .execute();
}

export async function countFoundConversations(db: Kysely<Database>, search: ConversationSearch): Promise<number> {
  const { count } = await matching(db, search, everything)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

function matching(db: Kysely<Database>, search: ConversationSearch, { withAnswers, wordsOnly }: Reading) {
  const { userId, parts } = search;
  const patterns = parts.map(wordsOnly ? toWordPattern : toPattern);
  return filterConversations(db, search).innerJoin(
    (from) =>
      from
        .selectFrom((hits) =>
          hits
            .selectFrom('conversation')
            .select(['id as conversation_id', rank(parts, 'title', 'conversation.folded').as('rank')])
            .where('user_id', '=', userId)
            .where(contains(patterns, 'conversation.folded'))
            .unionAll(
              hits
                .selectFrom('turn')
                .select(['conversation_id', rank(parts, 'prompt', 'turn.folded').as('rank')])
                .where('user_id', '=', userId)
                .where(contains(patterns, 'turn.folded')),
            )
            .$if(withAnswers, (found) =>
              found.unionAll(
                hits
                  .selectFrom('response')
                  .select(({ ref }) => ref('conversation_id').$castTo<string>().as('conversation_id'))
                  .select(rank(parts, 'answer', 'response.folded').as('rank'))
                  .where('user_id', '=', userId)
                  .where(contains(patterns, 'response.folded'))
                  .where(isTold(userId)),
              ),
            )
            .as('hit'),
        )
        .select(['conversation_id', (eb) => eb.fn.max<number>('rank').as('rank')])
        .groupBy('conversation_id')
        .as('found'),
    (join) => join.onRef('found.conversation_id', '=', 'conversation.id'),
  );
}

/**
 * A hidden turn's answers are found when all of them are final. The turns are looked up by the member: an `exists` for each
 * answer has the planner read everybody's.
 */
function isTold(userId: string) {
  return sql<boolean>`response.turn_id not in (
    select turn.id from turn where turn.user_id = ${userId} and ${isPending('turn')}
  )`;
}

/** The rank of a text that contains all parts: higher if each of them is a word there. */
function rank(parts: readonly string[], kind: keyof typeof ranks.words, text: string) {
  const column = sql.ref(text);
  const words = sql.join(
    parts.map((part) => sql`${column} like ${toWordPattern(part)}`),
    sql` and `,
  );
  return sql<number>`case when ${words} then ${sql.lit(ranks.words[kind])} else ${sql.lit(ranks.parts[kind])} end`;
}

/**
 * A pattern with a trigram uses the index. A pattern without one cannot, and the planner would read everybody's texts
 * for it: `like all` hides the pattern from the planner, so that it narrows the search by the member.
 */
function contains(patterns: readonly string[], text: string) {
  const column = sql.ref(text);
  const conditions = patterns.filter(hasTrigram).map((pattern) => sql`${column} like ${pattern}`);
  const others = patterns.filter((pattern) => !hasTrigram(pattern));
  if (others.length > 0) conditions.push(sql`${column} like all (array[${sql.join(others)}]::text[])`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

function toWordPattern(part: string): string {
  return `% ${part} %`;
}

/**
 * Matches parts of words: at either end a word may go on, while a sign or an ideograph stands alone. Nothing is
 * escaped, since a folded text has no `%`, `_` or `\`.
 */
function toPattern(part: string): string {
  const letters = [...part];
  const before = alone.test(letters.at(0) ?? '') ? ' ' : '';
  const after = alone.test(letters.at(-1) ?? '') ? ' ' : '';
  return `%${before}${part}${after}%`;
}

/** The characters that `fold_for_search` puts between spaces. */
const alone =
  /[\ua000-\ua011\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{3ffff}]/u;

function isIndexed(part: string): boolean {
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
