import { useSyncExternalStore } from 'react';
import { type FolderStore, storeOf } from './folder-store.ts';
import { useFolders } from './folders-context.ts';
import type { FoldersState } from './folders-state.ts';

/** The folders as they are, and what can be done with them. */
export function useFolderStore(): [store: FolderStore, state: FoldersState] {
  const store = storeOf(useFolders().ground);
  return [store, useSyncExternalStore(store.subscribe, store.read, store.read)];
}
