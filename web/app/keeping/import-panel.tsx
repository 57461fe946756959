import { takeAlong as texts } from 'texts:account';
import { Upload } from 'lucide-react';
import { type DragEvent, useEffect, useRef, useState } from 'react';
import { useListStore } from '../frame/conversation-list.tsx';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatPercent } from '../ui/figures.ts';
import type { ImportProgress, ImportReport } from './import-file.ts';
import { ReportOfImport } from './import-report.tsx';

type State =
  | { at: 'rest'; mistake: string | null }
  | { at: 'work'; name: string; progress: ImportProgress }
  | { at: 'end'; name: string; report: ImportReport };

/** Takes a file that is dropped or chosen, tells how far it is, and reports. */
export function ImportPanel() {
  const { state, begin, stop } = useImport();
  const choose = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const isAtWork = state.at === 'work';
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !isAtWork) void begin(file);
  };
  return (
    <section aria-labelledby="import" className="flex flex-col gap-4">
      <div>
        <h2 id="import" className="text-lg font-semibold">
          {texts.import}
        </h2>
        <p className="max-w-[70ch] text-sm text-muted-foreground">{texts.aboutImport}</p>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button within does the same for the keyboard */}
      <div
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
        className={classes(
          'flex flex-col items-center gap-3 rounded-lg border border-dashed px-6 py-10 text-center',
          isOver && 'border-primary bg-hover',
        )}
      >
        <input
          ref={choose}
          type="file"
          accept=".zip,.json,application/zip,application/json"
          aria-label={texts.fileToImport}
          className="sr-only"
          tabIndex={-1}
          onChange={({ target }) => {
            const file = target.files?.[0];
            target.value = '';
            if (file) void begin(file);
          }}
        />
        {isAtWork ? (
          <AtWork name={state.name} progress={state.progress} onStop={stop} />
        ) : (
          <>
            <Button size="large" onClick={() => choose.current?.click()}>
              <Upload /> {texts.choose}
            </Button>
            <p className="text-sm text-muted-foreground max-md:hidden">{texts.orDrop}</p>
          </>
        )}
      </div>
      <div role="status" className="contents">
        {state.at === 'rest' && state.mistake !== null ? (
          <p className="text-sm text-destructive">{state.mistake}</p>
        ) : null}
        {state.at === 'end' ? <ReportOfImport name={state.name} report={state.report} /> : null}
      </div>
    </section>
  );
}

function AtWork({ name, progress, onStop }: { name: string; progress: ImportProgress; onStop: () => void }) {
  const { sent, read, taken } = progress;
  const words =
    read === null
      ? texts.sent({ share: formatPercent(sent) })
      : texts.readAndTaken({ share: formatPercent(read), taken });
  return (
    <div className="flex w-full max-w-md flex-col gap-3">
      <p className="truncate text-sm">
        <bdi>{name}</bdi>
      </p>
      <progress
        aria-label={texts.importing({ name })}
        aria-valuetext={words}
        max={1}
        value={read ?? sent}
        className="h-2 w-full accent-primary"
      />
      <p className="figures text-sm text-muted-foreground">{words}</p>
      <Button className="self-center" onClick={onStop}>
        {texts.stop}
      </Button>
    </div>
  );
}

function useImport() {
  const [state, setState] = useState<State>({ at: 'rest', mistake: null });
  const store = useListStore();
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  async function begin(file: File): Promise<void> {
    const { name } = file;
    const controller = new AbortController();
    running.current?.abort();
    running.current = controller;
    setState({ at: 'work', name, progress: { sent: 0, read: null, taken: 0 } });
    try {
      const { importFile } = await import('./import-file.ts');
      const onProgress = (progress: ImportProgress) => {
        if (!controller.signal.aborted) setState({ at: 'work', name, progress });
      };
      const report = await importFile(file, { onProgress, signal: controller.signal });
      setState({ at: 'end', name, report });
    } catch (error) {
      if (running.current !== controller) return;
      const mistake = controller.signal.aborted
        ? texts.stopped
        : error instanceof Error
          ? error.message
          : String(error);
      setState({ at: 'rest', mistake });
    } finally {
      // What was taken before an import broke off is there too.
      void store.refresh();
    }
  }
  return { state, begin, stop: () => running.current?.abort() };
}
