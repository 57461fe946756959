import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database } from '../../../database/database.ts';
import { type BoardFilter, findVerdictsVersion, type LeftOutRow } from '../../../database/judging/board-verdicts.ts';
import { findMembership, findTeams } from '../../../database/teams.ts';
import { InvalidInputError, NotFoundError, RateLimitError } from '../../ground/errors.ts';
import { inSlices } from '../../ground/time-slice.ts';
import { mayReadFigures, type Viewer } from '../../people/members.ts';
import { validTopic } from '../ballot.ts';
import { type Board, boardOf } from '../ratings/board.ts';
import { wholeDays } from '../whole-days.ts';
import { type Contestant, readBoardVerdicts } from './board-reading.ts';

export interface Leaderboard extends Board {
  source: BoardFilter['source'];
  /** What the board's models are, by their places. */
  contestants: Contestant[];
  leftOut: LeftOutRow;
  /** Whether only the newest verdicts, or the contestants with the most of them, are counted. */
  isCut: boolean;
  /** How many more judges are missing for ratings. */
  judgesMissing: number;
}

export interface LeaderboardRequest {
  from?: Date | null | undefined;
  to?: Date | null | undefined;
  topic?: string | null | undefined;
  teamId?: string | null | undefined;
  source: BoardFilter['source'];
  blindOnly: boolean;
}

/** Fewer members tell nothing of how members differ. A judging model is asked for itself alone. */
const JUDGES_MIN = { MEMBERS: 3, JUDGES: 1 };

/** How many boards are kept, and how many may wait to be worked out: for all, and for one member. */
const BOARDS_MAX = 50;
const WAITING_MAX = 60;
const WAITING_OF_MEMBER_MAX = 12;

interface KeptBoard {
  /** That of the verdicts before they were read. */
  version: string;
  board: Promise<Leaderboard>;
}

/**
 * The leaderboards that members look at. A board is kept until a verdict is given, changed or deleted, here or in another
 * process. Boards are worked out one after the other, each in slices of the event loop's time.
 */
export class Leaderboards {
  readonly #db: Kysely<Database>;
  readonly #kept = new LRUCache<string, KeptBoard>({ max: BOARDS_MAX });
  /** Boards whose verdicts are not being read yet, so that whoever asks for one meanwhile may wait for the same. */
  readonly #waiting = new Map<string, { board: Promise<Leaderboard>; userId: string }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /**
   * @throws InvalidInputError (`to`, `topic`); NotFoundError if the viewer is not in the team; RateLimitError if too many boards
   * wait
   */
  async read(viewer: Viewer, request: LeaderboardRequest): Promise<Leaderboard> {
    const filter = await validFilter(this.#db, viewer, request);
    const key = JSON.stringify(filter);
    const version = await findVerdictsVersion(this.#db);
    const kept = this.#kept.get(key);
    if (kept?.version === version) return kept.board;
    return this.#waiting.get(key)?.board ?? this.#workOut(key, filter, viewer);
  }

  #workOut(key: string, filter: BoardFilter, { id: userId }: Viewer): Promise<Leaderboard> {
    const ofMember = [...this.#waiting.values()].filter((other) => other.userId === userId).length;
    if (this.#waiting.size >= WAITING_MAX || ofMember >= WAITING_OF_MEMBER_MAX) {
      throw new RateLimitError(5, 'Many leaderboards are being worked out. Try again in a few seconds.', 'SERVER_BUSY');
    }
    const board = this.#last.then(async () => {
      this.#waiting.delete(key);
      const kept = { version: await findVerdictsVersion(this.#db), board: leaderboardOf(this.#db, filter) };
      this.#kept.set(key, kept);
      return kept.board.catch((error: unknown) => {
        if (this.#kept.peek(key) === kept) this.#kept.delete(key);
        throw error;
      });
    });
    this.#waiting.set(key, { board, userId });
    this.#last = board.catch(() => {});
    return board;
  }
}

async function validFilter(db: Kysely<Database>, viewer: Viewer, request: LeaderboardRequest): Promise<BoardFilter> {
  const { from = null, to = null, teamId = null, source, blindOnly } = request;
  if (from && to && from > to) throw new InvalidInputError('to', 'The range ends before it begins.');
  const topic = validTopic(request.topic);
  if (teamId !== null && !(await maySee(db, viewer, teamId))) throw new NotFoundError('team');
  return { ...wholeDays({ from, to }), topic, teamId, source, blindOnly };
}

async function maySee(db: Kysely<Database>, viewer: Viewer, teamId: string): Promise<boolean> {
  if (mayReadFigures(viewer)) return (await findTeams(db, [teamId])).length > 0;
  return (await findMembership(db, { teamId, userId: viewer.id })) !== undefined;
}

async function leaderboardOf(db: Kysely<Database>, filter: BoardFilter): Promise<Leaderboard> {
  const { source } = filter;
  const { verdicts, contestants, leftOut, isCut } = await readBoardVerdicts(db, filter);
  const judgesMin = JUDGES_MIN[source];
  const board = await inSlices(boardOf(verdicts, { modelCount: contestants.length, judgesMin }));
  return { ...board, source, contestants, leftOut, isCut, judgesMissing: Math.max(0, judgesMin - board.judges) };
}
