import { nodesOf } from '../graphql/connection.ts';
import type { ConversationItemFragment, ConversationsQuery } from '../graphql/generated/graphql.ts';

export type ConversationItem = ConversationItemFragment;

export interface ConversationFilter {
  search: string;
  archived: boolean;
}

export const everything: ConversationFilter = { search: '', archived: false };

/** Of what was asked for last: the first page of another filter, or the next page of this one. */
export type Progress = 'done' | 'loading' | 'failed';

interface ListPage {
  /** What it answers. */
  filter: ConversationFilter;
  items: readonly ConversationItem[];
  cursor: string | null;
}

export interface ListState {
  page: ListPage;
  /** What is asked for. */
  filter: ConversationFilter;
  progress: Progress;
  /** The number of the question that was asked last. An answer to one before it is of no use. */
  question: number;
  /** How often the list was changed here. What was asked before a change and comes after it is old. */
  changes: number;
  /** Gone from the list, and not yet for good. */
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

/** What an event makes of the list; the same state where it changes nothing. */
export function reduceList(state: ListState, event: ListEvent): ListState {
  const { page, question, changes } = state;
  switch (event.type) {
    case 'filterChanged':
      // Whatever is on its way answers a question that is no longer asked.
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
      // What was changed here meanwhile, or asked for, is newer.
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

/** What is to be seen: what was archived or taken out meanwhile is in a search's answer, and in no other list. */
export function listedItems({ page, removed }: ListState): ConversationItem[] {
  const { search, archived } = page.filter;
  return page.items.filter((item) => !removed.has(item.id) && (search !== '' || item.archived === archived));
}

/** Whether the items are those of another filter, because an answer is on its way, or never came. */
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
