import { useCallback, useSyncExternalStore } from 'react';

/** Unsent prompts, one a conversation, kept for the tab's life: a reload or a look elsewhere loses none. */
const listeners = new Set<() => void>();

export function useDraft(conversationId: string | null): [draft: string, setDraft: (draft: string) => void] {
  const key = `draft:${conversationId ?? 'new'}`;
  const draft = useSyncExternalStore(
    subscribe,
    () => sessionStorage.getItem(key) ?? '',
    () => '',
  );
  const setDraft = useCallback(
    (value: string) => {
      if (value) sessionStorage.setItem(key, value);
      else sessionStorage.removeItem(key);
      for (const listener of listeners) listener();
    },
    [key],
  );
  return [draft, setDraft];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
