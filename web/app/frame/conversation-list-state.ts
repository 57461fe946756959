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
  /** The filter that is asked for. */
  filter: ConversationFilter;
  progress: Progress;
  /** The number of the last query. A reply to an earlier one is of no use. */
  question: number;
  /** How often the list was changed here. A reply to a query from before the last change is out of date. */
  changes: number;
  /** The ids of conversations that are gone from the list, but not yet for good. */
  removed: ReadonlySet<string>;
}

export type ListEvent =
  | { type: 'filterChanged'; filter: ConversationFilter }
  | { type: 'asked' }
  | { type: 'answered'; question: number; page: ListPage; isNext: boolean }
  | { type: 'unanswered'; question: number }
  | { type: 'refreshed'; question: number; changes: number; page: ListPage }
  | { type: 'touched'; item: ConversationItem }
  | { type: 'changed'; id: string; fields: Partial<ConversationItem> }
  | { type: 'removed'; id: string }
  | { type: 'restored'; id: string };

export function initialList(first: ConversationsQuery['conversations']): ListState {
  const page = listPage(first, everything);
  return { page, filter: everything, progress: 'done', question: 0, changes: 0, removed: new Set() };
}

/** The state after an event; the same object if the event changes nothing. */
export function reduceList(state: ListState, event: ListEvent): ListState {
  const { page, question, changes } = state;
  switch (event.type) {
    case 'filterChanged':
      // A reply that is on its way belongs to a filter that is no longer asked for.
      return { ...state, filter: event.filter, question: question + 1, progress: 'done' };
    case 'asked':
      return { ...state, question: question + 1, progress: 'loading' };
    case 'answered': {
      if (event.question !== question) return state;
      const items = event.isNext ? [...page.items, ...event.page.items] : event.page.items;
      return { ...state, page: { ...event.page, items }, progress: 'done' };
    }
    case 'unanswered':
      return event.question === question ? { ...state, progress: 'failed' } : state;
    case 'refreshed':
      // A change or a query that was made meanwhile is newer.
      if (event.question !== question || event.changes !== changes) return state;
      return { ...state, page: event.page, progress: 'done' };
    case 'touched': {
      const others = page.items.filter(({ id }) => id !== event.item.id);
      return { ...state, changes: changes + 1, page: { ...page, items: [event.item, ...others] } };
    }
    case 'changed': {
      const items = page.items.map((item) => (item.id === event.id ? { ...item, ...event.fields } : item));
      return { ...state, changes: changes + 1, page: { ...page, items } };
    }
    case 'removed':
      return { ...state, removed: new Set(state.removed).add(event.id) };
    case 'restored':
      return { ...state, removed: new Set([...state.removed].filter((id) => id !== event.id)) };
  }
}

/** The items to show. A conversation that was archived or taken out meanwhile stays in the results of a search only. */
export function listedItems({ page, removed }: ListState): ConversationItem[] {
  const { search, archived } = page.filter;
  return page.items.filter((item) => !removed.has(item.id) && (search !== '' || item.archived === archived));
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
