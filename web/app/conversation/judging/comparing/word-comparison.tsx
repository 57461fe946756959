import { comparing as texts } from 'texts:tools';
import { useState } from 'react';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { Button } from '../../../ui/button.tsx';
import { Stretch, useRuns } from '../../../ui/comparing/runs.tsx';
import type { Run } from '../../../ui/comparing/word-diff.ts';
import { Select } from '../../../ui/select.tsx';
import { nameOf } from '../../following/hidden.ts';

interface WordComparisonProps {
  /** The answers to choose from, two at least. */
  answers: readonly ResponseFieldsFragment[];
}

/** How many runs are drawn at once: more would hold up the page. */
const runsAtOnce = 2000;

/** Two answers as one text, in which the words of only one of them are marked. The browser compares them itself. */
export default function WordComparison({ answers }: WordComparisonProps) {
  const [pair, setPair] = useState<[number, number]>([0, 1]);
  const [left, right] = [answers[pair[0]], answers[pair[1]]];
  const runs = useRuns(left?.text ?? '', right?.text ?? '');
  const [drawn, setDrawn] = useState(runsAtOnce);
  if (!left || !right) return null;
  const choose = (side: 0 | 1, at: number) => {
    const other = pair[side === 0 ? 1 : 0];
    // Whoever chooses the other side's answer wants the two exchanged.
    const opposite = at === other ? pair[side] : other;
    setPair(side === 0 ? [at, opposite] : [opposite, at]);
    setDrawn(runsAtOnce);
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 text-sm">
        <Side
          {...{ answers }}
          label={texts.first}
          mark={texts.onlyHere}
          removed
          at={pair[0]}
          onChoose={(at) => choose(0, at)}
        />
        <Side
          {...{ answers }}
          label={texts.second}
          mark={texts.onlyHere}
          at={pair[1]}
          onChoose={(at) => choose(1, at)}
        />
        {runs ? <p className="text-muted-foreground">{summary(runs)}</p> : null}
      </div>
      {runs ? (
        <section
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
          tabIndex={0}
          aria-label={texts.differences}
          className="min-h-0 flex-1 overflow-y-auto rounded-md border p-4"
        >
          <p className="measure whitespace-pre-wrap wrap-anywhere">
            {runs.slice(0, drawn).map((run, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the runs of a pair never change
              <Stretch key={at} run={run} />
            ))}
          </p>
          {runs.length > drawn ? (
            <Button size="small" className="mt-4" onClick={() => setDrawn(drawn + runsAtOnce)}>
              {texts.showMore}
            </Button>
          ) : null}
        </section>
      ) : (
        <div className="h-64 animate-breathe rounded-md bg-muted" aria-hidden="true" />
      )}
    </>
  );
}

interface SideProps extends WordComparisonProps {
  label: string;
  mark: string;
  removed?: boolean;
  at: number;
  onChoose: (at: number) => void;
}

function Side({ answers, label, mark, removed = false, at, onChoose }: SideProps) {
  return (
    <span className="flex items-center gap-2">
      <Select aria-label={label} value={at} onChange={({ target }) => onChoose(Number(target.value))}>
        {answers.map(({ id, model }, index) => (
          <option key={id} value={index}>
            {nameOf(model)}
          </option>
        ))}
      </Select>
      <Stretch run={{ kind: removed ? 'removed' : 'added', text: mark }} />
    </span>
  );
}

function summary(runs: readonly Run[]): string {
  if (runs.every(({ kind }) => kind === 'same')) return texts.same;
  const words = (kind: Run['kind']) =>
    runs.reduce((sum, run) => sum + (run.kind === kind ? (run.text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0) : 0), 0);
  return texts.summary({ same: words('same'), first: words('removed'), second: words('added') });
}
