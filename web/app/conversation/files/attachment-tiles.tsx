import { CircleAlert, LoaderCircle } from 'lucide-react';
import type { AttachedFile } from './attached-file.ts';
import type { Attachment } from './attachments.ts';
import { FileTile, TileFrame } from './file-tile.tsx';
import { useFileViewer } from './file-viewer.tsx';

interface AttachmentTilesProps {
  attachments: readonly Attachment[];
  onRemove: (key: string) => void;
}

/** The files of the next prompt, above its text. */
export function AttachmentTiles({ attachments, onRemove }: AttachmentTilesProps) {
  const viewer = useFileViewer();
  if (attachments.length === 0) return null;
  return (
    <>
      <ul
        aria-label="Attached files"
        className="flex max-h-[33dvh] flex-wrap gap-2 overflow-y-auto px-3 pt-3 max-md:[&>li]:w-full"
      >
        {attachments.map((attachment) => (
          <AttachmentTile
            key={attachment.key}
            attachment={attachment}
            onOpen={viewer.open}
            onRemove={() => onRemove(attachment.key)}
          />
        ))}
      </ul>
      {viewer.dialog}
    </>
  );
}

interface AttachmentTileProps {
  attachment: Attachment;
  onOpen: (file: AttachedFile) => void;
  onRemove: () => void;
}

function AttachmentTile({ attachment, onOpen, onRemove }: AttachmentTileProps) {
  const { name } = attachment;
  if (attachment.state === 'ready') {
    const { file } = attachment;
    return <FileTile file={file} onOpen={() => onOpen(file)} onRemove={onRemove} />;
  }
  if (attachment.state === 'uploading') {
    return (
      <TileFrame
        picture={<LoaderCircle className="animate-spin" aria-hidden="true" />}
        name={name}
        below={<Progress name={name} sent={attachment.sent} />}
        onRemove={onRemove}
      />
    );
  }
  return (
    <TileFrame
      picture={<CircleAlert className="text-destructive" aria-hidden="true" />}
      name={name}
      below={<span role="alert">{attachment.message}</span>}
      isFailed
      onRemove={onRemove}
    />
  );
}

/** What has been sent; once that is all of it, the server reads it. */
function Progress({ name, sent }: { name: string; sent: number }) {
  if (sent >= 1) return <>reading it…</>;
  return (
    <progress
      aria-label={`Uploading ${name}`}
      className="block h-1 w-full appearance-none overflow-hidden rounded-full bg-muted [&::-moz-progress-bar]:bg-primary [&::-webkit-progress-bar]:bg-muted [&::-webkit-progress-value]:bg-primary"
      max={1}
      value={sent}
    >
      {Math.round(sent * 100)} %
    </progress>
  );
}
