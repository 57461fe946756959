import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { findShownResponsesWithin, type ShownResponseRow } from '../../../database/judging/shown-responses.ts';
import {
  countHits,
  countHitsWithin,
  findHits,
  findHitsWithin,
  type HitPlace,
  type HitRow,
  textIdOf,
} from '../../../database/searching/hits.ts';
import { findTurnsWithin } from '../../../database/turns.ts';
import { inSlices } from '../../ground/time-slice.ts';
import { limited } from './limited-search.ts';
import { type Snippet, type SnippetSize, snippetOf } from './snippet.ts';

export type { HitPlace } from '../../../database/searching/hits.ts';
export type { Snippet, TextRange } from './snippet.ts';

/** A prompt or an answer in which a search found something. */
export interface Hit {
  turnId: string;
  conversationId: string;
  /** The answer as the member is shown it, without its text; null: the prompt. */
  response: Pick<ShownResponseRow, 'id' | 'model_id' | 'created_at'> | null;
  /** When it was asked, or when the answer began. */
  createdAt: Date;
  snippet: Snippet;
  place: HitPlace;
}

export interface HitsPage {
  userId: string;
  /** The search as it was typed. Its first five different parts count. */
  search: string;
  after: HitPlace | null;
  limit: number;
  /** Default: as a list shows them. */
  snippetSize?: SnippetSize;
}

/** Bytes of texts that are loaded for the snippets of a page. */
const BYTES_MAX = 8_000_000;

/**
 * Finds the prompts and answers with all parts of the search, those of the newest turns first: as whole words, and if no
 * text has them, as parts of words.
 *
 * @throws InvalidInputError if the search takes too long
 */
export async function findHitsOf(db: Kysely<Database>, page: HitsPage): Promise<Hit[]> {
  const { rows, parts } = await limited(db, page, async (trx, parts) => {
    if (parts.length === 0) return { rows: [], parts };
    const words = await findHits(trx, { ...page, parts, words: true });
    if (words.length > 0) return { rows: words, parts };
    // A page behind the last whole word is empty, so that one list has one kind.
    const isBegun =
      page.after !== null && (await findHits(trx, { ...page, parts, words: true, after: null, limit: 1 }));
    if (isBegun && isBegun.length > 0) return { rows: [], parts };
    return { rows: await findHits(trx, { ...page, parts, words: false }), parts };
  });
  return withSnippets(db, page, { rows, parts, isWithin: false });
}

/** How many are counted. */
const COUNT_MAX = 1000;

/** Counts what `findHitsOf` finds on all its pages, up to 1,000. */
export function countHitsOf(db: Kysely<Database>, search: Pick<HitsPage, 'userId' | 'search'>): Promise<number> {
  return limited(db, search, async (trx, parts) => {
    if (parts.length === 0) return 0;
    const { userId } = search;
    const words = await countHits(trx, { userId, parts, words: true, max: COUNT_MAX });
    return words > 0 ? words : countHits(trx, { userId, parts, words: false, max: COUNT_MAX });
  });
}

/** Finds those of one conversation, on all its branches, in the order in which they were asked. */
export async function findHitsInside(
  db: Kysely<Database>,
  page: HitsPage & { conversationId: string },
): Promise<Hit[]> {
  const { rows, parts } = await limited(db, page, async (trx, parts) => ({
    rows: parts.length === 0 ? [] : await findHitsWithin(trx, { ...page, parts }),
    parts,
  }));
  return withSnippets(db, page, { rows, parts, isWithin: true });
}

export function countHitsInside(
  db: Kysely<Database>,
  search: Pick<HitsPage, 'userId' | 'search'> & { conversationId: string },
): Promise<number> {
  return limited(db, search, async (trx, parts) =>
    parts.length === 0 ? 0 : countHitsWithin(trx, { ...search, parts }),
  );
}

interface FoundRows {
  rows: readonly HitRow[];
  parts: readonly string[];
  isWithin: boolean;
}

/** Texts are read as the member is shown them. What was deleted or hidden since it was found is left out. */
async function withSnippets(
  db: Kysely<Database>,
  { userId, snippetSize }: HitsPage,
  { rows, parts, isWithin }: FoundRows,
): Promise<Hit[]> {
  if (rows.length === 0) return [];
  const ids = rows.flatMap(({ response_id }) => response_id ?? []);
  const turnIds = [...new Set(rows.flatMap(({ turn_id, response_id }) => (response_id === null ? turn_id : [])))];
  const [responses, turns] = await Promise.all([
    ids.length === 0 ? [] : findShownResponsesWithin(db, userId, { ids, bytesMax: BYTES_MAX }),
    turnIds.length === 0 ? [] : findTurnsWithin(db, userId, { ids: turnIds, bytesMax: BYTES_MAX }),
  ]);
  const answers = new Map(responses.map((response) => [response.id, response]));
  const prompts = new Map(turns.map((turn) => [turn.id, turn]));
  const hits: Hit[] = [];
  for (const row of rows) {
    const answer = row.response_id === null ? null : answers.get(row.response_id);
    const told = answer ?? prompts.get(row.turn_id);
    if (!told || (row.response_id !== null && !answer)) continue;
    const text = answer ? answer.text : (prompts.get(row.turn_id)?.prompt ?? '');
    hits.push({
      turnId: row.turn_id,
      conversationId: row.conversation_id,
      response: answer ?? null,
      createdAt: told.created_at,
      snippet: await inSlices(snippetOf(text, parts, snippetSize)),
      place: { askedAt: row.asked_at, turnId: row.turn_id, textId: textIdOf(row, isWithin) },
    });
  }
  return hits;
}
