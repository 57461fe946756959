import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from 'urql';
import { nodesOf } from '../graphql/connection.ts';
import {
  type ConversationItemFragment,
  ConversationsDocument,
  type ConversationsQuery,
  DeleteConversationDocument,
  UpdateConversationDocument,
  type UpdateConversationInput,
} from '../graphql/generated/graphql.ts';
import { useToast } from '../ui/toast.tsx';
import { useReturn } from './use-return.ts';

export type ConversationItem = ConversationItemFragment;

export interface ConversationFilter {
  search: string;
  archived: boolean;
}

/** Of what was asked for last: the first page of another filter, or the next page of this one. */
type Progress = 'done' | 'loading' | 'failed';

interface ConversationList {
  items: ConversationItem[];
  /** What is asked for. */
  filter: ConversationFilter;
  setFilter(filter: ConversationFilter): void;
  /** What the items answer: until an answer has come, what was asked for before. */
  shown: ConversationFilter;
  /** Whether the items are those of another filter, because an answer is on its way, or never came. */
  stale: boolean;
  /** Where the list goes on; null where it ends. */
  cursor: string | null;
  progress: Progress;
  /** Does nothing after a failure: what comes into view by itself must not ask an API that is away again and again. */
  loadMore(): void;
  /** Asks again for what failed. */
  retry(): void;
  /** A conversation that began, or went on: it comes to the top. */
  touch(conversation: ConversationItem): void;
  /** Resolves to whether it was taken; where it was not, it is undone and the person is told. */
  update(input: UpdateConversationInput): Promise<boolean>;
  /** Into the archive or out of it; can be undone for some seconds. */
  archive(conversation: ConversationItem, archived: boolean): void;
  /** Gone at once, for good after some seconds in which it can be undone; `onUndo` hears of that. */
  remove(conversation: ConversationItem, onUndo?: () => void): void;
}

export const conversationsAtOnce = 30;
const searchPauseMs = 200;
const undoMs = 6000;
const everything: ConversationFilter = { search: '', archived: false };

const ListContext = createContext<ConversationList | null>(null);

export function useConversationList(): ConversationList {
  const list = useContext(ListContext);
  if (!list) throw new Error('useConversationList needs a ConversationListProvider above it');
  return list;
}

interface Page {
  /** What it answers. */
  filter: ConversationFilter;
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
  const [page, setPage] = useState<Page>(() => toPage(first, everything));
  const [filter, setFilter] = useState(everything);
  const [progress, setProgress] = useState<Progress>('done');
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const asked = useRef(0);
  /** Of the list, made here. */
  const changes = useRef(0);
  const doomed = useDoomed();

  const load = useCallback(
    async ({ archived, ...filter }: ConversationFilter, after: string | null) => {
      const question = ++asked.current;
      const search = filter.search.trim();
      setProgress('loading');
      const { data } = await client
        .query(ConversationsDocument, { first: conversationsAtOnce, after, search: search || null, archived })
        .toPromise();
      // An answer that was overtaken by a later question is of no use.
      if (question !== asked.current) return;
      setProgress(data ? 'done' : 'failed');
      if (!data) return;
      const next = toPage(data.conversations, { search, archived });
      setPage((shown) => (after ? { ...next, items: [...shown.items, ...next.items] } : next));
    },
    [client],
  );

  /** The first page anew, unseen until it is there. */
  async function refresh(): Promise<void> {
    // Who has gone further down, or is searching, keeps what they are looking at.
    if (filter.search || page.items.length > conversationsAtOnce || progress === 'loading') return;
    const [question, changesBefore] = [asked.current, changes.current];
    const { archived } = filter;
    const { data } = await client.query(ConversationsDocument, { first: conversationsAtOnce, archived }).toPromise();
    // What was changed here meanwhile, or asked for, is newer.
    if (!data || asked.current !== question || changes.current !== changesBefore) return;
    setPage(toPage(data.conversations, filter));
    setProgress('done');
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
    const update = async (input: UpdateConversationInput): Promise<boolean> => {
      const before = page.items.find((item) => item.id === input.id);
      const { id, title, pinned, archived } = input;
      // Only what this is about: another change may be on its way, or may have been answered meanwhile.
      const changed = (item: Pick<ConversationItem, 'title' | 'pinned' | 'archived'>) => ({
        ...(title == null ? {} : { title: item.title }),
        ...(pinned == null ? {} : { pinned: item.pinned }),
        ...(archived == null ? {} : { archived: item.archived }),
      });
      change(id, changed({ title: title ?? '', pinned: pinned ?? false, archived: archived ?? false }));
      const { data, error } = await client.mutation(UpdateConversationDocument, { input }).toPromise();
      if (data) change(id, changed(data.updateConversation));
      if (!error) return true;
      if (before) change(id, changed(before));
      toast({ text: error.graphQLErrors[0]?.message ?? 'The server could not be reached; nothing was changed.' });
      return false;
    };
    const stale = !isSame(page.filter, filter);
    return {
      items: page.items.filter(
        (item) => !removed.has(item.id) && (page.filter.search !== '' || item.archived === page.filter.archived),
      ),
      filter,
      setFilter(next) {
        setFilter(next);
        clearTimeout(searched.current);
        // Whatever is on its way answers a question that is no longer asked.
        asked.current += 1;
        setProgress('done');
        if (isSame(page.filter, next)) return;
        searched.current = setTimeout(() => void load(next, null), next.search === filter.search ? 0 : searchPauseMs);
      },
      shown: page.filter,
      stale,
      cursor: page.cursor,
      progress,
      loadMore() {
        if (page.cursor && !stale && progress === 'done') void load(filter, page.cursor);
      },
      retry() {
        if (progress === 'failed') void load(filter, stale ? null : page.cursor);
      },
      touch(conversation) {
        changes.current += 1;
        setPage((shown) => ({
          ...shown,
          items: [conversation, ...shown.items.filter((item) => item.id !== conversation.id)],
        }));
      },
      update,
      archive(conversation, archived) {
        const { id, title } = conversation;
        void update({ id, archived }).then((taken) => {
          if (!taken) return;
          toast({
            text: archived ? `Archived “${title}”.` : `“${title}” is out of the archive.`,
            action: { label: 'Undo', run: () => void update({ id, archived: !archived }) },
            durationMs: undoMs,
          });
        });
      },
      remove(conversation, onUndo) {
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
              toast({ text: `Could not delete “${conversation.title}”.` });
            });
        };
        doomed.set(id, commit);
        toast({
          text: `Deleted “${conversation.title}”.`,
          action: {
            label: 'Undo',
            run() {
              restore();
              onUndo?.();
            },
          },
          onExpire: commit,
          durationMs: undoMs,
        });
      },
    };
  }, [client, toast, page, filter, progress, removed, load, doomed]);

  return <ListContext.Provider value={value}>{children}</ListContext.Provider>;
}

function isSame(one: ConversationFilter, other: ConversationFilter): boolean {
  return one.search.trim() === other.search.trim() && one.archived === other.archived;
}

function toPage(conversations: ConversationsQuery['conversations'], filter: ConversationFilter): Page {
  const { hasNextPage, endCursor } = conversations.pageInfo;
  return { filter, items: nodesOf(conversations), cursor: hasNextPage ? (endCursor ?? null) : null };
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
