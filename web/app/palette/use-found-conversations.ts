import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { PaletteConversationsDocument } from '../graphql/generated/graphql.ts';

const pauseMs = 150;

export interface FoundConversations {
  conversations: { id: string; title: string }[];
  /** Whether the conversations belong to this search. */
  answer: 'awaited' | 'here' | 'failed';
}

interface Found {
  /** The search that the conversations belong to; null before the first reply. */
  search: string | null;
  conversations: { id: string; title: string }[];
  failed: boolean;
}

/** The newest conversations, or those that match the search. While a reply is on its way, the ones before stay. */
export function useFoundConversations(search: string): FoundConversations {
  const client = useClient();
  const [found, setFound] = useState<Found>({ search: null, conversations: [], failed: false });
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        void client
          .query(PaletteConversationsDocument, { search: search || null })
          .toPromise()
          .then(({ data }) => {
            if (!wanted) return;
            setFound((before) => ({
              search,
              conversations: data ? data.conversations.edges.map(({ node }) => node) : before.conversations,
              failed: !data,
            }));
          });
      },
      search ? pauseMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, search]);
  const { conversations, failed } = found;
  const answer = found.search !== search ? 'awaited' : failed ? 'failed' : 'here';
  return { conversations, answer };
}
