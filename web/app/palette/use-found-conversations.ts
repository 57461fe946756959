import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { nodesOf } from '../graphql/connection.ts';
import {
  PaletteConversationsDocument,
  PaletteSearchDocument,
  type PaletteSearchQuery,
} from '../graphql/generated/graphql.ts';

const pauseMs = 150;

/** A prompt or an answer that the search found. */
export type FoundLine = PaletteSearchQuery['searchHits']['edges'][number]['node'];

interface Reply {
  conversations: { id: string; title: string }[];
  /** Empty without a search. */
  lines: FoundLine[];
}

export interface FoundConversations extends Reply {
  /** Whether the conversations belong to this search. */
  answer: 'awaited' | 'here' | 'failed';
}

interface Found extends Reply {
  /** The search that the conversations belong to; null before the first reply. */
  search: string | null;
  failed: boolean;
}

/** The newest conversations, or those that match the search. While a reply is on its way, the ones before stay. */
export function useFoundConversations(search: string): FoundConversations {
  const client = useClient();
  const [found, setFound] = useState<Found>({ search: null, conversations: [], lines: [], failed: false });
  useEffect(() => {
    let wanted = true;
    const ask = async (): Promise<Reply | null> => {
      if (search === '') {
        const { data } = await client.query(PaletteConversationsDocument, { search: null }).toPromise();
        return data ? { conversations: nodesOf(data.conversations), lines: [] } : null;
      }
      const { data } = await client.query(PaletteSearchDocument, { search }).toPromise();
      return data ? { conversations: nodesOf(data.conversations), lines: nodesOf(data.searchHits) } : null;
    };
    const timer = setTimeout(
      () =>
        void ask().then((reply) => {
          if (!wanted) return;
          setFound((before) => ({ ...before, ...reply, search, failed: reply === null }));
        }),
      search ? pauseMs : 0,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, search]);
  const { conversations, lines, failed } = found;
  const answer = found.search !== search ? 'awaited' : failed ? 'failed' : 'here';
  return { conversations, lines, answer };
}
