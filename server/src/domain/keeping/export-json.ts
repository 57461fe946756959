import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findKeptConversations, type KeptConversationRow } from '../../database/keeping/kept-conversations.ts';
import { TOLD_FORMAT, TOLD_VERSION, type ToldAnswer } from '../../ports/told-conversation.ts';
import { objectInPieces, withListInPieces } from '../ground/json-pieces.ts';
import { type KeptTurn, keptTurns } from './kept-turns.ts';
import { toldConversation } from './told-turns.ts';

const ROWS = 200;

/** All conversations of a member as one JSON document in pieces, which an import takes without loss. */
export function conversationsAsJson(db: Kysely<Database>, userId: string): AsyncGenerator<string> {
  return documentOf(allOf(db, userId));
}

/** `conversationsAsJson` of a single one. @param only the ids of its turns that are wished; null: all */
export function conversationAsJson(
  db: Kysely<Database>,
  conversation: KeptConversationRow,
  only: readonly string[] | null,
): AsyncGenerator<string> {
  async function* single() {
    yield inPieces(db, conversation, only);
  }
  return documentOf(single());
}

function documentOf(conversations: AsyncIterable<AsyncIterable<string>>): AsyncGenerator<string> {
  const head = { format: TOLD_FORMAT, version: TOLD_VERSION, exportedAt: new Date() };
  return withListInPieces(head, 'conversations', conversations);
}

async function* allOf(db: Kysely<Database>, userId: string): AsyncGenerator<AsyncIterable<string>> {
  const find = (after: string | null) => findKeptConversations(db, userId, { after, limit: ROWS });
  for (let page = await find(null); page.length > 0; page = await find(page.at(-1)?.id ?? null)) {
    for (const conversation of page) yield inPieces(db, conversation, null);
  }
}

function inPieces(
  db: Kysely<Database>,
  conversation: KeptConversationRow,
  only: readonly string[] | null,
): AsyncGenerator<string> {
  const of = { userId: conversation.user_id, conversationId: conversation.id };
  return withListInPieces(toldConversation(conversation), 'turns', turns(keptTurns(db, of, only)));
}

async function* turns(kept: AsyncIterable<KeptTurn>): AsyncGenerator<AsyncIterable<string>> {
  for await (const { turn, answers } of kept) yield withListInPieces(turn, 'answers', answersOf(answers));
}

async function* answersOf(answers: AsyncIterable<ToldAnswer>): AsyncGenerator<AsyncIterable<string>> {
  for await (const answer of answers) yield objectInPieces(answer);
}
