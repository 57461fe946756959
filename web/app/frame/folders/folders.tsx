import { folders as texts } from 'texts:chat';
import { type ComponentType, type ReactNode, useEffect, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { useToast } from '../../ui/toast.tsx';
import { useListStore } from '../conversation-list.tsx';
import type { ConversationItem, ListEvent } from '../conversation-list-state.ts';
import { useReturn } from '../use-return.ts';
import {
  type FolderDialogProps,
  type FolderGround,
  type Folders,
  FoldersContext,
  type LoadedFolders,
} from './folders-context.ts';

export function FoldersProvider({ loaded, children }: { loaded: LoadedFolders; children: ReactNode }) {
  const client = useClient();
  const toast = useToast();
  const list = useListStore();
  const [hasAny, onAny] = useState(loaded.folders.length > 0);
  const [elsewhere] = useState(() => channelOf(loaded.viewerId));
  const [ground] = useState<FolderGround>(() => {
    return { client, toast, list, loaded, onAny, tell: () => elsewhere?.postMessage(null) };
  });
  const [asked, setAsked] = useState<(FolderDialogProps & { Dialog: ComponentType<FolderDialogProps> }) | null>(null);
  // Another tab may have made the first folder.
  useReturn(() => void loadStore(ground).then((store) => store?.refresh()));
  useEffect(() => {
    const hear = ({ data: item }: MessageEvent<ConversationItem | null>) => {
      if (item) list.apply({ type: 'placed', item });
      if ((item && !item.folder) || document.visibilityState !== 'visible') return;
      void list.refresh();
      void loadStore(ground).then((store) => store?.refresh());
    };
    const tell = (event: ListEvent) => {
      if (event.type === 'touched') elsewhere?.postMessage(event.item);
    };
    elsewhere?.addEventListener('message', hear);
    const stop = list.subscribe(tell);
    return () => {
      elsewhere?.removeEventListener('message', hear);
      stop();
    };
  }, [elsewhere, ground, list]);
  const folders = useMemo<Folders>(() => {
    const ask = async (question: FolderDialogProps['question']) => {
      try {
        const { default: Dialog } = await import('./folder-dialog.tsx');
        setAsked({ Dialog, question, onClose: () => setAsked(null) });
      } catch {
        toast({ text: texts.unreached });
      }
    };
    return { ground, hasAny, ask: (question) => void ask(question) };
  }, [ground, hasAny, toast]);
  return (
    <FoldersContext.Provider value={folders}>
      {children}
      {asked ? <asked.Dialog question={asked.question} onClose={asked.onClose} /> : null}
    </FoldersContext.Provider>
  );
}

/**
 * The channel to the member's other pages in this browser; undefined: there is none, as on the server. It tells of a
 * conversation that began or went on, or (null) that folders have changed.
 */
function channelOf(viewerId: string): BroadcastChannel | undefined {
  if (typeof document === 'undefined' || !('BroadcastChannel' in window)) return undefined;
  return new BroadcastChannel(`folders ${viewerId}`);
}

/** Null: it could not be loaded. */
export async function loadStore(ground: FolderGround) {
  const loaded = await import('./folder-store.ts').catch(() => null);
  return loaded?.storeOf(ground) ?? null;
}
