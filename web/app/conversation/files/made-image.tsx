import { files as texts } from 'texts:chat';
import { Download } from 'lucide-react';
import { basePath } from '../../ui/browser/base-path.ts';
import { Button } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import type { AttachedFile } from './attached-file.ts';
import { useFileViewer } from './file-viewer.tsx';

/** An image that a model made, in its place in the answer; pressed, it opens. */
export function MadeImage({ file }: { file: AttachedFile }) {
  const viewer = useFileViewer();
  const address = `${basePath()}/files/${file.id}`;
  return (
    <figure className="relative w-fit max-w-full">
      <button
        type="button"
        aria-label={texts.open({ name: file.name })}
        className="block overflow-hidden rounded-md border bg-muted"
        onClick={() => viewer.open(file)}
      >
        <img src={address} alt={texts.madeByModel({ name: file.name })} className="max-h-[70dvh] max-w-full" />
      </button>
      <Tooltip text={texts.download}>
        <Button asChild size="icon" className="absolute end-2 bottom-2 max-md:size-[44px]">
          <a href={address} download={file.name} aria-label={texts.downloadName({ name: file.name })}>
            <Download />
          </a>
        </Button>
      </Tooltip>
      {viewer.dialog}
    </figure>
  );
}
