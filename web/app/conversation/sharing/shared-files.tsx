import { page as texts } from 'texts:share';
import { FileText } from 'lucide-react';
import type { SharedFileFieldsFragment } from '../../graphql/generated/graphql.ts';
import { describe, lookOf } from '../files/attached-file.ts';

/** The files of a shared prompt: links, so that they open without a script. */
export function SharedFiles({ files }: { files: readonly SharedFileFieldsFragment[] }) {
  if (files.length === 0) return null;
  return (
    <ul aria-label={texts.files} className="flex flex-wrap gap-2 max-md:[&>li]:w-full">
      {files.map((file) => (
        <li key={file.url} className="w-60 max-w-full rounded-md border bg-card">
          <a
            href={file.url}
            target="_blank"
            rel="noopener noreferrer"
            className="flex min-h-[54px] items-center gap-2 rounded-md p-2 hover:bg-hover"
          >
            <span className="grid size-10 shrink-0 place-items-center overflow-hidden rounded-sm border bg-muted text-muted-foreground [&_svg]:size-5">
              <Picture file={file} />
            </span>
            <span className="flex min-w-0 flex-1 flex-col">
              <bdi className="truncate text-sm leading-5 font-medium">{file.name}</bdi>
              <span className="figures truncate text-xs leading-4 text-muted-foreground">{describe(file)}</span>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Picture({ file }: { file: SharedFileFieldsFragment }) {
  const look = lookOf(file);
  const isPicture = file.thumbnailUrl !== null && (look === 'image' || look === 'pdf');
  if (!isPicture) return <FileText aria-hidden="true" />;
  return <img src={file.thumbnailUrl ?? ''} alt="" loading="lazy" className="size-full object-cover" />;
}

/** A picture that a model made, in its place in the answer. */
export function SharedImage({ file }: { file: SharedFileFieldsFragment }) {
  return (
    <a
      href={file.url}
      target="_blank"
      rel="noopener noreferrer"
      className="block w-fit max-w-full overflow-hidden rounded-md border bg-muted"
    >
      <img
        src={file.url}
        alt={texts.madeByModel({ name: file.name })}
        width={file.width ?? undefined}
        height={file.height ?? undefined}
        loading="lazy"
        className="h-auto max-h-[70dvh] w-auto max-w-full"
      />
    </a>
  );
}
