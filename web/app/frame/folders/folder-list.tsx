import { folders as texts } from 'texts:tools';
import { useParams } from '@remix-run/react';
import { useRef, useState } from 'react';
import { fromAddressId } from '../../graphql/address-id.ts';
import { Button } from '../../ui/button.tsx';
import { useConversationList } from '../conversation-list.tsx';
import { DropPlace } from './drop-place.tsx';
import { FolderEntry } from './folder-entry.tsx';
import { useFolderStore } from './use-folder-store.ts';
import { useRowDrag } from './use-row-drag.ts';

/** So many folders are listed before the member asks for all: the conversations outside of them stay near. */
const listedAtFirst = 12;

/** The member's folders, each with its conversations if it is open. */
export default function FolderList({ onChosen }: { onChosen: (() => void) | undefined }) {
  const [store, { folders, open }] = useFolderStore();
  const { find } = useConversationList();
  const { id } = useParams();
  const shown = id === undefined ? undefined : find(fromAddressId('Conversation', id));
  const [isWhole, setWhole] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const draggedId = useRowDrag(element);
  const dragged = draggedId === null ? undefined : find(draggedId);
  // Two more would be as long as the button.
  const isLong = folders.length > listedAtFirst + 1;
  const listed = isWhole || !isLong ? folders : folders.filter(({ id }, at) => at < listedAtFirst || open.includes(id));
  return (
    <div ref={element}>
      <ul>
        {listed.map((folder) => (
          <li key={folder.id}>
            <DropPlace
              isOpen={dragged !== undefined && dragged.folder?.id !== folder.id}
              onDrop={() => dragged && void store.move(dragged, { id: folder.id, name: folder.name })}
            >
              <FolderEntry
                folder={folder}
                isOpen={open.includes(folder.id)}
                holdsShown={folder.id === shown?.folder?.id}
                onChosen={onChosen}
              />
            </DropPlace>
          </li>
        ))}
      </ul>
      {isLong ? (
        <Button
          variant="ghost"
          size="small"
          className="mt-1 w-full justify-start max-md:h-[44px]"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
        >
          {isWhole ? texts.showFewer : texts.showAll({ count: folders.length })}
        </Button>
      ) : null}
      {dragged?.folder ? (
        <DropPlace isOpen onDrop={() => void store.move(dragged, null)} className="mt-1">
          <p className="rounded-md border border-dashed px-3 py-2 text-sm text-muted-foreground">{texts.outOf}</p>
        </DropPlace>
      ) : null}
    </div>
  );
}
