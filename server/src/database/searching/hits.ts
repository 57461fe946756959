import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database.ts';
import { contains, containsUnindexed, isIndexed, isTold, toPattern, toWordPattern } from './text-patterns.ts';

/** A prompt or an answer that has all parts of a search. */
export interface HitRow {
  turn_id: string;
  /** Null: the turn's prompt. */
  response_id: string | null;
  conversation_id: string;
  /** When the turn was asked, which is where the hit stands in the order. */
  asked_at: Date;
}

/** The place of a hit in its list. */
export interface HitPlace {
  askedAt: Date;
  turnId: string;
  /** The response's id; of a prompt, what stands before all of them. */
  textId: string;
}

export interface HitSearch {
  userId: string;
  /** Folded and not empty. */
  parts: readonly string[];
}

interface HitPage extends HitSearch {
  after: HitPlace | null;
  limit: number;
}

/** Which of a member's texts are read. */
interface Reading {
  wordsOnly: boolean;
  /** Of these turns only; null: of all, by the index. */
  among: RawBuilder<unknown> | null;
}

/**
 * How many turns are read before the index is asked: a word that is in one text of twenty fills a page there, and would
 * have the index name thousands.
 */
const NEWEST_TURNS = 100;

/** How many turns are read for a part that the index does not find, a letter or two within words. */
const UNINDEXED_TURNS = 1000;

/**
 * Finds prompts and answers with all parts, those of the newest turns first; of one turn the prompt, then the answers. As
 * long as whole words fill the page, parts of words are not looked for; nor are they behind a page of whole words.
 */
export async function findHits(db: Kysely<Database>, page: HitPage & { words: boolean }): Promise<HitRow[]> {
  if (page.words) {
    const near = await readHits(db, page, { wordsOnly: true, among: newestTurns(page, NEWEST_TURNS) });
    return near.length === page.limit ? near : readHits(db, page, { wordsOnly: true, among: null });
  }
  const near = await readHits(db, page, { wordsOnly: false, among: newestTurns(page, NEWEST_TURNS) });
  if (near.length === page.limit) return near;
  const indexed = page.parts.some(isIndexed);
  return readHits(db, page, { wordsOnly: false, among: indexed ? null : newestTurns(page, UNINDEXED_TURNS) });
}

/** The member's newest turns; behind a hit, those from its turn on. */
function newestTurns({ userId, after }: Pick<HitPage, 'userId' | 'after'>, count: number): RawBuilder<unknown> {
  const behind = after ? sql`and turn.created_at <= ${after.askedAt}::timestamptz` : sql``;
  return sql`(
    select turn.id from turn where turn.user_id = ${userId} ${behind} order by turn.created_at desc limit ${count}
  )`;
}

async function readHits(db: Kysely<Database>, page: HitPage, reading: Reading): Promise<HitRow[]> {
  const { rows } = await sql<HitRow>`
    select hit.turn_id, hit.response_id, hit.conversation_id, hit.asked_at
    from ${found(page, reading)} hit
      join conversation on conversation.id = hit.conversation_id and conversation.evaluation_id is null
        and not conversation.temporary
    where ${isBehind(page.after)}
    order by hit.asked_at desc, hit.turn_id desc, hit.text_id desc
    limit ${page.limit}`.execute(db);
  return rows;
}

/** The member's prompts and answers with all parts, in no order. */
function found({ userId, parts }: HitSearch, reading: Reading): RawBuilder<HitRow> {
  const patterns = parts.map(reading.wordsOnly ? toWordPattern : toPattern);
  return sql<HitRow>`(
    select turn.id as turn_id, null::uuid as response_id, ${FIRST}::uuid as text_id, turn.conversation_id,
      turn.created_at as asked_at
    from turn
    where turn.user_id = ${userId} and ${isRead('turn.id', reading)} and ${has(patterns, 'turn.folded', reading)}
    union all
    select turn.id, response.id, response.id, turn.conversation_id, turn.created_at
    from response join turn on turn.id = response.turn_id
    where response.user_id = ${userId} and ${isRead('response.turn_id', reading)}
      and ${has(patterns, 'response.folded', reading)} and ${isTold(userId)}
  )`;
}

/** In a list from the newest to the oldest, a turn's prompt stands before its answers. */
const FIRST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** In a list from the oldest to the newest. */
const FIRST_OF_OLDEST = '00000000-0000-0000-0000-000000000000';

function isRead(turnId: string, { among }: Reading): RawBuilder<boolean> {
  return among === null ? sql<boolean>`true` : sql<boolean>`${sql.ref(turnId)} in ${among}`;
}

function has(patterns: readonly string[], text: string, { among }: Reading): RawBuilder<boolean> {
  return among === null ? contains(patterns, text) : containsUnindexed(patterns, text);
}

function isBehind(after: HitPlace | null): RawBuilder<boolean> {
  if (!after) return sql<boolean>`true`;
  const { askedAt, turnId, textId } = after;
  return sql<boolean>`(hit.asked_at, hit.turn_id, hit.text_id) < (${askedAt}::timestamptz, ${turnId}::uuid, ${textId}::uuid)`;
}

interface HitsWithin extends HitSearch {
  conversationId: string;
}

/** Prompts and answers of one conversation, on all its branches. */
function within({ userId, conversationId, parts }: HitsWithin): RawBuilder<HitRow> {
  const patterns = parts.map(toPattern);
  return sql<HitRow>`(
    select turn.id as turn_id, null::uuid as response_id, ${FIRST_OF_OLDEST}::uuid as text_id, turn.conversation_id,
      turn.created_at as asked_at
    from turn
    where turn.user_id = ${userId} and turn.conversation_id = ${conversationId}
      and ${containsUnindexed(patterns, 'turn.folded')}
    union all
    select turn.id, response.id, response.id, turn.conversation_id, turn.created_at
    from response join turn on turn.id = response.turn_id
    where response.user_id = ${userId} and response.conversation_id = ${conversationId}
      and ${containsUnindexed(patterns, 'response.folded')} and ${isTold(userId)}
  )`;
}

/** Finds prompts and answers of one conversation with all parts, in the order in which they were asked. */
export async function findHitsWithin(db: Kysely<Database>, page: HitPage & HitsWithin): Promise<HitRow[]> {
  const { after } = page;
  const isBehindOldest = after
    ? sql<boolean>`(hit.asked_at, hit.turn_id, hit.text_id) > (${after.askedAt}::timestamptz, ${after.turnId}::uuid, ${after.textId}::uuid)`
    : sql<boolean>`true`;
  const { rows } = await sql<HitRow>`
    select hit.turn_id, hit.response_id, hit.conversation_id, hit.asked_at
    from ${within(page)} hit
    where ${isBehindOldest}
    order by hit.asked_at, hit.turn_id, hit.text_id
    limit ${page.limit}`.execute(db);
  return rows;
}

export async function countHitsWithin(db: Kysely<Database>, search: HitsWithin): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${within(search)} hit`.execute(db);
  return rows[0]?.count ?? 0;
}

/** @returns how many hits there are, at most `max` */
export async function countHits(
  db: Kysely<Database>,
  { userId, parts, words, max }: HitSearch & { words: boolean; max: number },
): Promise<number> {
  const among = words || parts.some(isIndexed) ? null : newestTurns({ userId, after: null }, UNINDEXED_TURNS);
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from ${found({ userId, parts }, { wordsOnly: words, among })} hit
        join conversation on conversation.id = hit.conversation_id and conversation.evaluation_id is null
        and not conversation.temporary
      limit ${max}
    ) as counted`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The `textId` of a hit, in a list of one conversation and in one of all. */
export function textIdOf({ response_id }: HitRow, isWithin: boolean): string {
  return response_id ?? (isWithin ? FIRST_OF_OLDEST : FIRST);
}
