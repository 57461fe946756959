import { files as texts } from 'texts:chat';
import { FileSpreadsheet, FileText, ImageIcon, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { basePath } from '../../ui/browser/base-path.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { type AttachedFile, describe, lookOf } from './attached-file.ts';

const signs = { image: ImageIcon, pdf: FileText, table: FileSpreadsheet, text: FileText };

/** A file with its picture, name and size; pressed, it opens. */
export function FileTile({
  file,
  note = null,
  onOpen,
  onRemove,
  moving,
}: {
  file: AttachedFile;
  /** What is to be known of it, in place of its size. */
  note?: string | null;
  /** Absent: it is somebody else's, who alone may open it and see its picture. */
  onOpen?: () => void;
  onRemove?: () => void;
  moving?: ReactNode;
}) {
  return (
    <TileFrame
      picture={<Picture file={file} isHidden={!onOpen} />}
      name={file.name}
      below={note ?? describe(file)}
      {...(onOpen && { onOpen })}
      {...(onRemove && { onRemove })}
      moving={moving}
    />
  );
}

interface TileFrameProps {
  picture: ReactNode;
  name: string;
  below: ReactNode;
  isFailed?: boolean;
  /** Absent: it cannot be opened. */
  onOpen?: () => void;
  /** Absent: it cannot be removed. */
  onRemove?: () => void;
  /** Buttons that give it another place among others. Absent: it has none. */
  moving?: ReactNode;
}

/** The form that all tiles have, whether their file is there, on its way or refused. */
export function TileFrame({ picture, name, below, isFailed = false, onOpen, onRemove, moving }: TileFrameProps) {
  // Room for the buttons at its end, which stand beside what opens it.
  const room = moving ? 'pe-[108px] max-md:pe-[134px]' : onRemove && 'pe-10';
  const content = (
    <>
      <span className="grid size-10 shrink-0 place-items-center overflow-hidden rounded-sm border bg-muted text-muted-foreground [&_svg]:size-5">
        {picture}
      </span>
      <span className="flex min-w-0 flex-1 flex-col text-start">
        <bdi className="truncate text-sm leading-5 font-medium">{name}</bdi>
        <span
          className={classes(
            'figures text-xs leading-4',
            isFailed ? 'text-destructive' : 'truncate text-muted-foreground',
          )}
        >
          {below}
        </span>
      </span>
    </>
  );
  return (
    <li
      className={classes(
        'relative flex min-h-14 w-60 max-w-full items-center rounded-md border bg-card',
        isFailed && 'border-destructive',
      )}
    >
      {onOpen ? (
        <button
          type="button"
          className={classes('flex min-h-[54px] min-w-0 flex-1 items-center gap-2 rounded-md p-2 hover:bg-hover', room)}
          aria-label={texts.open({ name })}
          onClick={onOpen}
        >
          {content}
        </button>
      ) : (
        <div className={classes('flex min-w-0 flex-1 items-center gap-2 p-2', room)}>{content}</div>
      )}
      {onRemove ? (
        <span className="absolute end-1 flex max-md:end-0">
          {moving}
          <Button
            variant="ghost"
            size="icon"
            className="max-md:size-[44px]"
            aria-label={texts.remove({ name })}
            onClick={onRemove}
          >
            <X />
          </Button>
        </span>
      ) : null}
    </li>
  );
}

/** The thumbnail that the server made; else a sign for the kind of file. */
function Picture({ file, isHidden }: { file: AttachedFile; isHidden: boolean }) {
  const [isMissing, setMissing] = useState(false);
  const look = lookOf(file);
  const Sign = signs[look];
  if ((look !== 'image' && look !== 'pdf') || isMissing || isHidden) return <Sign aria-hidden="true" />;
  return (
    <img
      src={`${basePath()}/files/${file.id}/thumbnail`}
      alt=""
      loading="lazy"
      className="size-full object-cover"
      onError={() => setMissing(true)}
    />
  );
}
