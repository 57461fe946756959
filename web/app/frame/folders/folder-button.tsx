import { Folder } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import type { ConversationItem } from '../conversation-list-state.ts';
import { useFolders } from './folders-context.ts';

/** The folder of the conversation that is open, and the way to another one. */
export function FolderButton({ conversation: { id, folder } }: { conversation: ConversationItem }) {
  const { ask } = useFolders();
  return (
    <Tooltip text="Move to a folder">
      <Button
        variant="ghost"
        size={folder ? 'small' : 'icon'}
        className="min-w-0 shrink px-2 font-normal max-md:hidden print:hidden"
        aria-label={folder ? `In the folder ${folder.name}. Move it` : 'Move to a folder'}
        onClick={() => ask({ about: 'moving', id })}
      >
        <Folder />
        {folder ? <bdi className="max-w-48 truncate">{folder.name}</bdi> : null}
      </Button>
    </Tooltip>
  );
}

/** The folder in which a new chat begins. */
export function FolderMark({ name }: { name: string }) {
  return (
    <p className="flex min-w-0 items-center gap-2 text-sm text-muted-foreground" title={name}>
      <Folder className="size-4 shrink-0" aria-hidden="true" />
      <span className="sr-only">In the folder </span>
      <bdi className="max-w-48 truncate">{name}</bdi>
    </p>
  );
}
