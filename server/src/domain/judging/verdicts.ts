import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findHiddenTurnIds } from '../../database/judging/hidden-turns.ts';
import {
  findComparedResponses,
  findTopics,
  findVerdicts,
  findVerdictsOfTurns,
  type TopicRow,
  type VerdictRow,
} from '../../database/judging/verdicts.ts';
import { findImportedVerdicts } from '../../database/keeping/kept-conversations.ts';
import { findTurns, type TurnRow } from '../../database/turns.ts';
import { requireKept } from '../conversations/temporary.ts';
import { NotFoundError } from '../ground/errors.ts';
import type { Ballot } from './ballot.ts';
import { CONTESTANTS_MIN, contestantsOf, isFinal, seemingContestants } from './contestants.ts';
import { giveVerdict, type Judging } from './giving.ts';
import { mayJudge } from './may-judge.ts';

export type { TopicRow } from '../../database/judging/verdicts.ts';
export { revealTurn } from '../conversations/revealing.ts';

/** A verdict as its member reads it. One that came from a file has the id of its turn, counts nowhere and never changes. */
export interface OwnVerdict extends Pick<VerdictRow, (typeof toldColumns)[number]> {
  imported: boolean;
}

const toldColumns = [
  ...(['id', 'kind', 'topic', 'note', 'blind', 'unpaced', 'named'] as const),
  ...(['created_at', 'changed_at', 'contestants'] as const),
] as const;

/** The member's own verdicts on these turns; null for a turn that they have not judged. */
export async function verdictsOfTurns(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<(OwnVerdict | null)[]> {
  const own = await findVerdictsOfTurns(db, userId, turnIds);
  const given = new Map(own.map((verdict) => [verdict.turn_id, { ...verdict, imported: false }]));
  const imported = await importedVerdicts(
    db,
    userId,
    turnIds.filter((id) => !given.has(id)),
  );
  return turnIds.map((id) => given.get(id) ?? imported.get(id) ?? null);
}

/** The member's own verdicts of these ids. */
export async function ownVerdicts(db: Kysely<Database>, userId: string, ids: readonly string[]): Promise<OwnVerdict[]> {
  const given = await findVerdicts(db, userId, ids);
  const known = new Set(given.map(({ id }) => id));
  const imported = await importedVerdicts(
    db,
    userId,
    ids.filter((id) => !known.has(id)),
  );
  return [...given.map((verdict) => ({ ...verdict, imported: false })), ...imported.values()];
}

async function importedVerdicts(
  db: Kysely<Database>,
  userId: string,
  turnIds: readonly string[],
): Promise<ReadonlyMap<string, OwnVerdict>> {
  const found = turnIds.length === 0 ? [] : await findImportedVerdicts(db, userId, turnIds);
  const verdicts = found.map(({ turn_id: id, told }): OwnVerdict => {
    const { createdAt, changedAt, ...verdict } = told;
    const times = { created_at: new Date(createdAt), changed_at: changedAt === null ? null : new Date(changedAt) };
    return { ...verdict, ...times, contestants: [...told.contestants], id, imported: true };
  });
  return new Map(verdicts.map((verdict) => [verdict.id, verdict]));
}

/**
 * The ids of the responses that a verdict on each of these turns would compare; none if it cannot be given (yet). Of a turn
 * that hides its models, they are all that may be compared: which answer is of a fallback would tell something of its model.
 */
export async function contestantsOfTurns(db: Kysely<Database>, turnIds: readonly string[]): Promise<string[][]> {
  const rows = await findComparedResponses(db, turnIds);
  const turns = turnIds.map((turnId) => {
    const ofTurn = rows.filter(({ turn_id }) => turn_id === turnId);
    if (!isFinal(ofTurn, null)) return { turnId, compared: [], seeming: [] };
    const compared = contestantsOf(ofTurn, null).map(({ responseId }) => responseId);
    return { turnId, compared, seeming: seemingContestants(ofTurn).map(({ id }) => id) };
  });
  const doubtful = turns.filter(({ compared, seeming }) => compared.length < seeming.length);
  const hidden = new Set(
    await findHiddenTurnIds(
      db,
      doubtful.map(({ turnId }) => turnId),
    ),
  );
  return turns.map(({ turnId, compared, seeming }) => {
    const told = hidden.has(turnId) ? seeming : compared;
    return told.length < CONTESTANTS_MIN ? [] : told;
  });
}

/** Gives a member's verdict on a turn of theirs. @throws DomainError, as `giveVerdict` does */
export async function judgeTurn(
  judging: Judging,
  userId: string,
  { turnId, ...ballot }: Ballot & { turnId: string },
): Promise<TurnRow> {
  const view = await mayJudge(judging.db, userId, turnId);
  if (!view) throw new NotFoundError('turn');
  await requireKept(judging.db, [turnId], 'turnId');
  await giveVerdict(judging, { ...ballot, ...view, judge: { userId }, turnId });
  return requireTurn(judging.db, userId, turnId);
}

async function requireTurn(db: Kysely<Database>, userId: string, id: string): Promise<TurnRow> {
  const [turn] = await findTurns(db, userId, [id]);
  if (!turn) throw new NotFoundError('turn');
  return turn;
}

const TOPICS_MAX = 100;

/** The topics that are in use, the most frequent first; at most a hundred. */
export function suggestTopics(db: Kysely<Database>): Promise<TopicRow[]> {
  return findTopics(db, TOPICS_MAX);
}

/** When a verdict can be changed for the last time. */
export function changeableUntil({ created_at, imported }: Pick<OwnVerdict, 'created_at' | 'imported'>): Date {
  return imported ? created_at : new Date(created_at.getTime() + DAY_MS);
}

const DAY_MS = 24 * 60 * 60 * 1000;
