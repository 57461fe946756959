import { files as texts } from 'texts:chat';
import { useEffect, useState } from 'react';

/** Takes files that are dropped anywhere on the page, and says so while they are dragged over it. */
export function FileDrop({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const isOver = useFileDrop(onFiles);
  if (!isOver) return null;
  return (
    <div className="pointer-events-none fixed inset-0 z-50 grid place-items-center bg-scrim p-6" aria-hidden="true">
      <p className="grid size-full place-items-center rounded-lg border-2 border-dashed border-primary bg-card/85 text-lg font-semibold">
        {texts.drop}
      </p>
    </div>
  );
}

function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    // A drag enters each element that it passes, and leaves the one before it afterwards.
    let entered = 0;
    const controller = new AbortController();
    const on = (type: 'dragenter' | 'dragleave' | 'dragover' | 'drop', handle: (event: DragEvent) => void) =>
      window.addEventListener(
        type,
        (event) => {
          if (hasFiles(event)) handle(event);
        },
        { signal: controller.signal },
      );
    on('dragenter', (event) => {
      event.preventDefault();
      entered += 1;
      setOver(true);
    });
    on('dragleave', () => {
      entered -= 1;
      if (entered <= 0) setOver(false);
    });
    // Without this the browser would open the file in the page's place.
    on('dragover', (event) => event.preventDefault());
    on('drop', (event) => {
      event.preventDefault();
      entered = 0;
      setOver(false);
      onFiles([...(event.dataTransfer?.files ?? [])]);
    });
    return () => controller.abort();
  }, [onFiles]);
  return isOver;
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}
