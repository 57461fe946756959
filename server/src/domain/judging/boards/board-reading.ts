import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import {
  type BoardFilter,
  type BoardVerdictRow,
  countLeftOut,
  findBoardVerdicts,
  type LeftOutRow,
} from '../../../database/judging/board-verdicts.ts';
import type { Verdict, VerdictLane } from '../ratings/votes.ts';

/** What is rated: a model by its own answers, or by those that it made of others' answers. */
export interface Contestant {
  modelId: string;
  merged: boolean;
}

export interface BoardVerdicts {
  /** In the order of their times. */
  verdicts: Verdict[];
  /** What the places in the verdicts' lanes mean. */
  contestants: Contestant[];
  leftOut: LeftOutRow;
  /** Whether there are more verdicts, or more contestants, than a board counts. */
  isCut: boolean;
}

/** A board counts the newest verdicts, and the contestants with the most of them. */
const VERDICTS_MAX = 200_000;
const CONTESTANTS_MAX = 100;
const PAGE = 1000;

/** Reads the verdicts of a board, page by page. */
export async function readBoardVerdicts(db: Kysely<Database>, filter: BoardFilter): Promise<BoardVerdicts> {
  const places = new Places();
  const clusters = new Map<string, number>();
  const verdicts: Verdict[] = [];
  let before: BoardVerdictRow | null = null;
  let isCut = false;
  for (;;) {
    const page: BoardVerdictRow[] = await findBoardVerdicts(db, filter, { before, limit: PAGE });
    for (const row of page) verdicts.push(toVerdict(row, places, clusterOf(row, filter, clusters)));
    before = page.at(-1) ?? null;
    if (page.length < PAGE) break;
    isCut = verdicts.length >= VERDICTS_MAX;
    if (isCut) break;
  }
  const leftOut = filter.blindOnly ? await countLeftOut(db, filter) : { open: 0, named: 0, unpaced: 0 };
  const known = withMostVerdicts(verdicts.reverse(), places.contestants);
  return { ...known, leftOut, isCut: isCut || known.contestants.length < places.contestants.length };
}

/** Gives each contestant a place, in the order in which they are met. */
class Places {
  readonly contestants: Contestant[] = [];
  readonly #places = new Map<string, number>();

  placeOf(modelId: string, merged: boolean): number {
    const key = `${merged} ${modelId}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.contestants.push({ modelId, merged }) - 1;
    this.#places.set(key, place);
    return place;
  }
}

/**
 * Which verdicts hang together: all of a member's. A model judges its own way everywhere, and a board of its verdicts says no
 * more than what it would say again; there the verdicts on a prompt hang together.
 */
function clusterOf({ cluster_id, judge_number }: BoardVerdictRow, { source }: BoardFilter, known: Map<string, number>) {
  if (source === 'MEMBERS') return judge_number;
  const cluster = known.get(cluster_id) ?? known.size;
  known.set(cluster_id, cluster);
  return cluster;
}

function toVerdict(
  { judge_number, created_at, contestants }: BoardVerdictRow,
  places: Places,
  cluster: number,
): Verdict {
  return {
    judge: judge_number,
    cluster,
    at: created_at.getTime(),
    lanes: contestants.map(([modelId, answer, best, merged, credits, firstTokenMs, outputTokens, characters]) => ({
      model: places.placeOf(modelId, merged),
      ...{ answer, best, credits, firstTokenMs, outputTokens, characters },
    })),
  };
}

/** Leaves out the answers of contestants beyond the most that are rated, and verdicts that then compare nothing. */
function withMostVerdicts(
  verdicts: Verdict[],
  contestants: Contestant[],
): Pick<BoardVerdicts, 'verdicts' | 'contestants'> {
  if (contestants.length <= CONTESTANTS_MAX) return { verdicts, contestants };
  const counts = contestants.map(() => 0);
  for (const { lanes } of verdicts) for (const { model } of lanes) counts[model] = (counts[model] as number) + 1;
  const kept = contestants
    .map((_, place) => place)
    .sort((one, other) => (counts[other] as number) - (counts[one] as number))
    .slice(0, CONTESTANTS_MAX);
  const newPlaces = new Map(kept.map((place, index) => [place, index]));
  return {
    contestants: kept.map((place) => contestants[place] as Contestant),
    verdicts: verdicts.flatMap((verdict): Verdict[] => {
      const lanes = verdict.lanes.flatMap((lane): VerdictLane[] => {
        const model = newPlaces.get(lane.model);
        return model === undefined ? [] : [{ ...lane, model }];
      });
      const isBestGone = verdict.lanes.some(({ best }) => best) && !lanes.some(({ best }) => best);
      return lanes.length < 2 || isBestGone ? [] : [{ ...verdict, lanes }];
    }),
  };
}
