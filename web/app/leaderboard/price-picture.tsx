import { board as texts } from 'texts:leaderboard';
import { direction, figuresLocale } from '../languages/locale.ts';
import { formatShort } from '../ui/figures.ts';
import { type BoardRow, isRated, keyOf, nameOf, type RatedRow } from './board.ts';
import { linearScale, ratioScale, type Scale } from './scale.ts';

type PricedRow = RatedRow & { creditsPerAnswer: number };

/** The height of the picture, and what is left free at its ends, in pixels. */
const HEIGHT = 320;
const EDGE = 12;

const list = new Intl.ListFormat(figuresLocale, { type: 'unit' });

/** Quality against price, both with their intervals, and the line of what is best for its price. The table says the same. */
export function PricePicture({ rows }: { rows: readonly BoardRow[] }) {
  const priced = rows.filter(isRated).filter((row): row is PricedRow => (row.creditsPerAnswer ?? 0) > 0);
  const free = rows.filter(isRated).filter(({ creditsPerAnswer }) => creditsPerAnswer === 0);
  if (priced.length === 0) return null;
  const across = ratioScale(
    priced.flatMap(({ creditsPerAnswer, creditsLow, creditsHigh }) => [
      creditsPerAnswer,
      creditsLow || creditsPerAnswer,
      creditsHigh || creditsPerAnswer,
    ]),
  );
  const upwards = linearScale(
    priced.flatMap(({ ratingLow, ratingHigh }) => [ratingLow, ratingHigh]),
    5,
  );
  const top = (value: number) => EDGE + ((100 - upwards.at(value)) / 100) * (HEIGHT - 2 * EDGE);
  return (
    <figure className="flex flex-col gap-2 rounded-lg border bg-card p-4">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="font-medium">{texts.qualityForPrice}</span>
        <span className="text-xs text-muted-foreground">{texts.filled}</span>
      </figcaption>
      {free.length > 0 ? (
        <p className="text-sm text-muted-foreground">
          {texts.free({ models: list.format(free.map((row) => `${nameOf(row)} (${Math.round(row.rating)})`)) })}
        </p>
      ) : null}
      {/* Prices run from left to right in all languages. */}
      <div dir="ltr" className="flex" role="img" aria-label={texts.againstCredits}>
        <svg width="44" height={HEIGHT} aria-hidden="true">
          {upwards.ticks.map((tick) => (
            <text
              key={tick}
              x="36"
              y={top(tick) + 4}
              textAnchor="end"
              className="figures fill-muted-foreground text-xs"
            >
              {Math.round(tick)}
            </text>
          ))}
        </svg>
        <div className="min-w-0 flex-1">
          <svg width="100%" height={HEIGHT} aria-hidden="true" className="block overflow-visible">
            {upwards.ticks.map((tick) => (
              <line key={tick} x1="0" x2="100%" y1={top(tick)} y2={top(tick)} className="stroke-border" />
            ))}
            <Frontier rows={priced} across={across} top={top} />
            {priced.map((row) => (
              <Point key={keyOf(row)} row={row} across={across} top={top} />
            ))}
          </svg>
          <svg width="100%" height="36" aria-hidden="true" className="block overflow-visible">
            {across.ticks.map((tick) => (
              <text
                key={tick}
                x={`${across.at(tick)}%`}
                y="14"
                textAnchor="middle"
                className="figures fill-muted-foreground text-xs"
              >
                {formatShort(tick)}
              </text>
            ))}
            <text x="50%" y="32" direction={direction} textAnchor="middle" className="fill-muted-foreground text-xs">
              {texts.medianCredits}
            </text>
          </svg>
        </div>
      </div>
    </figure>
  );
}

interface Drawn {
  across: Scale;
  /** Where a rating is, in pixels from the top. */
  top: (rating: number) => number;
}

function Point({ row, across, top }: Drawn & { row: PricedRow }) {
  const { rating, ratingLow, ratingHigh, creditsPerAnswer, creditsLow, creditsHigh, efficient } = row;
  const x = across.at(creditsPerAnswer);
  const isRight = x > 65;
  const line = 'stroke-muted-foreground opacity-50';
  return (
    <g>
      <line x1={`${x}%`} x2={`${x}%`} y1={top(ratingLow)} y2={top(ratingHigh)} className={line} />
      {creditsLow && creditsHigh ? (
        <line
          x1={`${across.at(creditsLow)}%`}
          x2={`${across.at(creditsHigh)}%`}
          y1={top(rating)}
          y2={top(rating)}
          className={line}
        />
      ) : null}
      <circle
        cx={`${x}%`}
        cy={top(rating)}
        r="5"
        strokeWidth="2"
        className={efficient ? 'fill-primary stroke-primary' : 'fill-card stroke-muted-foreground'}
      />
      <text
        x={`${x}%`}
        y={top(rating) - 8}
        dx={isRight ? -8 : 8}
        textAnchor={isRight ? 'end' : 'start'}
        className="fill-foreground text-xs font-medium"
      >
        {nameOf(row)}
      </text>
    </g>
  );
}

/** Joins the efficient models, the cheapest first, in steps: what a price buys at most. */
function Frontier({ rows, across, top }: Drawn & { rows: readonly PricedRow[] }) {
  const efficient = rows
    .filter((row) => row.efficient)
    .toSorted((one, other) => one.creditsPerAnswer - other.creditsPerAnswer);
  return efficient.slice(1).map((row, index) => {
    const before = efficient[index] as PricedRow;
    const [left, right] = [`${across.at(before.creditsPerAnswer)}%`, `${across.at(row.creditsPerAnswer)}%`];
    const line = 'stroke-primary opacity-70';
    return (
      <g key={keyOf(row)} strokeWidth="1.5" strokeDasharray="4 3">
        <line x1={left} x2={right} y1={top(before.rating)} y2={top(before.rating)} className={line} />
        <line x1={right} x2={right} y1={top(before.rating)} y2={top(row.rating)} className={line} />
      </g>
    );
  });
}
