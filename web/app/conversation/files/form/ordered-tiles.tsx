import { formFiles as texts } from 'texts:evaluations';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { AttachmentTile } from '../attachment-tiles.tsx';
import type { Attachment } from '../attachments.ts';
import { useFileViewer } from '../file-viewer.tsx';

interface OrderedTilesProps {
  attachments: readonly Attachment[];
  onRemove: (key: string) => void;
  /** @returns the file's new place, from 0 */
  onMove: (id: string, by: -1 | 1) => number;
}

/** Files in the order in which models are sent them, which can be changed. */
export function OrderedTiles({ attachments, onRemove, onMove }: OrderedTilesProps) {
  const viewer = useFileViewer();
  const list = useRef<HTMLOListElement>(null);
  const [moved, setMoved] = useState<{ key: string; by: -1 | 1; words: string } | null>(null);
  const count = attachments.filter(({ state }) => state === 'ready').length;

  // The browser takes the keyboard away from a tile that gets another place.
  useLayoutEffect(() => {
    if (!moved) return;
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])].filter(
      ({ dataset, disabled }) => dataset.file === moved.key && !disabled,
    );
    (buttons.find(({ dataset }) => dataset.by === String(moved.by)) ?? buttons[0])?.focus();
  }, [moved]);

  function move({ key, name }: Attachment, by: -1 | 1): void {
    const place = onMove(key, by);
    setMoved({ key, by, words: texts.moved({ name, place: place + 1, count }) });
  }

  return (
    <>
      {attachments.length > 0 ? (
        <ol ref={list} aria-label={texts.attached} className="flex flex-col gap-2 [&>li]:w-full">
          {attachments.map((attachment, index) => (
            <AttachmentTile
              key={attachment.key}
              attachment={attachment}
              onOpen={viewer.open}
              onRemove={() => onRemove(attachment.key)}
              {...(attachment.state === 'ready' &&
                count > 1 && {
                  moving: ([-1, 1] as const).map((by) => (
                    <Button
                      key={by}
                      variant="ghost"
                      size="icon"
                      className="max-md:size-[44px]"
                      aria-label={(by < 0 ? texts.moveUp : texts.moveDown)({ name: attachment.name })}
                      data-file={attachment.key}
                      data-by={by}
                      disabled={by < 0 ? index === 0 : index === count - 1}
                      onClick={() => move(attachment, by)}
                    >
                      {by < 0 ? <ArrowUp /> : <ArrowDown />}
                    </Button>
                  )),
                })}
            />
          ))}
        </ol>
      ) : null}
      <p role="status" className="sr-only">
        {moved?.words}
      </p>
      {viewer.dialog}
    </>
  );
}
