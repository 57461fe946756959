import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import {
  type ConversationItemFragment,
  ConversationsDocument,
  type ConversationsQuery,
  DeleteConversationDocument,
  UpdateConversationDocument,
  type UpdateConversationInput,
} from '../graphql/generated/graphql.ts';
import { useToast } from '../ui/toast.tsx';
import { nodesOf } from './connection.ts';
import { useReturn } from './use-return.ts';

export type ConversationItem = ConversationItemFragment;

export interface ConversationFilter {
  search: string;
  archived: boolean;
}

interface ConversationList {
  items: ConversationItem[];
  filter: ConversationFilter;
  setFilter(filter: ConversationFilter): void;
  hasMore: boolean;
  loading: boolean;
  loadMore(): void;
  /** A conversation that began, or went on: it comes to the top. */
  touch(conversation: ConversationItem): void;
  update(input: UpdateConversationInput): void;
  /** Gone at once, for good after some seconds in which it can be undone. */
  remove(conversation: ConversationItem): void;
}

export const conversationsAtOnce = 30;
const searchPauseMs = 200;
const undoMs = 6000;

const ListContext = createContext<ConversationList | null>(null);

export function useConversationList(): ConversationList {
  const list = useContext(ListContext);
  if (!list) throw new Error('useConversationList needs a ConversationListProvider above it');
  return list;
}

interface Page {
  items: ConversationItem[];
  cursor: string | null;
}

/** The person's conversations: the first page as loaded, then as they are searched, gone through and changed. */
export function ConversationListProvider({
  first,
  children,
}: {
  first: ConversationsQuery['conversations'];
  children: ReactNode;
}) {
  const client = useClient();
  const toast = useToast();
  const [page, setPage] = useState<Page>(() => toPage(first));
  const [filter, setFilter] = useState<ConversationFilter>({ search: '', archived: false });
  const [loading, setLoading] = useState(false);
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const asked = useRef(0);
  /** Of the list, made here. */
  const changes = useRef(0);
  const doomed = useDoomed();

  const load = useCallback(
    async ({ search, archived }: ConversationFilter, after: string | null) => {
      const question = ++asked.current;
      setLoading(true);
      const { data } = await client
        .query(ConversationsDocument, { first: conversationsAtOnce, after, search: search.trim() || null, archived })
        .toPromise();
      // An answer that was overtaken by a later question is of no use.
      if (question !== asked.current) return;
      setLoading(false);
      if (!data) return;
      const next = toPage(data.conversations);
      setPage((shown) => (after ? { ...next, items: [...shown.items, ...next.items] } : next));
    },
    [client],
  );

  /** The first page anew, unseen until it is there. */
  async function refresh(): Promise<void> {
    // Who has gone further down, or is searching, keeps what they are looking at.
    if (filter.search || page.items.length > conversationsAtOnce) return;
    const [question, changesBefore] = [asked.current, changes.current];
    const { archived } = filter;
    const { data } = await client.query(ConversationsDocument, { first: conversationsAtOnce, archived }).toPromise();
    // What was changed here meanwhile, or asked for, is newer.
    if (data && asked.current === question && changes.current === changesBefore) setPage(toPage(data.conversations));
  }
  useReturn(() => void refresh());

  const searched = useRef<ReturnType<typeof setTimeout>>();
  const value = useMemo<ConversationList>(() => {
    const change = (id: string, changed: Partial<ConversationItem>) => {
      changes.current += 1;
      setPage((shown) => ({
        ...shown,
        items: shown.items.map((item) => (item.id === id ? { ...item, ...changed } : item)),
      }));
    };
    return {
      items: page.items.filter(
        (item) => !removed.has(item.id) && (filter.search !== '' || item.archived === filter.archived),
      ),
      filter,
      setFilter(next) {
        setFilter(next);
        clearTimeout(searched.current);
        searched.current = setTimeout(() => void load(next, null), next.search === filter.search ? 0 : searchPauseMs);
      },
      hasMore: page.cursor !== null,
      loading,
      loadMore() {
        if (page.cursor && !loading) void load(filter, page.cursor);
      },
      touch(conversation) {
        changes.current += 1;
        setPage((shown) => ({
          ...shown,
          items: [conversation, ...shown.items.filter((item) => item.id !== conversation.id)],
        }));
      },
      update(input) {
        const before = page.items.find((item) => item.id === input.id);
        const { id, title, pinned, archived } = input;
        change(id, {
          ...(title == null ? {} : { title }),
          ...(pinned == null ? {} : { pinned }),
          ...(archived == null ? {} : { archived }),
        });
        void client
          .mutation(UpdateConversationDocument, { input })
          .toPromise()
          .then(({ data, error }) => {
            if (data) change(id, data.updateConversation);
            if (!error) return;
            if (before) change(id, before);
            toast({ text: error.graphQLErrors[0]?.message ?? 'The server could not be reached; nothing was changed.' });
          });
      },
      remove(conversation) {
        const { id } = conversation;
        setRemoved((ids) => new Set(ids).add(id));
        const restore = () => {
          doomed.delete(id);
          setRemoved((ids) => new Set([...ids].filter((other) => other !== id)));
        };
        const commit = () => {
          if (!doomed.delete(id)) return;
          void client
            .mutation(DeleteConversationDocument, { id }, { fetchOptions: { keepalive: true } })
            .toPromise()
            .then(({ error }) => {
              if (!error) return;
              restore();
              toast({ text: `“${conversation.title}” could not be deleted.` });
            });
        };
        doomed.set(id, commit);
        toast({
          text: `“${conversation.title}” is deleted.`,
          action: { label: 'Undo', run: restore },
          onExpire: commit,
          durationMs: undoMs,
        });
      },
    };
  }, [client, toast, page, filter, loading, removed, load, doomed]);

  return <ListContext.Provider value={value}>{children}</ListContext.Provider>;
}

function toPage(conversations: ConversationsQuery['conversations']): Page {
  const { hasNextPage, endCursor } = conversations.pageInfo;
  return { items: nodesOf(conversations), cursor: hasNextPage ? (endCursor ?? null) : null };
}

/** Deletions that can still be undone; who leaves the page has not undone them. */
function useDoomed(): Map<string, () => void> {
  const [doomed] = useState(() => new Map<string, () => void>());
  useEffect(() => {
    const commitAll = () => {
      for (const commit of [...doomed.values()]) commit();
    };
    addEventListener('pagehide', commitAll);
    return () => removeEventListener('pagehide', commitAll);
  }, [doomed]);
  return doomed;
}
