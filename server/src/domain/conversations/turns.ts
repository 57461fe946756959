import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { setUnpaced } from '../../database/judging/hidden-turns.ts';
import { findResponses, findResponsesOfTurns, findWritingTurnIds, type ResponseRow } from '../../database/responses.ts';
import { findTurns, type TurnRow } from '../../database/turns.ts';
import { setChosen, setShown } from '../../database/versions.ts';
import { type Stopping, stopEverywhere } from '../answering/stopping.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { requireNotPending } from './pending.ts';

export { findSiblings, findTurnsWithin, type RoomyTurnRow, type TurnRow } from '../../database/turns.ts';

/**
 * Stops a turn's live responses, all or the named ones; their text so far is kept and charged. Where a merge hides among the
 * others, it is the last to end: that some could be stopped and others not tells which it is, and the turn is marked.
 */
export async function stopResponses(
  stopping: Stopping,
  userId: string,
  turnId: string,
  responseIds: readonly string[] | null,
): Promise<TurnRow> {
  const { db } = stopping;
  const turn = await requireTurn(db, userId, turnId);
  const responses = await findResponsesOfTurns(db, userId, [turnId]);
  const unknown = responseIds?.find((id) => !responses.some((response) => response.id === id));
  if (unknown !== undefined) throw new NotFoundError('response');
  const areAll = responses.every(({ id, regenerated }) => regenerated || !responseIds || responseIds.includes(id));
  const isWritten = responses.some(({ finished_at }) => finished_at === null);
  const isMarked = turn.with_merge && isWritten && !areAll && (await setUnpaced(db, userId, turnId));
  const running = responses.filter(
    ({ id, finished_at }) => finished_at === null && (responseIds === null || responseIds.includes(id)),
  );
  await stopEverywhere(stopping, running);
  return { ...turn, unpaced: turn.unpaced || isMarked };
}

/** Of so many turns of a conversation it is told at once that they are being written; few members ask more. */
export const WRITING_MAX = 6;

/** The ids of the conversation's turns with an answer that is being written, whichever branch is shown. */
export function writingTurns(db: Kysely<Database>, userId: string, conversationId: string): Promise<string[]> {
  return findWritingTurnIds(db, userId, { conversationId, limit: WRITING_MAX });
}

/**
 * Makes the response's lane show it, so that later turns are sent its text, and makes it the turn's chosen answer,
 * which they take for a model without an answer of its own. With `laneOnly` it only does the first, and the response
 * may be in any state.
 */
export async function chooseResponse(
  db: Kysely<Database>,
  userId: string,
  { responseId, laneOnly }: { responseId: string; laneOnly: boolean },
): Promise<TurnRow> {
  const [response] = await findResponses(db, userId, [responseId]);
  if (!response) throw new NotFoundError('response');
  const { finished_at, text, turn_id: turnId, lane } = response;
  if (!laneOnly) await requireNothingPending(db, userId, turnId);
  if (!laneOnly && (finished_at === null || text.trim() === '')) {
    throw new InvalidInputError('responseId', 'Only a finished answer with a text can be chosen.');
  }
  await db.transaction().execute(async (trx) => {
    await showVersion(trx, response);
    if (!laneOnly) await setChosen(trx, { userId, turnId, responseId, lane, ofLane: false });
  });
  return requireTurn(db, userId, turnId);
}

/** @throws InvalidInputError */
async function requireNothingPending(db: Kysely<Database>, userId: string, turnId: string): Promise<void> {
  const turn = await requireTurn(db, userId, turnId);
  if (turn.blind) requireNotPending(turn, await findResponsesOfTurns(db, userId, [turnId]), 'responseId');
}

async function requireTurn(db: Kysely<Database>, userId: string, id: string): Promise<TurnRow> {
  const [turn] = await findTurns(db, userId, [id]);
  if (!turn) throw new NotFoundError('turn');
  return turn;
}

/** Makes the response's lane show it, and makes it the turn's chosen answer if that is of this lane. */
export async function showVersion(db: Kysely<Database>, response: ResponseRow): Promise<void> {
  const { id, turn_id, user_id, lane } = response;
  const choice = { userId: user_id, turnId: turn_id, responseId: id, lane };
  await setShown(db, choice);
  await setChosen(db, { ...choice, ofLane: true });
}
