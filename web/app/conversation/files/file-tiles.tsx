import type { AttachedFile } from './attached-file.ts';
import { FileTile } from './file-tile.tsx';
import { useFileViewer } from './file-viewer.tsx';

/** The files of a prompt that was sent. */
export function FileTiles({ files }: { files: readonly AttachedFile[] }) {
  const viewer = useFileViewer();
  if (files.length === 0) return null;
  return (
    <>
      <ul aria-label="Files" className="flex flex-wrap gap-2 max-md:[&>li]:w-full">
        {files.map((file) => (
          <FileTile key={file.id} file={file} onOpen={() => viewer.open(file)} />
        ))}
      </ul>
      {viewer.dialog}
    </>
  );
}
