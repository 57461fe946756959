import { keptFiles as texts } from 'texts:account';
import { useState } from 'react';
import { useClient } from 'urql';
import { DeleteFileDocument } from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { Question } from '../../ui/question.tsx';
import { useToast } from '../../ui/toast.tsx';
import { type AttachedFile, formatBytes } from './attached-file.ts';
import { FileTile } from './file-tile.tsx';
import { useFileViewer } from './file-viewer.tsx';
import { Progress } from './progress.tsx';

interface KeptFilesProps {
  files: readonly AttachedFile[];
  usage: { bytes: number; bytesMax: number };
}

/** A page of a member's files, the newest first, and what all of them take of the plan. */
export function KeptFiles({ files, usage }: KeptFilesProps) {
  const viewer = useFileViewer();
  const { deleted, remove } = useDeletion();
  const shown = files.filter(({ id }) => !deleted.has(id));
  const freed = files.reduce((sum, { id, bytes }) => sum + (deleted.has(id) ? bytes : 0), 0);
  return (
    <section aria-labelledby="files" className="flex flex-col gap-4">
      <div>
        <h2 id="files" className="text-lg font-semibold">
          {texts.files}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.howLong}</p>
      </div>
      <Usage bytes={Math.max(0, usage.bytes - freed)} bytesMax={usage.bytesMax} />
      {shown.length > 0 ? (
        <ul
          aria-label={texts.yours}
          className="grid grid-cols-[repeat(auto-fill,minmax(240px,1fr))] gap-2 [&>li]:w-full"
        >
          {shown.map((file) => (
            <Question
              key={file.id}
              title={texts.deleteTitle({ name: file.name })}
              text={texts.deleteText}
              yes={texts.delete}
              onYes={() => remove(file)}
            >
              {(ask) => <FileTile file={file} onOpen={() => viewer.open(file)} onRemove={ask} />}
            </Question>
          ))}
        </ul>
      ) : (
        <p className="text-sm text-muted-foreground">{texts.none}</p>
      )}
      {viewer.dialog}
    </section>
  );
}

function Usage({ bytes, bytesMax }: KeptFilesProps['usage']) {
  const words = texts.used({ used: formatBytes(bytes), most: formatBytes(bytesMax) });
  return (
    <div className="flex flex-col gap-1">
      <Progress label={texts.room} part={bytesMax > 0 ? bytes / bytesMax : 0} words={words} className="h-2" />
      <p className="figures text-sm text-muted-foreground">{words}</p>
    </div>
  );
}

/** Deletes files at once. The server keeps those that a prompt has, and says so. */
function useDeletion() {
  const client = useClient();
  const toast = useToast();
  const [deleted, setDeleted] = useState<ReadonlySet<string>>(new Set());
  async function remove({ id, name }: AttachedFile): Promise<void> {
    const { data, error } = await client.mutation(DeleteFileDocument, { id }).toPromise();
    if (!data) return toast({ text: errorWords(error) ?? texts.notDeleted({ name }) });
    setDeleted((held) => new Set([...held, id]));
    toast({ text: texts.deleted({ name }) });
  }
  return { deleted, remove: (file: AttachedFile) => void remove(file) };
}
