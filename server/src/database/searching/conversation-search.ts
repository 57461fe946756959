import { type Kysely, sql } from 'kysely';
import {
  type ConversationFilter,
  type ConversationRow,
  conversationColumns,
  filterConversations,
} from '../conversations.ts';
import type { Database } from '../database.ts';
import { contains, isIndexed, isTold, toPattern, toWordPattern } from './text-patterns.ts';

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

/** The rank of a text that contains all parts: higher if each of them is a word there. */
function rank(parts: readonly string[], kind: keyof typeof ranks.words, text: string) {
  const column = sql.ref(text);
  const words = sql.join(
    parts.map((part) => sql`${column} like ${toWordPattern(part)}`),
    sql` and `,
  );
  return sql<number>`case when ${words} then ${sql.lit(ranks.words[kind])} else ${sql.lit(ranks.parts[kind])} end`;
}
