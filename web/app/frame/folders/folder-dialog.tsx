import { useRef } from 'react';
import { DeleteFolder } from './delete-folder.tsx';
import { FolderForm } from './folder-form.tsx';
import type { FolderDialogProps, FolderQuestion } from './folders-context.ts';
import { MoveConversation } from './move-conversation.tsx';

/** The dialog of a question about folders. */
export default function FolderDialog({ question, onClose }: FolderDialogProps) {
  const onCloseAutoFocus = useFocusAfter(question);
  switch (question.about) {
    case 'making':
      return <FolderForm folder={null} {...{ onClose, onCloseAutoFocus }} />;
    case 'changing':
      return <FolderForm folder={question.folder} {...{ onClose, onCloseAutoFocus }} />;
    case 'deleting':
      return <DeleteFolder folder={question.folder} {...{ onClose, onCloseAutoFocus }} />;
    case 'moving':
      return <MoveConversation id={question.id} {...{ onClose, onCloseAutoFocus }} />;
  }
}

/**
 * Gives the focus back to what had it before the dialog. A row that was moved, and a folder that was deleted, are elsewhere or
 * gone: then the row's new place has it, or the list.
 */
function useFocusAfter(question: FolderQuestion): (event: Event) => void {
  const before = useRef(document.activeElement);
  const list = useRef(before.current?.closest('nav, main, header') ?? null);
  return (event) => {
    event.preventDefault();
    const { current: opener } = before;
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) return opener.focus();
    const row =
      question.about === 'moving' ? list.current?.querySelector(`[data-row="${CSS.escape(question.id)}"]`) : null;
    const target = row?.querySelector<HTMLElement>('button') ?? list.current?.querySelector<HTMLElement>('a, button');
    target?.focus();
  };
}
