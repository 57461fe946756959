import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useClient } from 'urql';
import { useToast } from '../ui/toast.tsx';
import {
  type ConversationFilter,
  type ConversationItem,
  isStale,
  itemsInFolder,
  knownItems,
  type ListState,
  listedItems,
  type Progress,
} from './conversation-list-state.ts';
import { ConversationListStore } from './conversation-list-store.ts';
import { followTitles } from './title-stream.ts';
import { useReturn } from './use-return.ts';

type Actions = Pick<
  ConversationListStore,
  'setFilter' | 'loadMore' | 'retry' | 'touch' | 'update' | 'archive' | 'remove'
>;

interface ConversationList extends Actions {
  items: ConversationItem[];
  /** The filter that is asked for. */
  filter: ConversationFilter;
  /** The filter that the items match: until a reply has come, the one before. */
  shown: ConversationFilter;
  /** Whether the items match another filter, because a reply is on its way or never came. */
  stale: boolean;
  /** The cursor of the next page; null at the list's end. */
  cursor: string | null;
  progress: Progress;
  /** Finds a conversation, in whichever folder, if it is known. */
  find: (id: string) => ConversationItem | undefined;
  /** The title of a conversation that was changed elsewhere while the page was open; undefined: it was not. */
  titleOf: (id: string) => string | undefined;
  /** The known conversations of a folder. */
  inFolder: (id: string) => ConversationItem[];
}

const ListContext = createContext<ConversationList | null>(null);
const StoreContext = createContext<ConversationListStore | null>(null);

export function useConversationList(): ConversationList {
  const list = useContext(ListContext);
  if (!list) throw new Error('useConversationList needs a ConversationListProvider above it');
  return list;
}

/** What changes the list. It stays the same, so that whoever uses it alone is not rendered with each change. */
export function useListStore(): ConversationListStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error('useListStore needs a ConversationListProvider above it');
  return store;
}

export function ConversationListProvider({
  first,
  children,
}: {
  /** The list that the page was loaded with. */
  first: ListState;
  children: ReactNode;
}) {
  const client = useClient();
  const toast = useToast();
  const [store] = useState(() => new ConversationListStore(client, toast, first));
  const state = useSyncExternalStore(store.subscribe, store.read, store.read);
  const list = useMemo(() => toList(store, state), [store, state]);
  useReturn(() => void store.refresh());
  useEffect(() => followTitles(client, store.retitle), [client, store]);
  useEffect(() => {
    addEventListener('pagehide', store.commitRemovals);
    return () => removeEventListener('pagehide', store.commitRemovals);
  }, [store]);
  return (
    <StoreContext.Provider value={store}>
      <ListContext.Provider value={list}>{children}</ListContext.Provider>
    </StoreContext.Provider>
  );
}

function toList(store: ConversationListStore, state: ListState): ConversationList {
  const { setFilter, loadMore, retry, touch, update, archive, remove } = store;
  const { filter, page, progress } = state;
  return {
    items: listedItems(state),
    filter,
    shown: page.filter,
    stale: isStale(state),
    cursor: page.cursor,
    progress,
    inFolder: (id) => itemsInFolder(state, id),
    find: (id) => knownItems(state).find((item) => item.id === id),
    titleOf: (id) => state.titles.get(id),
    ...{ setFilter, loadMore, retry, touch, update, archive, remove },
  };
}
