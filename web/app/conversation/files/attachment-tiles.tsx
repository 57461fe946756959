import { files as texts } from 'texts:chat';
import { CircleAlert, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatPercent } from '../../ui/figures.ts';
import type { AttachedFile } from './attached-file.ts';
import type { Attachment } from './attachments.ts';
import { FileTile, TileFrame } from './file-tile.tsx';
import { useFileViewer } from './file-viewer.tsx';
import { Progress } from './progress.tsx';

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
        aria-label={texts.attached}
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
  /** What gives it another place. Absent: it has none. */
  moving?: ReactNode;
}

/** A file of a form, whatever has become of it by now. */
export function AttachmentTile({ attachment, onOpen, onRemove, moving }: AttachmentTileProps) {
  const { name } = attachment;
  if (attachment.state === 'ready') {
    const { file } = attachment;
    return <FileTile file={file} onOpen={() => onOpen(file)} onRemove={onRemove} moving={moving} />;
  }
  if (attachment.state === 'uploading') {
    return (
      <TileFrame
        picture={<LoaderCircle className="animate-spin" aria-hidden="true" />}
        name={name}
        below={<Sending name={name} sent={attachment.sent} />}
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
function Sending({ name, sent }: { name: string; sent: number }) {
  if (sent >= 1) return <>{texts.reading}</>;
  return <Progress label={texts.uploading({ name })} part={sent} words={formatPercent(sent)} className="h-1" />;
}
