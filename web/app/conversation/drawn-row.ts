import type { TurnFieldsFragment } from '../graphql/generated/graphql.ts';

/** How much is drawn in one go, in characters. One turn is drawn in any case. */
const atOnceMax = 20_000;
/** How many characters a lane counts for beside its text: its buttons and figures. */
const laneWeight = 1_500;
/** So many turns more at the end are new ones that the member has asked for, and not loaded ones. */
const askedMax = 2;

/** What of a turn says how much work it is to draw it. */
export type DrawableTurn = Pick<TurnFieldsFragment, 'id' | 'prompt'> & {
  responses: readonly Pick<TurnFieldsFragment['responses'][number], 'text' | 'reasoning'>[];
};

/** A row of turns: the place of the first, and that behind the last. */
export type Row = [first: number, end: number];

/** The turn at which the conversation opens. The server renders it alone: the page's data hold the others. */
export function openedOf(shown: readonly DrawableTurn[], openedAt: string | null): Row {
  if (shown.length === 0) return [0, 0];
  const at = shown.findIndex(({ id }) => id === openedAt);
  const opened = at < 0 ? shown.length - 1 : at;
  return [opened, opened + 1];
}

interface Drawn {
  /** The keys of the turns that are drawn. */
  held: ReadonlySet<string>;
  openedAt: string | null;
  /** Whether it is time for more. */
  extends: boolean;
}

/** The turns to be drawn now, beginning with those that are drawn. */
export function drawnOf(shown: readonly DrawableTurn[], keys: readonly string[], drawn: Drawn): Row {
  const isDrawn = (key: string) => drawn.held.has(key);
  const first = keys.findIndex(isDrawn);
  if (first < 0) return extended(shown, openedOf(shown, drawn.openedAt), false);
  const end = keys.findLastIndex(isDrawn) + 1;
  const here = new Set(keys);
  const isReplaced = [...drawn.held].some((key) => !here.has(key));
  // Another branch takes the place of this one as a whole. Turns that only left took nobody's place.
  if (isReplaced && end - first < shown.length) return [0, shown.length];
  const row: Row = [first, shown.length - end <= askedMax ? shown.length : end];
  return drawn.extends ? extended(shown, row, true) : row;
}

/** The row with turns on both sides, as many as are drawn in one go; one more in any case if it `hasTo` grow. */
function extended(shown: readonly DrawableTurn[], [first, end]: Row, hasTo: boolean): Row {
  let room = hasTo ? atOnceMax : atOnceMax - weightOf(shown.slice(first, end));
  let isFirst = hasTo;
  const takes = (turn: DrawableTurn | undefined): boolean => {
    if (!turn) return false;
    room -= weightOf([turn]);
    const fits = room >= 0 || isFirst;
    isFirst = false;
    return fits;
  };
  for (let [after, before] = [true, true]; after || before; ) {
    after = after && takes(shown[end]);
    if (after) end += 1;
    before = before && takes(shown[first - 1]);
    if (before) first -= 1;
  }
  return [first, end];
}

function weightOf(turns: readonly DrawableTurn[]): number {
  return turns.reduce(
    (sum, { prompt, responses }) =>
      responses.reduce(
        (all, { text, reasoning }) => all + text.length + reasoning.length + laneWeight,
        sum + prompt.length,
      ),
    0,
  );
}
