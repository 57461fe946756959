import { palette as texts } from 'texts:tools';
import { useParams } from '@remix-run/react';
import { Folder, Plus } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { loadStore } from '../frame/folders/folders.tsx';
import { useFolders } from '../frame/folders/folders-context.ts';
import { fromAddressId, toAddressId } from '../graphql/address-id.ts';
import type { Command } from './command.ts';

/** How many folders are listed before somebody searches for one. */
const foldersAtFirst = 3;

/** Makes folders, moves the conversation that is open, and begins a new chat in a folder. */
export function useFolderCommands(search: string, navigate: (to: string) => void): Command[] {
  const { ground, hasAny, ask } = useFolders();
  const { id } = useParams();
  const [folders, setFolders] = useState<readonly { id: string; name: string }[]>(ground.loaded.folders);
  useEffect(() => {
    let wanted = true;
    // Folders may have been made since the page was loaded.
    if (hasAny) void loadStore(ground).then((store) => store && wanted && setFolders(store.read().folders));
    return () => {
      wanted = false;
    };
  }, [ground, hasAny]);
  return useMemo(() => {
    const group = 'folders';
    const matches = ({ label }: Command) => label.toLowerCase().includes(search.toLowerCase());
    const begin = folders.map(
      (folder): Command => ({
        id: folder.id,
        group,
        label: texts.newChatIn({ folder: folder.name }),
        icon: <Folder />,
        run: () => navigate(`/?folder=${toAddressId(folder.id)}`),
      }),
    );
    const make: Command = {
      ...{ id: 'new-folder', group, label: texts.newFolder, icon: <Plus /> },
      run: () => ask({ about: 'making' }),
    };
    const move = (conversationId: string): Command => ({
      ...{ id: 'move', group, label: texts.moveThis, icon: <Folder /> },
      run: () => ask({ about: 'moving', id: conversationId }),
    });
    const actions = id === undefined ? [make] : [make, move(fromAddressId('Conversation', id))];
    const found = begin.filter(matches).slice(0, search === '' ? foldersAtFirst : undefined);
    return [...actions.filter(matches), ...found];
  }, [folders, search, navigate, ask, id]);
}
