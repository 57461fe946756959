import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Dialog, DialogContent, DialogTitle } from '../../ui/dialog.tsx';
import type { AttachedFile } from './attached-file.ts';

const FileView = lazy(() => import('./viewer/file-view.tsx'));

/** A dialog that shows one file. What draws it is loaded when the first one is opened. */
export function useFileViewer(): { open: (file: AttachedFile) => void; dialog: ReactNode } {
  const [file, setFile] = useState<AttachedFile | null>(null);
  const dialog = (
    <Dialog open={file !== null} onOpenChange={(open) => (open ? undefined : setFile(null))}>
      <DialogContent
        className="touch flex h-[92dvh] w-[min(1080px,calc(100vw-32px))] flex-col gap-3 max-md:h-dvh max-md:w-screen max-md:rounded-none max-md:border-0 max-md:p-4"
        aria-describedby={undefined}
      >
        {file ? (
          <>
            <DialogTitle className="truncate">
              <bdi>{file.name}</bdi>
            </DialogTitle>
            <Suspense fallback={<div className="flex-1 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
              <FileView file={file} />
            </Suspense>
          </>
        ) : null}
      </DialogContent>
    </Dialog>
  );
  return { open: setFile, dialog };
}
