import { folders as texts } from 'texts:chat';
import { type ComponentType, type ReactNode, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { useToast } from '../../ui/toast.tsx';
import { useListStore } from '../conversation-list.tsx';
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
  const [ground] = useState<FolderGround>(() => ({ client, toast, list, loaded, onAny }));
  const [asked, setAsked] = useState<(FolderDialogProps & { Dialog: ComponentType<FolderDialogProps> }) | null>(null);
  // Another tab may have made the first folder.
  useReturn(() => void loadStore(ground).then((store) => store?.refresh()));
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

/** Null: it could not be loaded. */
export async function loadStore(ground: FolderGround) {
  const loaded = await import('./folder-store.ts').catch(() => null);
  return loaded?.storeOf(ground) ?? null;
}
