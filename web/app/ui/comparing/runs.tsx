import { useEffect, useState } from 'react';
import { inSlices } from './in-slices.ts';
import { diffWords, type Run } from './word-diff.ts';

/** A stretch of a comparison, marked if only one of the texts has it. */
export function Stretch({ run: { kind, text } }: { run: Run }) {
  if (kind === 'removed') {
    return <del className="rounded-sm bg-destructive-soft text-destructive line-through decoration-1">{text}</del>;
  }
  if (kind === 'added') {
    return (
      <ins className="rounded-sm bg-primary-soft text-primary underline decoration-2 underline-offset-3">{text}</ins>
    );
  }
  return text;
}

/** The runs of two texts; null while they are compared. */
export function useRuns(before: string, after: string): Run[] | null {
  const [done, setDone] = useState<{ before: string; after: string; runs: Run[] } | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    inSlices(diffWords(before, after), leaving.signal).then(
      (runs) => setDone({ before, after, runs }),
      (error: unknown) => {
        if (!leaving.signal.aborted) throw error;
      },
    );
    return () => leaving.abort();
  }, [before, after]);
  return done && done.before === before && done.after === after ? done.runs : null;
}
