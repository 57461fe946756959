import { board as boardTexts, words as texts } from 'texts:leaderboard';
import { Link, useHref, useNavigation } from '@remix-run/react';
import { Download, TriangleAlert } from 'lucide-react';
import { figuresLocale } from '../languages/locale.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import type { Board } from './board.ts';
import { BoardTable } from './board-table.tsx';
import { type BoardView, countedWords, exportSearch, isNarrowed } from './board-view.ts';
import { CoursePicture } from './course-picture.tsx';
import { MATRIX_MODELS_MAX, PairMatrix } from './pair-matrix.tsx';
import { PricePicture } from './price-picture.tsx';
import { countsOf, toldBy, warningOf } from './told.ts';

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
        {boardTexts.backwards}
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
              {boardTexts.pairs}
            </h2>
            <p className="text-sm text-muted-foreground">
              {boardTexts.pairsTold}{' '}
              {board.rows.length > MATRIX_MODELS_MAX
                ? boardTexts.firstModels({ shown: MATRIX_MODELS_MAX, all: board.rows.length })
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
  const { state, nextPair, warnings } = board;
  return (
    <section aria-label={texts.told} className="flex flex-col gap-3 rounded-lg border bg-card p-4">
      <p className="text-lg font-medium">
        {state === 'NO_VERDICTS' && isNarrowed(view) ? texts.noSuchVerdicts : toldBy(board, view)}
      </p>
      <p className="text-sm text-muted-foreground">{countsOf(board, view)}</p>
      {warnings.map((warning) => (
        <p key={warning.code} className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm">
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning" aria-hidden="true" />
          {warningOf(warning, view)}
        </p>
      ))}
      {state === 'DECIDED' && !nextPair ? null : <Next board={board} source={view.source} />}
    </section>
  );
}

/** The pair to judge next, or how to begin. */
function Next({ board: { nextPair }, source }: { board: Board; source: BoardView['source'] }) {
  if (source === 'JUDGES') {
    return <p className="text-sm text-muted-foreground">{texts.modelsJudge}</p>;
  }
  const models = nextPair ? [nextPair.a, nextPair.b] : [];
  const search = new URLSearchParams(models.map(({ id }) => ['model', id]));
  search.set('blind', 'on');
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
      <span className="text-muted-foreground">
        {nextPair ? texts.tellsMost({ a: nextPair.a.name, b: nextPair.b.name }) : texts.howToBegin}
      </span>
      <Button asChild size="small">
        <Link to={`/?${search}`}>{nextPair ? texts.judgePair : texts.startBlind}</Link>
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
        {texts.howCounted}
      </h2>
      <p className="max-w-[70ch] text-sm text-muted-foreground">
        {texts.counting} {countedWords(view)}
      </p>
      {lengthOdds !== null ? (
        <p className="max-w-[70ch] text-sm text-muted-foreground">
          {texts.lengthOdds({
            odds: factor.format(lengthOdds),
            low: factor.format(lengthOddsLow ?? 0),
            high: factor.format(lengthOddsHigh ?? 0),
          })}
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
        <span className="text-muted-foreground">{texts.noNames}</span>
      </p>
    </section>
  );
}

const factor = new Intl.NumberFormat(figuresLocale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
