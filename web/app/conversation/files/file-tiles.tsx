import { files as texts } from 'texts:chat';
import type { AttachedFile } from './attached-file.ts';
import { FileTile } from './file-tile.tsx';
import { useFileViewer } from './file-viewer.tsx';

interface FileTilesProps {
  files: readonly AttachedFile[];
  /** Whether they are the viewer's, and open. */
  own?: boolean;
}

/** The files of a prompt that was sent, or is kept. */
export function FileTiles({ files, own = true }: FileTilesProps) {
  const viewer = useFileViewer();
  if (files.length === 0) return null;
  return (
    <>
      <ul aria-label={texts.files} className="flex flex-wrap gap-2 max-md:[&>li]:w-full">
        {files.map((file) => (
          <FileTile key={file.id} file={file} {...(own && { onOpen: () => viewer.open(file) })} />
        ))}
      </ul>
      {viewer.dialog}
    </>
  );
}
