import { tools as texts } from 'texts:admin';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient } from 'urql';
import {
  AcceptToolDocument,
  type ToolSetupFieldsFragment,
  ToolToReadDocument,
  type ToolWordsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Stretch, useRuns } from '../../ui/comparing/runs.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import type { Acting } from '../acting.ts';
import { Refusal } from '../catalogue/field.tsx';

interface ToolReaderProps {
  /** Read one after the other. */
  tools: readonly ToolSetupFieldsFragment[];
  acting: Acting;
  children: (open: () => void) => ReactNode;
}

/** A dialog in which an admin reads how servers describe their tools, as models would read it, and accepts that. */
export function ToolReader({ tools, acting, children }: ToolReaderProps) {
  // The list of those to read becomes shorter as they are accepted.
  const [reading, setReading] = useState<{ tools: readonly ToolSetupFieldsFragment[]; at: number } | null>(null);
  const tool = reading?.tools[reading.at];
  const close = () => setReading(null);
  const next = () => setReading((now) => (now && now.at + 1 < now.tools.length ? { ...now, at: now.at + 1 } : null));
  return (
    <>
      {children(() => setReading({ tools, at: 0 }))}
      <Dialog open={tool !== undefined} onOpenChange={(open) => open || close()}>
        <DialogContent className="flex max-h-[90vh] w-[min(720px,calc(100vw-32px))] flex-col gap-4">
          {reading && tool ? (
            <Reading
              key={tool.id}
              tool={tool}
              place={reading.tools.length > 1 ? { at: reading.at + 1, of: reading.tools.length } : null}
              acting={acting}
              onDone={next}
            />
          ) : null}
        </DialogContent>
      </Dialog>
    </>
  );
}

interface ReadingProps extends Pick<ToolReaderProps, 'acting'> {
  tool: ToolSetupFieldsFragment;
  /** Null: it is read alone. */
  place: { at: number; of: number } | null;
  onDone: () => void;
}

type Read = { description: ToolWordsFragment | null; accepted: ToolWordsFragment | null; state: string };

function Reading({ tool: { id, name }, place, acting, onDone }: ReadingProps) {
  const client = useClient();
  const [read, setRead] = useState<Read | 'failed' | null>(null);
  const refusal = acting.refusals.get(id);
  // What was refused is read again: the description has changed meanwhile.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refusal is the reason to read again
  useEffect(() => {
    let isLeft = false;
    void client
      .query(ToolToReadDocument, { id }, { requestPolicy: 'network-only' })
      .toPromise()
      .then(({ data }) => {
        if (!isLeft) setRead(data?.admin.tool ?? 'failed');
      });
    return () => {
      isLeft = true;
    };
  }, [client, id, refusal]);
  const words = read === 'failed' ? null : read?.description;
  const title = words?.title ?? name;
  const mayAccept = read !== null && read !== 'failed' && (read.state === 'NEW' || read.state === 'CHANGED');

  async function accept(digest: string): Promise<void> {
    if (await acting.act(id, AcceptToolDocument, { id, digest }, texts.acceptedOne({ name: title }))) onDone();
  }

  return (
    <>
      <div>
        <DialogTitle className="wrap-anywhere">{title}</DialogTitle>
        <DialogDescription className="mt-1 text-sm text-muted-foreground">
          {place ? `${texts.placeOf(place)} ` : ''}
          {mayAccept ? (read.state === 'CHANGED' ? texts.changedWhy : texts.readWhy) : texts.wordsOfServer}
        </DialogDescription>
      </div>
      {read === null ? (
        <div className="h-48 animate-breathe rounded-md bg-muted" aria-hidden="true" />
      ) : words ? (
        <Words words={words} accepted={read !== 'failed' && read.state === 'CHANGED' ? read.accepted : null} />
      ) : (
        <p className="text-sm text-muted-foreground">{texts.isGone}</p>
      )}
      <Refusal text={refusal} />
      {mayAccept && words ? (
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onDone}>{place && place.at < place.of ? texts.skip : texts.notNow}</Button>
          <Button variant="primary" disabled={acting.busy.has(id)} onClick={() => void accept(words.digest)}>
            {texts.accept}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Words({ words, accepted }: { words: ToolWordsFragment; accepted: ToolWordsFragment | null }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
      tabIndex={0}
      aria-label={texts.description}
      className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto rounded-md border p-4"
    >
      {accepted && accepted.title !== words.title ? (
        <Comparison label={texts.title} before={accepted.title ?? ''} after={words.title ?? ''} />
      ) : null}
      {accepted ? (
        <Comparison label={texts.description} before={accepted.text} after={words.text} />
      ) : (
        <p className="measure whitespace-pre-wrap wrap-anywhere">{words.text === '' ? texts.noWords : words.text}</p>
      )}
      <p className="text-sm text-muted-foreground">
        {accepted && accepted.readOnly !== words.readOnly ? '⚠ ' : ''}
        {words.readOnly ? texts.saysReadOnly : texts.saysChanges}
      </p>
      {words.parameters === null ? null : accepted && accepted.parameters !== words.parameters ? (
        <Comparison label={texts.parameters} before={accepted.parameters ?? ''} after={words.parameters} isCode />
      ) : (
        <details open={accepted === null}>
          <summary className="cursor-pointer text-sm font-medium">{texts.parameters}</summary>
          <pre dir="ltr" className="mt-2 overflow-x-auto rounded-md bg-muted p-3 font-mono text-xs">
            {words.parameters}
          </pre>
        </details>
      )}
    </section>
  );
}

/** What was accepted and what is said now, with the words marked that only one of them has. */
function Comparison({
  label,
  before,
  after,
  isCode = false,
}: {
  label: string;
  before: string;
  after: string;
  isCode?: boolean;
}) {
  const runs = useRuns(before, after);
  return (
    <div>
      <h3 className="mb-1 text-sm font-medium">{label}</h3>
      <p className={`whitespace-pre-wrap wrap-anywhere ${isCode ? 'font-mono text-xs' : 'measure'}`}>
        {runs === null
          ? after
          : runs.map((run, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the runs of a pair never change
              <Stretch key={at} run={run} />
            ))}
      </p>
    </div>
  );
}
