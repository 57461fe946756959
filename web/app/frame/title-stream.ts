import type { Client } from '@urql/core';
import { follow } from '../graphql/follow.ts';
import { TitlesChangedDocument } from '../graphql/generated/graphql.ts';

/**
 * Follows the titles of the member's conversations, which a model or another page may change, until the returned function
 * is called.
 */
export function followTitles(
  client: Pick<Client, 'subscription'>,
  onTitle: (conversation: { id: string; title: string }) => void,
): () => void {
  return follow(client, [TitlesChangedDocument, {}], {
    onData({ titlesChanged }) {
      for (const conversation of titlesChanged) onTitle(conversation);
    },
  });
}
