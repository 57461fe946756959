import { folders as texts } from 'texts:chat';
import { Folder } from 'lucide-react';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import type { ConversationItem } from '../conversation-list-state.ts';
import { useFolders } from './folders-context.ts';

/** The folder of the conversation that is open, and the way to another one. */
export function FolderButton({ conversation: { id, folder } }: { conversation: ConversationItem }) {
  const { ask } = useFolders();
  return (
    <Button
      title={texts.moveToFolder}
      variant="ghost"
      size={folder ? 'small' : 'icon'}
      className="min-w-0 shrink px-2 font-normal max-md:hidden print:hidden"
      aria-label={folder ? texts.moveOn({ name: folder.name }) : texts.moveToFolder}
      onClick={() => ask({ about: 'moving', id })}
    >
      <Folder />
      {folder ? <bdi className="max-w-48 truncate">{folder.name}</bdi> : null}
    </Button>
  );
}

/** The folder in which a new chat begins. */
export function FolderMark({ name }: { name: string }) {
  return (
    <p className="ms-2 flex min-w-0 items-center gap-2 text-sm text-muted-foreground" title={name}>
      <Folder className="size-4 shrink-0" aria-hidden="true" />
      <span className="max-w-48 truncate">
        {sentence(
          texts.inFolder,
          { name: <bdi>{name}</bdi> },
          { hidden: (words) => <span className="sr-only">{words}</span> },
        )}
      </span>
    </p>
  );
}
