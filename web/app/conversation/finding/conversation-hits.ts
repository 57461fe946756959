import type { Client } from '@urql/core';
import { nodesOf } from '../../graphql/connection.ts';
import { ConversationHitsDocument, type ConversationHitsQuery } from '../../graphql/generated/graphql.ts';

/** A prompt or an answer of the conversation in which something was found, loaded or not. */
export type ConversationHit = NonNullable<ConversationHitsQuery['conversation']>['hits']['edges'][number]['node'];

/** What was found in a conversation. */
export interface ConversationHits {
  /** In the order in which they were asked; the first 1,000. */
  hits: readonly ConversationHit[];
  total: number;
}

const pagesMax = 10;

/** Looks for a text in the whole conversation. Null: the server could not be asked, or refused. */
export async function findInConversation(
  client: Client,
  id: string,
  { search, isWanted }: { search: string; isWanted: () => boolean },
): Promise<ConversationHits | null> {
  const hits: ConversationHit[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page += 1) {
    const reply = await client.query(ConversationHitsDocument, { id, search, after }).toPromise();
    const found: NonNullable<ConversationHitsQuery['conversation']>['hits'] | undefined =
      reply.data?.conversation?.hits;
    if (!found) return null;
    hits.push(...nodesOf(found));
    after = found.pageInfo.endCursor ?? null;
    if (!found.pageInfo.hasNextPage || !isWanted()) return { hits, total: found.totalCount };
  }
  return { hits, total: hits.length };
}
