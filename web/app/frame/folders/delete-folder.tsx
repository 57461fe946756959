import { folders as texts } from 'texts:tools';
import { useState } from 'react';
import type { FolderFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogClose, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { useFolderStore } from './use-folder-store.ts';

interface DeleteFolderProps {
  folder: FolderFieldsFragment;
  onClose: () => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** Asks before a folder is deleted. */
export function DeleteFolder({ folder, onClose, onCloseAutoFocus }: DeleteFolderProps) {
  const [store] = useFolderStore();
  const [problem, setProblem] = useState<string | null>(null);
  const { name, conversationCount: count } = folder;

  async function remove(): Promise<void> {
    const refusal = await store.remove(folder.id);
    if (refusal === null) onClose();
    else setProblem(refusal);
  }

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent className="touch" onCloseAutoFocus={onCloseAutoFocus}>
        <DialogTitle>{sentence(texts.removeTitle, { name: <bdi>{name}</bdi> })}</DialogTitle>
        <DialogDescription className="mt-1 text-muted-foreground">{texts.stay({ count })}</DialogDescription>
        {problem ? (
          <p role="alert" className="mt-3 text-sm text-destructive">
            {problem}
          </p>
        ) : null}
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button>{texts.cancel}</Button>
          </DialogClose>
          <Button variant="danger" onClick={() => void remove()}>
            {texts.removeNow}
          </Button>
        </div>
      </DialogContent>
    </Dialog>
  );
}
