import { randomInt } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findHiddenTurn, setUnpaced } from '../../database/judging/hidden-turns.ts';
import { standInId } from '../catalogue/catalogue.ts';
import { EqualPace } from './equal-pace.ts';
import type { News, ResponseReader } from './response-reader.ts';

/** How soon a reader looks again for what only time holds back. */
export const HELD_BACK_MS = 50;

/** UTF-16 code units. */
const [LAG_MIN, LAG_MAX] = [16, 64];

/** The lanes of a blind turn as its member follows them: without their models, and at one pace. */
export class HiddenLanes {
  /** Null: they are shown as they come. */
  readonly #pace: EqualPace | null;

  constructor({ paced, withMerge = false }: { paced: boolean; withMerge?: boolean }) {
    // A lag that nobody knows.
    this.#pace = paced ? new EqualPace({ lag: withMerge ? randomInt(LAG_MIN, LAG_MAX) : 0 }) : null;
  }

  get isHeldBack(): boolean {
    return this.#pace?.isHeldBack ?? false;
  }

  /** Adds what of the unfinished readers' responses is to be told, to `events`. @returns whether there is more to read */
  read(readers: readonly ResponseReader[], events: News[], now = performance.now()): boolean {
    // Readers are made in the order of their news, which would tell who was first. Ids are made in the order of lanes.
    const inOrder = readers.filter(({ source }) => source !== null).sort(byId);
    const limit = this.#pace?.advance(inOrder.filter(isPaced).map(writtenOf), now) ?? Number.POSITIVE_INFINITY;
    let behind = false;
    for (const reader of inOrder) {
      if (reader.finished || !reader.source) continue;
      reader.readHidden(events, standInId(reader.source.lane), isPaced(reader) ? limit : Number.POSITIVE_INFINITY);
      behind ||= reader.behind;
    }
    return behind;
  }
}

function byId(one: ResponseReader, other: ResponseReader): number {
  return one.responseId < other.responseId ? -1 : 1;
}

/** What was asked for later, such as a merge, comes by itself. */
function isPaced({ source }: ResponseReader): boolean {
  return source?.ofNewTurn === true;
}

function writtenOf({ source }: ResponseReader) {
  return { length: source?.text.length ?? 0, ended: source?.state === 'final' };
}

/**
 * How the turn's lanes are to be followed; null: they are not hidden. A reader who wants them unpaced is noted in the turn
 * before anything is shown.
 */
export async function findHiddenLanes(
  db: Kysely<Database>,
  userId: string,
  { turnId, paced }: { turnId: string; paced: boolean },
): Promise<HiddenLanes | null> {
  if (!paced) return (await setUnpaced(db, userId, turnId)) ? new HiddenLanes({ paced }) : null;
  const turn = await findHiddenTurn(db, userId, turnId);
  return turn ? new HiddenLanes({ paced: !turn.unpaced, withMerge: turn.withMerge }) : null;
}
