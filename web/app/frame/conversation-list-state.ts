import { nodesOf } from '../graphql/connection.ts';
import type { ConversationItemFragment, ConversationsQuery } from '../graphql/generated/graphql.ts';

export type ConversationItem = ConversationItemFragment;

export interface ConversationFilter {
  search: string;
  archived: boolean;
}

export const everything: ConversationFilter = { search: '', archived: false };

/** The progress of the last query, for the first page of another filter or the next page of this one. */
export type Progress = 'done' | 'loading' | 'failed';

interface ListPage {
  /** The filter that the items match. */
  filter: ConversationFilter;
  items: readonly ConversationItem[];
  cursor: string | null;
}

export interface ListState {
  page: ListPage;
  /** Conversations that are known beside the page: those in folders, and pinned ones. The page may have some of them too. */
  others: readonly ConversationItem[];
  /** The filter that is asked for. */
  filter: ConversationFilter;
  progress: Progress;
  /** The number of the last query. A reply to an earlier one is of no use. */
  question: number;
  /** How often the list was changed here. A reply to a query from before the last change is out of date. */
  changes: number;
  /** The ids of conversations that are gone from the list, but not yet for good. */
  removed: ReadonlySet<string>;
  /** The titles that were changed elsewhere while the page was open, by the ids: the list may lack the conversations. */
  titles: ReadonlyMap<string, string>;
}

export type ListEvent =
  | { type: 'filterChanged'; filter: ConversationFilter }
  | { type: 'asked' }
  | { type: 'answered'; question: number; page: ListPage; pinned?: readonly ConversationItem[]; isNext: boolean }
  | { type: 'unanswered'; question: number }
  | { type: 'refreshed'; question: number; changes: number; page: ListPage; pinned?: readonly ConversationItem[] }
  | { type: 'touched'; item: ConversationItem }
  | { type: 'changed'; id: string; fields: Partial<ConversationItem> }
  | { type: 'retitled'; id: string; title: string }
  | { type: 'placed'; item: ConversationItem }
  | { type: 'filed'; folderId: string; items: readonly ConversationItem[]; isNext: boolean }
  | { type: 'folderChanged'; id: string; folder: ConversationItem['folder'] }
  | { type: 'removed'; id: string }
  | { type: 'restored'; id: string };

export function initialList(
  first: ConversationsQuery['conversations'],
  others: readonly ConversationItem[] = [],
): ListState {
  const page = listPage(first, everything);
  return {
    page,
    others,
    filter: everything,
    progress: 'done',
    question: 0,
    changes: 0,
    removed: new Set(),
    titles: new Map(),
  };
}

/** The state after an event; the same object if the event changes nothing. */
export function reduceList(state: ListState, event: ListEvent): ListState {
  const { page, others, question, changes } = state;
  switch (event.type) {
    case 'filterChanged':
      // A reply that is on its way belongs to a filter that is no longer asked for.
      return { ...state, filter: event.filter, question: question + 1, progress: 'done' };
    case 'asked':
      return { ...state, question: question + 1, progress: 'loading' };
    case 'answered': {
      if (event.question !== question) return state;
      if (!event.isNext) return withFirstPage(state, event);
      return { ...state, page: { ...event.page, items: [...page.items, ...event.page.items] }, progress: 'done' };
    }
    case 'unanswered':
      return event.question === question ? { ...state, progress: 'failed' } : state;
    case 'refreshed':
      // A change or a query that was made meanwhile is newer.
      if (event.question !== question || event.changes !== changes) return state;
      return withFirstPage(state, event);
    case 'touched': {
      const { item } = event;
      const items = [item, ...without(page.items, item.id)];
      // The page is left with its search; what is in a folder is to be known after that.
      return changedTo(state, items, item.folder ? [item, ...without(others, item.id)] : without(others, item.id));
    }
    case 'changed': {
      const { id, fields } = event;
      const titles = new Map(state.titles);
      if (fields.title !== undefined) titles.delete(id);
      return mapped({ ...state, titles }, (item) => (item.id === id ? { ...item, ...fields } : item));
    }
    case 'retitled': {
      const { id, title } = event;
      const titles = new Map(state.titles).set(id, title);
      return mapped({ ...state, titles }, (item) => (item.id === id ? { ...item, title } : item));
    }
    case 'placed': {
      const { item } = event;
      const items = page.items.map((other) => (other.id === item.id ? item : other));
      return changedTo(state, items, [item, ...without(others, item.id)]);
    }
    case 'filed': {
      const { folderId, items, isNext } = event;
      const isKept = (item: ConversationItem) => isNext || item.pinned || item.folder?.id !== folderId;
      const known = new Set(items.map(({ id }) => id));
      return { ...state, others: [...others.filter((item) => isKept(item) && !known.has(item.id)), ...items] };
    }
    case 'folderChanged': {
      const { id, folder } = event;
      return mapped(state, (item) => (item.folder?.id === id ? { ...item, folder } : item));
    }
    case 'removed':
      return { ...state, removed: new Set(state.removed).add(event.id) };
    case 'restored':
      return { ...state, removed: new Set([...state.removed].filter((id) => id !== event.id)) };
  }
}

/** The first page of another filter, or of the same one anew. Of the conversations beside it, those in folders stay. */
function withFirstPage(
  state: ListState,
  { page, pinned = [] }: { page: ListPage; pinned?: readonly ConversationItem[] },
): ListState {
  if (!isSameFilter(page.filter, everything)) return { ...state, page, progress: 'done' };
  const fresh = new Set([...page.items, ...pinned].map(({ id }) => id));
  const kept = state.others.filter(({ id, folder }) => folder && !fresh.has(id));
  return { ...state, page, others: [...pinned, ...kept], progress: 'done' };
}

function mapped(state: ListState, change: (item: ConversationItem) => ConversationItem): ListState {
  return changedTo(state, state.page.items.map(change), state.others.map(change));
}

function changedTo(
  state: ListState,
  items: readonly ConversationItem[],
  others: readonly ConversationItem[],
): ListState {
  return { ...state, changes: state.changes + 1, page: { ...state.page, items }, others };
}

function without(items: readonly ConversationItem[], id: string): ConversationItem[] {
  return items.filter((item) => item.id !== id);
}

/**
 * The items to show outside folders. A conversation that was archived or taken out meanwhile stays in the results of a
 * search only. Pinned ones are shown wherever they are.
 */
export function listedItems(state: ListState): ConversationItem[] {
  const { page, removed } = state;
  const { search, archived } = page.filter;
  const isListed = (item: ConversationItem) => !removed.has(item.id) && (search !== '' || item.archived === archived);
  if (search !== '' || archived) return page.items.filter(isListed);
  return newestFirst(knownItems(state).filter((item) => isListed(item) && (item.pinned || !item.folder)));
}

/** The known conversations of a folder. */
export function itemsInFolder(state: ListState, folderId: string): ConversationItem[] {
  const isListed = (item: ConversationItem) =>
    item.folder?.id === folderId && !item.archived && !state.removed.has(item.id);
  return newestFirst(knownItems(state).filter(isListed));
}

export function knownItems({ page, others }: ListState): ConversationItem[] {
  const paged = new Set(page.items.map(({ id }) => id));
  return [...page.items, ...others.filter(({ id }) => !paged.has(id))];
}

function newestFirst(items: ConversationItem[]): ConversationItem[] {
  return items.sort((one, other) => Number(one.updatedAt < other.updatedAt) - Number(one.updatedAt > other.updatedAt));
}

/** Whether the items match another filter, because a reply is on its way or never came. */
export function isStale({ page, filter }: ListState): boolean {
  return !isSameFilter(page.filter, filter);
}

export function isSameFilter(one: ConversationFilter, other: ConversationFilter): boolean {
  return one.search.trim() === other.search.trim() && one.archived === other.archived;
}

export function listPage(conversations: ConversationsQuery['conversations'], filter: ConversationFilter): ListPage {
  const { hasNextPage, endCursor } = conversations.pageInfo;
  return { filter, items: nodesOf(conversations), cursor: hasNextPage ? (endCursor ?? null) : null };
}
