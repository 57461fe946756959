import type { Client } from '@urql/core';
import { createContext, useContext } from 'react';
import type { ConversationsQuery, FolderFieldsFragment } from '../../graphql/generated/graphql.ts';
import type { Toast } from '../../ui/toast.tsx';
import type { ConversationListStore } from '../conversation-list-store.ts';

/** The member's folders as the page was loaded. */
export interface LoadedFolders {
  viewerId: string;
  folders: readonly FolderFieldsFragment[];
  /** The first page of each folder that is open in this browser. */
  open: readonly { id: string; conversations: ConversationsQuery['conversations'] }[];
}

/** What folder-store.ts stands on. It is loaded only where there are folders, or when one is to be. */
export interface FolderGround {
  client: Client;
  toast: (toast: Toast) => void;
  list: ConversationListStore;
  loaded: LoadedFolders;
  /** Tells the other pages of this browser of a change. */
  tell: () => void;
  /** Called with whether there are folders. */
  onAny: (any: boolean) => void;
}

/** What a dialog is about. `moving` asks where the conversation with the id goes. */
export type FolderQuestion =
  | { about: 'making' }
  | { about: 'changing' | 'deleting'; folder: FolderFieldsFragment }
  | { about: 'moving'; id: string };

export interface Folders {
  ground: FolderGround;
  hasAny: boolean;
  /** Opens a dialog, whose code is loaded then. */
  ask: (question: FolderQuestion) => void;
}

export const FoldersContext = createContext<Folders | null>(null);

export function useFolders(): Folders {
  const folders = useContext(FoldersContext);
  if (!folders) throw new Error('useFolders needs a FoldersProvider above it');
  return folders;
}

export interface FolderDialogProps {
  question: FolderQuestion;
  onClose: () => void;
}
