import { board as texts } from 'texts:leaderboard';
import { classes } from '../ui/classes.ts';
import { formatCount } from '../ui/figures.ts';
import { ProviderMark } from '../ui/provider-mark.tsx';
import { type BoardPair, type BoardRow, keyOf, nameOf, ofHundred } from './board.ts';

/** More models would not be read. */
export const MATRIX_MODELS_MAX = 16;

interface PairMatrixProps {
  rows: readonly BoardRow[];
  pairs: readonly BoardPair[];
}

/** In how many of 100 the model of the row beats that of the column, with the ends of what is likely. */
export function PairMatrix({ rows, pairs }: PairMatrixProps) {
  const models = rows.slice(0, MATRIX_MODELS_MAX);
  const found = new Map(pairs.map((pair) => [pairKey(pair.a, pair.aMerged, pair.b, pair.bMerged), pair]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
    <section className="overflow-x-auto rounded-lg border bg-card" aria-label={texts.pairs} tabIndex={0}>
      <table className="w-full border-separate border-spacing-0 text-sm">
        <caption className="sr-only">{texts.pairsCaption}</caption>
        <thead>
          <tr>
            <th
              scope="col"
              className="sticky start-0 z-1 border-b bg-card px-3 py-2 text-start font-medium text-muted-foreground"
            >
              {texts.beats}
            </th>
            {models.map((row) => (
              <th
                key={keyOf(row)}
                scope="col"
                className="border-b px-2 py-2 text-center font-medium text-muted-foreground"
              >
                {nameOf(row)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {models.map((row) => (
            <tr key={keyOf(row)}>
              <th
                scope="row"
                className="sticky start-0 z-1 border-b bg-card px-3 py-1.5 text-start font-medium whitespace-nowrap"
              >
                <span className="flex items-center gap-2">
                  <ProviderMark providerId={row.model.provider.id} />
                  {nameOf(row)}
                </span>
              </th>
              {models.map((column) => (
                <Cell
                  key={keyOf(column)}
                  row={row}
                  column={column}
                  pair={found.get(pairKey(row.model, row.merged, column.model, column.merged))}
                  turned={found.get(pairKey(column.model, column.merged, row.model, row.merged))}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function pairKey(a: { id: string }, aMerged: boolean, b: { id: string }, bMerged: boolean): string {
  return `${keyOf({ model: a, merged: aMerged })}\n${keyOf({ model: b, merged: bMerged })}`;
}

interface CellProps {
  row: BoardRow;
  column: BoardRow;
  /** The row's model is its first, or its second if turned. */
  pair: BoardPair | undefined;
  turned: BoardPair | undefined;
}

function Cell({ row, column, pair, turned }: CellProps) {
  const shown = pair ?? turned;
  const look = 'figures border-b px-2 py-1.5 text-center whitespace-nowrap';
  if (!shown) return <td className={classes(look, 'text-muted-foreground')}>–</td>;
  const wins = pair ? shown.aWins : shown.bWins;
  const losses = pair ? shown.bWins : shown.aWins;
  const judged = texts.judged({
    won: formatCount(wins),
    lost: formatCount(losses),
    tied: formatCount(shown.ties),
  });
  const { chance, chanceLow, chanceHigh } = shown;
  if (chance === null || chanceLow === null || chanceHigh === null) {
    return (
      <td className={classes(look, 'text-muted-foreground')} title={judged}>
        {formatCount(wins)} : {formatCount(losses)}
      </td>
    );
  }
  const isDecided = chanceLow > 0.5 || chanceHigh < 0.5;
  const [a, b] = (pair ? [row, column] : [column, row]).map(nameOf) as [string, string];
  const told = {
    ...{ a, b, judged },
    chance: ofHundred(chance),
    low: ofHundred(chanceLow),
    high: ofHundred(chanceHigh),
  };
  const [low, value, high] = pair ? [chanceLow, chance, chanceHigh] : [1 - chanceHigh, 1 - chance, 1 - chanceLow];
  return (
    <td
      className={classes(look, isDecided && value > 0.5 && 'bg-primary-soft')}
      title={isDecided ? texts.pairTold(told) : texts.pairOpen(told)}
    >
      <span className={isDecided ? 'font-semibold' : 'text-muted-foreground'}>{ofHundred(value)}</span>
      <span className="block text-xs text-muted-foreground">
        {ofHundred(low)}–{ofHundred(high)}
      </span>
    </td>
  );
}
