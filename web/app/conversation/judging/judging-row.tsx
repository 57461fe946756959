import { judging as texts } from 'texts:chat';
import { type RefObject, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useAlive } from '../../ui/browser/alive.ts';
import { useKeptFocus } from '../../ui/browser/kept-focus.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { useCurrent } from '../following/turn-streams.ts';
import { shownOf, type Versions } from '../turns/versions.ts';
import { CompareWords } from './compare-words.tsx';
import { type Comparison, comparisonOf, pickOf } from './contestants.ts';
import { MergeAnswers } from './merging/merge-answers.tsx';
import { useVerdict } from './use-verdict.ts';
import { VerdictForm } from './verdict-form.tsx';
import { VerdictLine } from './verdict-line.tsx';
import { WritingLine } from './writing-line.tsx';

interface JudgingRowProps {
  turn: TurnFieldsFragment;
  /** The versions of each lane. There are two lanes or more. */
  lanes: readonly Versions[];
  /** Whether the turn is the last of its conversation. */
  newest: boolean;
}

/** The row under a turn's answers: what the member says of them, and what that revealed. */
export function JudgingRow({ turn, lanes, newest }: JudgingRowProps) {
  const snapshots = useMemo(() => lanes.map(shownOf), [lanes]);
  const shown = useCurrent(snapshots);
  const comparison = useMemo(() => comparisonOf(shown), [shown]);
  const { hidden } = turn;
  const row = useRef<HTMLDivElement>(null);
  const keptFocus = useKeptFocus(row, `${turn.verdict?.id} ${hidden}`);
  const alive = useAlive();
  if (comparison.state === 'writing' && !hidden) return null;
  // The row of a turn in the past is worth its place only if it says something. The server's page has the newest alone.
  if (!turn.verdict && !hidden && !(newest || alive)) return null;
  return (
    <div className="turn-row judging-row" data-hidden={hidden || undefined}>
      <div
        ref={row}
        {...keptFocus}
        className={classes(
          'relative flex min-w-0 flex-wrap items-start gap-x-4 gap-y-2 text-sm',
          hidden && 'rounded-lg border bg-card px-4 py-3',
          hidden && comparison.state !== 'writing' && 'border-primary',
        )}
      >
        <Content {...{ turn, comparison, hidden, newest }} row={row} />
        {alive && comparison.state !== 'writing' ? (
          // A phone shows the buttons of a blind turn in the corner of its row, where they take no line of their own.
          <div
            className={classes(
              '-me-2 ms-auto flex',
              hidden ? 'max-md:absolute max-md:-top-0.5 max-md:end-4' : 'max-md:basis-full max-md:justify-end',
            )}
          >
            <MergeAnswers turn={turn} shown={shown} apart={hidden} />
            <CompareWords shown={shown} />
          </div>
        ) : null}
      </div>
    </div>
  );
}

interface ContentProps extends Pick<JudgingRowProps, 'turn' | 'newest'> {
  comparison: Comparison;
  hidden: boolean;
  row: RefObject<HTMLDivElement>;
}

function Content({ turn, comparison, hidden, newest, row }: ContentProps) {
  const { verdict } = turn;
  const { judge, reveal, sending, problem } = useVerdict(turn);
  const [changing, setChanging] = useState(false);
  const alive = useAlive();
  if (comparison.state === 'writing') return hidden ? <WritingLine turn={turn} /> : null;
  if (verdict && !changing) {
    const mayChange = alive && comparison.state === 'comparable' && Date.now() < Date.parse(verdict.changeableUntil);
    return (
      <VerdictLine
        turn={turn}
        verdict={verdict}
        onChange={
          mayChange
            ? () => {
                flushSync(() => setChanging(true));
                row.current?.querySelector<HTMLElement>('[type=radio]:checked, [type=radio]')?.focus();
              }
            : null
        }
      />
    );
  }
  // Answers of elsewhere cannot be judged.
  if (turn.imported) return null;
  if (comparison.state === 'alone') {
    return (
      <p className="min-w-0 flex-1 text-muted-foreground">
        {comparison.reason}{' '}
        {hidden ? (
          <Button size="small" className="ms-2 max-md:h-[44px]" disabled={sending} onClick={() => void reveal()}>
            {texts.revealModels}
          </Button>
        ) : null}
      </p>
    );
  }
  const { contestants } = comparison;
  return (
    <VerdictForm
      key={verdict?.id ?? turn.id}
      {...{ turn, contestants, hidden, newest, row, sending, problem }}
      given={verdict && { pick: pickOf(verdict, contestants), topic: verdict.topic ?? '', note: verdict.note ?? '' }}
      onSend={async (pick, remarks) => {
        if (await judge(pick, remarks)) setChanging(false);
      }}
      onReveal={hidden ? () => void reveal() : null}
      onCancel={changing ? () => setChanging(false) : null}
    />
  );
}
