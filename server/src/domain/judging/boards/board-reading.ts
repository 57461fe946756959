import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import {
  type BoardFilter,
  type BoardPlace,
  countLeftOut,
  findBoardPage,
  type LeftOutRow,
} from '../../../database/judging/board-verdicts.ts';
import { inSlices } from '../../ground/time-slice.ts';
import { joinedVerdicts, keptVerdicts, type Verdicts } from '../ratings/verdicts.ts';
import { type Contestant, Places, readPage } from './board-page.ts';

export type { Contestant } from './board-page.ts';

export interface BoardVerdicts {
  /** In the order of their times. */
  verdicts: Verdicts;
  /** What the places in the verdicts' lanes mean. */
  contestants: Contestant[];
  leftOut: LeftOutRow;
  /** Whether there are more verdicts, or more contestants, than a board counts. */
  isCut: boolean;
}

/** A board counts the newest verdicts, and the contestants with the most of them. */
const VERDICTS_MAX = 200_000;
const CONTESTANTS_MAX = 100;
/** The database looks through all answers for each page, and has a page in its memory. */
const PAGE = 100_000;

/** Reads the verdicts of a board, page by page. */
export async function readBoardVerdicts(
  db: Kysely<Database>,
  filter: BoardFilter,
  { page: limit = PAGE } = {},
): Promise<BoardVerdicts> {
  const places = new Places();
  const pages: Verdicts[] = [];
  let count = 0;
  let behind: BoardPlace | null = null;
  do {
    const rows = await findBoardPage(db, filter, { behind, limit });
    const { verdicts, end } = await inSlices(readPage(rows, places));
    pages.unshift(verdicts);
    count += verdicts.count;
    behind = end;
  } while (behind && count < VERDICTS_MAX);
  const leftOut = filter.blindOnly ? await countLeftOut(db, filter) : { open: 0, named: 0, unpaced: 0 };
  const verdicts = joinedVerdicts(pages);
  const { contestants } = places;
  if (contestants.length <= CONTESTANTS_MAX) return { verdicts, contestants, leftOut, isCut: behind !== null };
  return { ...(await inSlices(withMostVerdicts(verdicts, contestants))), leftOut, isCut: true };
}

/** Leaves out the answers of contestants beyond the most that are rated, and verdicts that then compare nothing. */
function* withMostVerdicts(
  verdicts: Verdicts,
  contestants: readonly Contestant[],
): Generator<void, Pick<BoardVerdicts, 'verdicts' | 'contestants'>> {
  const counts = new Float64Array(contestants.length);
  for (const model of verdicts.models) counts[model] = (counts[model] as number) + 1;
  yield;
  const kept = contestants
    .map((_, place) => place)
    .sort((one, other) => (counts[other] as number) - (counts[one] as number))
    .slice(0, CONTESTANTS_MAX);
  const newPlaces: (number | undefined)[] = contestants.map(() => undefined);
  kept.forEach((place, index) => {
    newPlaces[place] = index;
  });
  return {
    contestants: kept.map((place) => contestants[place] as Contestant),
    verdicts: yield* keptVerdicts(verdicts, newPlaces),
  };
}
