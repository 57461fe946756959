import { createContext, useContext, useMemo } from 'react';

/**
 * Unsent texts, kept for the tab's life: a reload, a visit to another page or an expired session loses none. They are kept
 * under the member's id, because somebody else may sign in in the same tab.
 */
export interface Drafts {
  /** The draft at a place; empty if there is none. A place is a conversation's composer or a turn's prompt that is edited. */
  read(place: string): string;
  write(place: string, text: string): void;
  subscribe(listener: () => void): () => void;
}

const listeners = new Set<() => void>();

export function draftsOf(viewerId: string): Drafts {
  const keyOf = (place: string) => `draft:${viewerId}:${place}`;
  return {
    read: (place) => sessionStorage.getItem(keyOf(place)) ?? '',
    write(place, text) {
      if (text) sessionStorage.setItem(keyOf(place), text);
      else sessionStorage.removeItem(keyOf(place));
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Joins a prompt that came back with the text that was written since. */
export function joined(returned: string, since: string): string {
  return since.trim() ? `${returned}\n\n${since}` : returned;
}

const DraftsContext = createContext<Drafts | null>(null);
export const DraftsProvider = DraftsContext.Provider;

export function useDrafts(): Drafts {
  const drafts = useContext(DraftsContext);
  if (!drafts) throw new Error('useDrafts needs a DraftsProvider above it');
  return drafts;
}

export function useDraftsOf(viewerId: string): Drafts {
  return useMemo(() => draftsOf(viewerId), [viewerId]);
}
