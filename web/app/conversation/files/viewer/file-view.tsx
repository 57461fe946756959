import { viewer as texts } from 'texts:tools';
import { Download } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { FileTextDocument } from '../../../graphql/generated/graphql.ts';
import { basePath } from '../../../ui/browser/base-path.ts';
import { Button } from '../../../ui/button.tsx';
import { classes } from '../../../ui/classes.ts';
import { type AttachedFile, describe, lookOf } from '../attached-file.ts';
import { ImageView } from './image-view.tsx';
import { PdfView } from './pdf-view.tsx';
import { TableView } from './table-view.tsx';

type View = 'file' | 'text';

/** A file as it looks, and the text of it that models read. */
export default function FileView({ file }: { file: AttachedFile }) {
  const look = lookOf(file);
  const [view, setView] = useState<View>('file');
  const text = useFileText(file.id, look === 'table' || look === 'text' || view === 'text');
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="figures text-sm text-muted-foreground">
          {view === 'text' && text.text
            ? texts.characters({ size: describe(file), count: text.text.length })
            : describe(file)}
        </p>
        {look === 'text' || look === 'image' ? null : (
          <Button
            size="small"
            className="ms-auto max-md:h-[44px]"
            onClick={() => setView(view === 'text' ? 'file' : 'text')}
          >
            {view !== 'text' ? texts.whatModelsRead : look === 'table' ? texts.showTable : texts.showPages}
          </Button>
        )}
        <Button
          asChild
          size="small"
          className={classes('max-md:h-[44px]', (look === 'text' || look === 'image') && 'ms-auto')}
        >
          <a href={`${basePath()}/files/${file.id}`} download={file.name}>
            <Download />
            {texts.download}
          </a>
        </Button>
      </div>
      {view === 'text' || look === 'text' ? <TextView {...text} /> : <Drawn file={file} look={look} text={text} />}
    </>
  );
}

function Drawn({ file, look, text }: { file: AttachedFile; look: 'image' | 'pdf' | 'table'; text: LoadedText }) {
  const address = `${basePath()}/files/${file.id}`;
  if (look === 'image') return <ImageView address={address} name={file.name} />;
  if (look === 'pdf') return <PdfView address={address} />;
  if (text.text === null) return <TextView {...text} />;
  return <TableView text={text.text} />;
}

interface LoadedText {
  /** Null: it is on its way, or there is none. */
  text: string | null;
  isLoading: boolean;
}

function useFileText(id: string, wanted: boolean): LoadedText {
  const client = useClient();
  const [loaded, setLoaded] = useState<{ id: string; text: string | null } | null>(null);
  useEffect(() => {
    if (!wanted) return;
    let isShown = true;
    void client
      .query(FileTextDocument, { id })
      .toPromise()
      .then(({ data }) => {
        if (isShown) setLoaded({ id, text: data?.node?.__typename === 'File' ? data.node.text : null });
      });
    return () => {
      isShown = false;
    };
  }, [client, id, wanted]);
  const own = loaded?.id === id ? loaded : null;
  return { text: own?.text ?? null, isLoading: wanted && own === null };
}

/** How many characters are drawn at once: more would hold up the page. */
const charactersAtOnce = 100_000;

function TextView({ text, isLoading }: LoadedText) {
  const [drawn, setDrawn] = useState(charactersAtOnce);
  if (isLoading) return <div className="flex-1 animate-breathe rounded-md bg-muted" aria-hidden="true" />;
  if (!text) return <p className="text-sm text-muted-foreground">{texts.noText}</p>;
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
      tabIndex={0}
      aria-label={texts.text}
      className="min-h-0 flex-1 overflow-auto rounded-md border bg-muted p-4"
    >
      <pre className="font-mono text-sm whitespace-pre-wrap wrap-anywhere">{text.slice(0, drawn)}</pre>
      {text.length > drawn ? (
        <Button size="small" className="mt-4" onClick={() => setDrawn(drawn + charactersAtOnce)}>
          {texts.showMore}
        </Button>
      ) : null}
    </section>
  );
}
