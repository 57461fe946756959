import { board as texts } from 'texts:leaderboard';
import { figuresLocale } from '../languages/locale.ts';
import { formatCount, formatPercent, formatSeconds } from '../ui/figures.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { type Column, Table, useSortInAddress } from '../ui/table.tsx';
import { type BoardRow, isRated, keyOf, nameOf, ranksOf } from './board.ts';
import { linearScale, type Scale } from './scale.ts';

/** The models, with their intervals as bars on one scale. */
export function BoardTable({ rows }: { rows: readonly BoardRow[] }) {
  const sorting = useSortInAddress();
  const rated = rows.filter(isRated);
  const scale =
    rated.length === 0
      ? null
      : linearScale([1000, ...rated.flatMap(({ ratingLow, ratingHigh }) => [ratingLow, ratingHigh])], 12);
  return <Table label={texts.byRating} columns={columnsOf(scale)} rows={rows} keyOf={keyOf} {...sorting} />;
}

const NONE = '–';
/** For columns that have no room beside the others. A phone scrolls the table. */
const NARROW_HIDDEN = 'md:max-xl:hidden';

function columnsOf(scale: Scale | null): Column<BoardRow>[] {
  return [
    model,
    ...(scale ? [rank, rating, interval(scale)] : []),
    figure('verdicts', texts.verdicts, ({ verdicts }) => verdicts, formatCount),
    figure('won', texts.won, ({ winRate }) => winRate, formatPercent),
    figure('credits', texts.creditsAnAnswer, ({ creditsPerAnswer }) => creditsPerAnswer, formatCount),
    figure('value', texts.wonPerCredits, ({ winRatePer1000Credits }) => winRatePer1000Credits, formatValue),
    figure('first', texts.firstToken, ({ firstTokenMs }) => firstTokenMs, formatSeconds),
    {
      ...figure(
        'length',
        texts.tokens,
        ({ outputTokens }) => outputTokens,
        (tokens) => formatCount(Math.round(tokens)),
      ),
      className: NARROW_HIDDEN,
    },
    ...(scale ? [controlled] : []),
  ];
}

const rank: Column<BoardRow> = {
  id: 'rank',
  head: texts.rank,
  numeric: true,
  cell: (row) => (isRated(row) ? <span className="figures whitespace-nowrap">{ranksOf(row)}</span> : NONE),
  sortBy: (row) => (isRated(row) ? row.rankBest + row.rankWorst / 1000 : null),
};

const model: Column<BoardRow> = {
  id: 'model',
  head: texts.model,
  cell: (row) => (
    <span className="flex items-center gap-2 whitespace-nowrap">
      <ProviderMark providerId={row.model.provider.id} />
      <span className="font-medium" title={row.model.id}>
        {nameOf(row)}
      </span>
    </span>
  ),
  sortBy: nameOf,
};

const rating: Column<BoardRow> = {
  id: 'rating',
  head: texts.rating,
  numeric: true,
  cell: (row) =>
    isRated(row) ? (
      <>
        {Math.round(row.rating)}
        <span className="block text-xs text-muted-foreground">
          {Math.round(row.ratingLow)}–{Math.round(row.ratingHigh)}
        </span>
      </>
    ) : (
      NONE
    ),
  sortBy: (row) => row.rating,
};

function interval(scale: Scale): Column<BoardRow> {
  return {
    id: 'interval',
    head: texts.howSure({ share: formatPercent(0.95) }),
    cell: (row) => (isRated(row) ? <IntervalBar row={row} scale={scale} /> : null),
  };
}

interface IntervalBarProps {
  row: BoardRow & { rating: number; ratingLow: number; ratingHigh: number };
  scale: Scale;
}

function IntervalBar({ row, scale }: IntervalBarProps) {
  const [low, middle, high] = [row.ratingLow, row.rating, row.ratingHigh].map((value) => scale.at(value)) as [
    number,
    number,
    number,
  ];
  const average = `${scale.at(1000)}%`;
  return (
    <svg className="block h-5 w-full min-w-40" aria-hidden="true" focusable="false">
      <line x1={average} x2={average} y1="0" y2="20" className="stroke-input" />
      <rect
        x={`${low}%`}
        width={`${high - low}%`}
        y="7"
        height="6"
        rx="3"
        className={row.enough ? 'fill-primary opacity-45' : 'fill-muted-foreground opacity-40'}
      />
      <circle cx={`${middle}%`} cy="10" r="4" className={row.enough ? 'fill-primary' : 'fill-muted-foreground'} />
    </svg>
  );
}

const controlled: Column<BoardRow> = {
  id: 'controlled',
  head: texts.atEqualLength,
  numeric: true,
  className: NARROW_HIDDEN,
  cell: ({ lengthControlledRating, lengthControlledLow, lengthControlledHigh }) =>
    lengthControlledRating === null ? (
      NONE
    ) : (
      <span
        title={texts.between({
          low: Math.round(lengthControlledLow ?? 0),
          high: Math.round(lengthControlledHigh ?? 0),
        })}
      >
        {Math.round(lengthControlledRating)}
      </span>
    ),
  sortBy: (row) => row.lengthControlledRating,
};

function figure(
  id: string,
  head: string,
  of: (row: BoardRow) => number | null,
  format: (value: number) => string,
): Column<BoardRow> {
  const cell = (row: BoardRow) => {
    const value = of(row);
    return value === null ? NONE : format(value);
  };
  return { id, head, numeric: true, cell, sortBy: of };
}

const twoDigits = new Intl.NumberFormat(figuresLocale, { maximumSignificantDigits: 2 });

/** Two digits that tell something: `0.5`, `12`, `0.0031`. */
function formatValue(value: number): string {
  return value >= 10 ? formatCount(Math.round(value)) : twoDigits.format(value);
}
