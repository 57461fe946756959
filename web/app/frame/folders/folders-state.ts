import type { FolderFieldsFragment } from '../../graphql/generated/graphql.ts';
import { knownItems, type ListEvent, type ListState, type Progress } from '../conversation-list-state.ts';

/** How far the conversations of a folder are loaded. */
export interface FolderPage {
  /** Where the next page begins; null: all are here, or none yet. */
  cursor: string | null;
  /** The progress of the last query. */
  progress: Progress;
  /** The number of the last query. A reply to an earlier one is of no use. */
  question: number;
}

export interface FoldersState {
  /** By name. */
  folders: readonly FolderFieldsFragment[];
  /** The ids of those that are open, the one that was opened last at the end. */
  open: readonly string[];
  /** By the folder's id; only of folders that were opened. */
  pages: ReadonlyMap<string, FolderPage>;
  /** How often the folders were changed here. A reply to a query from before the last change is out of date. */
  changes: number;
}

export type FoldersEvent =
  | { type: 'loaded'; folders: readonly FolderFieldsFragment[]; changes: number }
  | { type: 'saved'; folder: FolderFieldsFragment }
  | { type: 'deleted'; id: string }
  | { type: 'toggled'; id: string }
  | { type: 'asked'; id: string; isQuiet: boolean }
  | { type: 'answered'; id: string; question: number; cursor: string | null }
  | { type: 'unanswered'; id: string; question: number; isQuiet: boolean }
  | { type: 'moved'; from: string | null; to: string | null };

const unasked: FolderPage = { cursor: null, progress: 'done', question: 0 };

/** The state after an event; the same object if the event changes nothing. */
export function reduceFolders(state: FoldersState, event: FoldersEvent): FoldersState {
  const { folders, open, pages, changes } = state;
  switch (event.type) {
    case 'loaded': {
      if (event.changes !== changes) return state;
      const isThere = (id: string) => event.folders.some((folder) => folder.id === id);
      // What is closed is loaded anew when it is opened.
      const kept = [...pages].filter(([id]) => isThere(id) && open.includes(id));
      return { ...state, folders: event.folders, open: open.filter(isThere), pages: new Map(kept) };
    }
    case 'saved': {
      const others = folders.filter(({ id }) => id !== event.folder.id);
      return { ...state, folders: [...others, event.folder].sort(byName), changes: changes + 1 };
    }
    case 'deleted': {
      const isOther = (id: string) => id !== event.id;
      return {
        folders: folders.filter(({ id }) => isOther(id)),
        open: open.filter(isOther),
        pages: new Map([...pages].filter(([id]) => isOther(id))),
        changes: changes + 1,
      };
    }
    case 'toggled': {
      const others = open.filter((id) => id !== event.id);
      return { ...state, open: others.length < open.length ? others : [...open, event.id] };
    }
    case 'asked': {
      const page = pages.get(event.id) ?? unasked;
      const progress = event.isQuiet ? page.progress : 'loading';
      return withPage(state, event.id, { ...page, progress, question: page.question + 1 });
    }
    case 'answered': {
      const page = pages.get(event.id);
      if (page?.question !== event.question) return state;
      return withPage(state, event.id, { ...page, cursor: event.cursor, progress: 'done' });
    }
    case 'unanswered': {
      const page = pages.get(event.id);
      if (page?.question !== event.question || event.isQuiet) return state;
      return withPage(state, event.id, { ...page, progress: 'failed' });
    }
    case 'moved': {
      const { from, to } = event;
      if (from === to) return state;
      const by = (id: string) => Number(id === to) - Number(id === from);
      const counted = folders.map((folder) => {
        const conversationCount = Math.max(0, folder.conversationCount + by(folder.id));
        return by(folder.id) === 0 ? folder : { ...folder, conversationCount };
      });
      return { ...state, folders: counted, changes: changes + 1 };
    }
  }
}

/** The folders in which a conversation was listed before an event of the list, and after it. Null: in none. */
export function moveIn(
  event: ListEvent,
  before: ListState,
  after: ListState,
): { from: string | null; to: string | null } | null {
  const { type } = event;
  if (type !== 'changed' && type !== 'removed' && type !== 'restored') return null;
  const placeIn = (state: ListState) => {
    const item = knownItems(state).find(({ id }) => id === event.id);
    return item && !item.archived && !state.removed.has(item.id) ? (item.folder?.id ?? null) : null;
  };
  const [from, to] = [placeIn(before), placeIn(after)];
  return from === to ? null : { from, to };
}

function withPage(state: FoldersState, id: string, page: FolderPage): FoldersState {
  return { ...state, pages: new Map(state.pages).set(id, page) };
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name.localeCompare(other.name, undefined, { sensitivity: 'base', numeric: false });
}
