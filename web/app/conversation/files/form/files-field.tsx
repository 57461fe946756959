import { formFiles as texts } from 'texts:evaluations';
import { type DragEvent, type ReactNode, useEffect, useState } from 'react';
import { classes } from '../../../ui/classes.ts';
import { AttachButton } from '../attach-button.tsx';
import type { AttachedFile } from '../attached-file.ts';
import { type Attachment, useAttachments } from '../attachments.ts';
import { pastedFiles } from '../pasted-files.ts';
import { FileList } from './file-list.ts';
import { OrderedTiles } from './ordered-tiles.tsx';

/** The files of a form that is not sent as a prompt, such as a prompt of a set. */
export interface FormFiles {
  /** Those that the server has, in their order. */
  files: readonly AttachedFile[];
  /** Whether none is on its way, and none was refused. */
  isWhole: boolean;
  clear(): void;
  /** The form's other fields, with the files below them: whatever is dropped on them or pasted there is attached. */
  around(fields: ReactNode): ReactNode;
}

export function useFormFiles(initial: readonly AttachedFile[]): FormFiles {
  const [list] = useState(() => new FileList(initial));
  const { attachments, add, remove, clear } = useAttachments(list);
  return {
    files: attachments.flatMap((attachment) => (attachment.state === 'ready' ? [attachment.file] : [])),
    isWhole: attachments.every(({ state }) => state === 'ready'),
    clear,
    around: (fields) => (
      <FilesField attachments={attachments} onAdd={add} onRemove={remove} onMove={(id, by) => list.move(id, by)}>
        {fields}
      </FilesField>
    ),
  };
}

interface FilesFieldProps {
  attachments: readonly Attachment[];
  onAdd: (files: readonly File[]) => void;
  onRemove: (key: string) => void;
  /** @returns the file's new place, from 0 */
  onMove: (id: string, by: -1 | 1) => number;
  children: ReactNode;
}

function FilesField({ attachments, onAdd, onRemove, onMove, children }: FilesFieldProps) {
  const [isOver, setOver] = useState(false);
  useHarmlessDrops();
  function onDrag(event: DragEvent): void {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    setOver(event.type === 'dragover');
    if (event.type === 'drop') onAdd([...event.dataTransfer.files]);
  }
  return (
    <fieldset
      className={classes(
        'flex min-w-0 flex-col gap-3 rounded-md',
        isOver && 'outline-2 outline-primary outline-dashed',
      )}
      onDragOver={onDrag}
      onDrop={onDrag}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setOver(false);
      }}
      onPaste={(event) => {
        const files = pastedFiles(event);
        if (files.length === 0) return;
        event.preventDefault();
        onAdd(files);
      }}
    >
      <legend className="sr-only">{texts.legend}</legend>
      {children}
      <div className="flex flex-col gap-2">
        <div className="flex items-center gap-1 text-sm">
          <span className="font-medium">{texts.files}</span>
          <span className="text-muted-foreground">{texts.optional}</span>
          <AttachButton onFiles={onAdd} />
        </div>
        <OrderedTiles attachments={attachments} onRemove={onRemove} onMove={onMove} />
      </div>
    </fieldset>
  );
}

/** Beside the field, the browser would open a dropped file in the page's place, and what was typed would be gone. */
function useHarmlessDrops(): void {
  useEffect(() => {
    const controller = new AbortController();
    for (const type of ['dragover', 'drop'] as const) {
      window.addEventListener(type, (event) => event.preventDefault(), { signal: controller.signal });
    }
    return () => controller.abort();
  }, []);
}
