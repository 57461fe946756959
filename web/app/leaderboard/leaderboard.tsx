import { Link, useHref, useNavigation } from '@remix-run/react';
import { Download, TriangleAlert } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, plural } from '../ui/figures.ts';
import type { Board } from './board.ts';
import { BoardTable } from './board-table.tsx';
import { type BoardView, countedWords, exportSearch, isNarrowed } from './board-view.ts';
import { CoursePicture } from './course-picture.tsx';
import { MATRIX_MODELS_MAX, PairMatrix } from './pair-matrix.tsx';
import { PricePicture } from './price-picture.tsx';

interface LeaderboardProps {
  /** Null: the range ends before it begins, so that nothing was loaded. */
  board: Board | null;
  view: BoardView;
}

/** What the verdicts tell of the models: in words, as a table, by pairs, against prices, over time. */
export function Leaderboard({ board, view }: LeaderboardProps) {
  const busy = useNavigation().state === 'loading';
  if (!board) {
    return (
      <p role="alert" className="rounded-md bg-warning-soft px-4 py-3 text-sm">
        The range ends before it begins. Choose a later end or an earlier start.
      </p>
    );
  }
  const isRated = board.rows.some(({ rating }) => rating !== null);
  return (
    <div className={classes('flex flex-col gap-8 transition-opacity', busy && 'opacity-60')} aria-busy={busy}>
      <Told board={board} view={view} />
      {board.rows.length > 0 ? <BoardTable rows={board.rows} /> : null}
      {isRated ? (
        <>
          <PricePicture rows={board.rows} />
          <section aria-labelledby="pairs" className="flex flex-col gap-3">
            <h2 id="pairs" className="text-lg font-semibold">
              Pairs
            </h2>
            <p className="text-sm text-muted-foreground">
              In how many of 100 the model of the row beats the one of the column, and what else is likely. What can be
              told is bold.
              {board.rows.length > MATRIX_MODELS_MAX
                ? ` The first ${MATRIX_MODELS_MAX} of ${board.rows.length} models are shown.`
                : null}
            </p>
            <PairMatrix rows={board.rows} pairs={board.pairs} />
          </section>
          <CoursePicture rows={board.rows} course={board.course} by={board.courseBy} />
        </>
      ) : null}
      <Counting board={board} view={view} />
    </div>
  );
}

/** What the board tells, and what tells more. */
function Told({ board, view }: { board: Board; view: BoardView }) {
  const { state, words, nextPair, warnings } = board;
  return (
    <section aria-label="What it tells" className="flex flex-col gap-3 rounded-lg border bg-card p-4">
      <p className="text-lg font-medium">
        {state === 'NO_VERDICTS' && isNarrowed(view) ? 'There are no such verdicts.' : words}
      </p>
      <p className="text-sm text-muted-foreground">{countsOf(board, view)}</p>
      {warnings.map(({ code, message }) => (
        <p key={code} className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm">
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning" aria-hidden="true" />
          {message}
        </p>
      ))}
      {state === 'DECIDED' && !nextPair ? null : <Next board={board} source={view.source} />}
    </section>
  );
}

function countsOf({ verdicts, allBad, judges, leftOut, cut }: Board, { source }: BoardView): string {
  const out = [
    leftOut.open > 0 && `${formatCount(leftOut.open)} knew the models`,
    leftOut.named > 0 && `${formatCount(leftOut.named)} read a model’s name`,
    leftOut.unpaced > 0 && `${formatCount(leftOut.unpaced)} saw the models’ speeds`,
  ].filter(Boolean);
  return [
    `${plural(verdicts, 'verdict')} by ${plural(judges, source === 'MEMBERS' ? 'member' : 'model')}.`,
    allBad > 0 && `${formatCount(allBad)} more found all answers bad, which changes no rating.`,
    out.length > 0 && `Left out: ${out.join(', ')}.`,
    cut && 'Only the newest 200,000 verdicts, or the 100 models with the most of them, are counted.',
  ]
    .filter(Boolean)
    .join(' ');
}

/** The pair to judge next, or how to begin. */
function Next({ board: { nextPair }, source }: { board: Board; source: BoardView['source'] }) {
  if (source === 'JUDGES') {
    return (
      <p className="text-sm text-muted-foreground">Models give their verdicts in evaluations that ask one to judge.</p>
    );
  }
  const models = nextPair ? [nextPair.a, nextPair.b] : [];
  const search = new URLSearchParams(models.map(({ id }) => ['model', id]));
  search.set('blind', 'on');
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <span className="text-muted-foreground">
        {nextPair
          ? `A verdict on ${nextPair.a.name} and ${nextPair.b.name} tells most now.`
          : 'Ask two models or more without seeing which is which, then say which answer is best.'}
      </span>
      <Button asChild size="small">
        <Link to={`/?${search}`}>{nextPair ? 'Judge this pair blind' : 'Start a blind prompt'}</Link>
      </Button>
    </p>
  );
}

function Counting({ board: { lengthOdds, lengthOddsLow, lengthOddsHigh }, view }: { board: Board; view: BoardView }) {
  const search = exportSearch(view);
  const [csv, json] = [useHref('/export/verdicts.csv'), useHref('/export/verdicts.json')];
  return (
    <section aria-labelledby="counting" className="flex flex-col gap-3 border-t pt-6">
      <h2 id="counting" className="text-lg font-semibold">
        How it is counted
      </h2>
      <p className="max-w-[70ch] text-sm text-muted-foreground">
        A verdict is one choice among its answers, a tie gives each of the best an equal part, and a rating says how
        such choices come out: 400 points more are odds of ten to one. {countedWords(view)}
      </p>
      {lengthOdds !== null ? (
        <p className="max-w-[70ch] text-sm text-muted-foreground">
          An answer twice as long has {factor(lengthOdds)} the odds ({factor(lengthOddsLow ?? 0)} to{' '}
          {factor(lengthOddsHigh ?? 0)}); the rating at equal length takes that out.
        </p>
      ) : null}
      <p className="flex flex-wrap items-center gap-2 text-sm">
        <Button asChild size="small">
          <a href={csv + search} download>
            <Download /> CSV
          </a>
        </Button>
        <Button asChild size="small">
          <a href={json + search} download>
            <Download /> JSON
          </a>
        </Button>
        <span className="text-muted-foreground">All verdicts of this time and topic, without names and texts.</span>
      </p>
    </section>
  );
}

function factor(odds: number): string {
  return `${odds.toFixed(2)} times`;
}
