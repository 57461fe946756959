import { board as texts } from 'texts:leaderboard';
import { formatCount } from '../ui/figures.ts';
import { dayInUtc } from '../ui/time.tsx';
import { type Board, type BoardRow, isRated, keyOf, nameOf } from './board.ts';
import { linearScale, type Scale } from './scale.ts';

/** More would not be read. */
const MODELS_MAX = 12;

interface CoursePictureProps {
  rows: readonly BoardRow[];
  course: Board['course'];
  by: Board['courseBy'];
}

/** How each rating came to be what it is: a small picture for each model, all on one scale, with the intervals as a band. */
export function CoursePicture({ rows, course, by }: CoursePictureProps) {
  const rated = rows.filter(isRated);
  const models = rated.slice(0, MODELS_MAX);
  if (course.length < 2 || models.length === 0) return null;
  // The wide intervals of the first verdicts leave the picture.
  const all = course.flatMap(({ ratings }) => ratings.map(({ rating }) => rating));
  const last = models.flatMap(({ ratingLow, ratingHigh }) => [ratingLow, ratingHigh]);
  const scale = linearScale([1000, ...all, ...last], 8);
  const range = { from: dayOf(course[0]?.from), to: dayOf(course.at(-1)?.from) };
  return (
    <figure className="flex flex-col gap-3 rounded-lg border bg-card p-4">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="font-medium">{texts.overTime}</span>
        <span className="text-xs text-muted-foreground">
          {by === 'WEEK' ? texts.untilEachWeek(range) : texts.untilEachMonth(range)}
          {rated.length > MODELS_MAX ? `; ${texts.firstInPicture({ shown: MODELS_MAX, all: rated.length })}` : null}
        </span>
      </figcaption>
      <ul className="grid grid-cols-4 gap-4 max-xl:grid-cols-3 max-md:grid-cols-2">
        {models.map((row) => (
          <li key={keyOf(row)} className="min-w-0">
            <p className="flex justify-between gap-2 text-xs">
              <span className="truncate font-medium">{nameOf(row)}</span>
              <span className="figures text-muted-foreground">{Math.round(row.rating)}</span>
            </p>
            <Line row={row} course={course} scale={scale} />
          </li>
        ))}
      </ul>
      <details className="text-sm">
        <summary className="cursor-pointer text-muted-foreground max-md:py-3.5">{texts.asTable}</summary>
        <CourseTable rows={models} course={course} by={by} />
      </details>
    </figure>
  );
}

function Line({ row, course, scale }: { row: BoardRow; course: Board['course']; scale: Scale }) {
  const key = keyOf(row);
  const points = course.flatMap(({ ratings }, index) => {
    const found = ratings.find((rating) => keyOf(rating) === key);
    const x = (index / (course.length - 1)) * 100;
    return found
      ? [
          {
            x,
            y: scaled(scale, found.rating),
            low: scaled(scale, found.ratingLow),
            high: scaled(scale, found.ratingHigh),
          },
        ]
      : [];
  });
  const along = points.map(({ x, y }) => `${x},${y}`).join(' ');
  const band = [
    ...points.map(({ x, high }) => `${x},${high}`),
    ...points.toReversed().map(({ x, low }) => `${x},${low}`),
  ];
  const average = scaled(scale, 1000);
  return (
    <svg
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      className="mt-1.5 h-16 w-full"
      role="img"
      aria-label={texts.modelOverTime({ model: nameOf(row) })}
    >
      <line x1="0" x2="100" y1={average} y2={average} vectorEffect="non-scaling-stroke" className="stroke-border" />
      <polygon points={band.join(' ')} className="fill-primary opacity-15" />
      <polyline
        points={along}
        fill="none"
        strokeWidth="2"
        vectorEffect="non-scaling-stroke"
        className="stroke-primary"
      />
    </svg>
  );
}

/** From the top, within the picture. */
function scaled(scale: Scale, rating: number): number {
  return 100 - Math.min(100, Math.max(0, scale.at(rating)));
}

function CourseTable({ rows, course, by }: CoursePictureProps) {
  const stepHead = by === 'WEEK' ? texts.fromWeekOf : texts.fromMonthOf;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
    <section className="mt-2 overflow-x-auto" aria-label={texts.ratingsOverTime} tabIndex={0}>
      <table className="figures text-sm">
        <thead>
          <tr>
            {[stepHead, texts.verdicts, ...rows.map(nameOf)].map((head) => (
              <th key={head} scope="col" className="px-2 py-1 text-start font-medium text-muted-foreground">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {course.map(({ from, verdicts, ratings }) => (
            <tr key={from}>
              <th scope="row" className="px-2 py-1 text-start font-normal whitespace-nowrap">
                {dayOf(from)}
              </th>
              <td className="px-2 py-1">{formatCount(verdicts)}</td>
              {rows.map((row) => {
                const found = ratings.find((rating) => keyOf(rating) === keyOf(row));
                return (
                  <td key={keyOf(row)} className="px-2 py-1 whitespace-nowrap">
                    {found
                      ? `${Math.round(found.rating)} (${Math.round(found.ratingLow)}–${Math.round(found.ratingHigh)})`
                      : '–'}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The day of a moment, UTC, as people write it. */
function dayOf(moment: string | undefined): string {
  return moment ? dayInUtc(moment) : '';
}
