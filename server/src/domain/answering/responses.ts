import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { findChunks } from '../../database/response-chunks.ts';
import {
  findResponses,
  findResponsesOfTurnsWithin,
  findResponsesWithin,
  type ResponseRow,
  type RoomyResponseRow,
} from '../../database/responses.ts';
import type { Attempt, LiveResponse, LiveResponses, ResponseNotice } from './live-responses.ts';
import { textSoFar, toAttempt, toStoredAttempt } from './stored-response.ts';

export type { StoredCitation } from '../../database/database.ts';
export type { ResponseRow, RoomyResponseRow } from '../../database/responses.ts';
export { type FinishReason, failureCodes, finishReasons, isRetryable } from '../../ports/language-model.ts';

interface Reading {
  db: Kysely<Database>;
  live: LiveResponses;
}

/**
 * Loads the member's responses by their ids, in any order; a running response has its text so far. At most `bytesMax`
 * of the final ones' texts are read, the others are withheld.
 */
export async function loadResponses(
  { db, live }: Reading,
  userId: string,
  wanted: { ids: readonly string[]; bytesMax: number },
) {
  return withTextSoFar(db, live, await findResponsesWithin(db, userId, wanted));
}

/**
 * Loads the responses of these turns like `loadResponses`, by turn, lane and age; without `superseded` only the version
 * that each lane shows.
 */
export async function loadResponsesOfTurns(
  { db, live }: Reading,
  userId: string,
  { superseded, ...wanted }: { turnIds: readonly string[]; superseded: boolean; bytesMax: number },
) {
  const rows = await findResponsesOfTurnsWithin(db, userId, wanted);
  return withTextSoFar(db, live, superseded ? rows : shownOfLanes(rows));
}

/** Gives rows that are still running, here or in another process, their present state. */
async function withTextSoFar(
  db: Kysely<Database>,
  live: LiveResponses,
  rows: readonly RoomyResponseRow[],
): Promise<RoomyResponseRow[]> {
  // The live responses are looked up before anything is awaited: a response that ends meanwhile keeps its text for us.
  const running = new Map(rows.map(({ id }) => [id, live.get(id)]));
  const elsewhere = rows.filter(({ id, finished_at }) => finished_at === null && !running.get(id));
  const journaled = await fromJournal(db, elsewhere);
  return rows.map((row) => {
    if (row.finished_at) return row;
    const response = running.get(row.id);
    return response ? withLiveState(row, response) : (journaled.get(row.id) ?? row);
  });
}

/**
 * The present state of responses that another process writes. If it has made one final since the rows were read, its
 * chunks are gone and its row is complete.
 */
async function fromJournal(db: Kysely<Database>, rows: readonly ResponseRow[]): Promise<Map<string, ResponseRow>> {
  const [first] = rows;
  if (!first) return new Map();
  const ids = rows.map(({ id }) => id);
  const chunks = await findChunks(db, ids);
  const now = await findResponses(db, first.user_id, ids);
  const read = now.map((row) =>
    row.finished_at
      ? row
      : {
          ...row,
          ...textSoFar(
            row,
            chunks.filter(({ response_id }) => response_id === row.id),
          ),
        },
  );
  return new Map(read.map((row) => [row.id, row]));
}

function withLiveState(row: ResponseRow, response: LiveResponse): ResponseRow {
  return {
    ...row,
    status: response.servedBy === null ? 'QUEUED' : 'STREAMING',
    served_by: response.servedBy,
    text: response.text.toString(),
    reasoning: response.reasoning.toString(),
    parts: [...response.parts],
    attempts: response.attempts.map(toStoredAttempt),
    first_token_ms: response.firstTokenMs,
  };
}

type VersionRow = Pick<ResponseRow, 'turn_id' | 'lane' | 'created_at' | 'chosen_at'>;

/** The version of each lane that was made or chosen last. The rows must be ordered by turn, lane and age. */
export function shownOfLanes<Row extends VersionRow>(rows: readonly Row[]): Row[] {
  const shown: Row[] = [];
  for (const row of rows) {
    const last = shown.at(-1);
    if (!last || last.turn_id !== row.turn_id || last.lane !== row.lane) shown.push(row);
    else if (shownSince(row) >= shownSince(last)) shown[shown.length - 1] = row;
  }
  return shown;
}

function shownSince({ created_at, chosen_at }: VersionRow): Date {
  return chosen_at ?? created_at;
}

/** The notices that a reader of this response would have been sent. */
export function toNotices(row: Pick<ResponseRow, 'attempts' | 'served_by'>): ResponseNotice[] {
  const notices: ResponseNotice[] = [];
  let failed: Attempt | null = null;
  const models = row.attempts.map(toAttempt);
  // The attempt under way is not in the list yet.
  const underWay = row.served_by && models.at(-1)?.modelId !== row.served_by ? [row.served_by] : [];
  for (const [index, attempt] of [...models, ...underWay.map(started)].entries()) {
    if (failed?.failure && failed.modelId !== attempt.modelId) {
      notices.push({ type: 'fellBack', from: failed.modelId, to: attempt.modelId, failure: failed.failure });
    }
    notices.push({ type: 'started', servedBy: attempt.modelId, attempt: index + 1 });
    failed = attempt;
  }
  return notices;
}

function started(modelId: string): Attempt {
  return { modelId, startedAt: new Date(), durationMs: 0, failure: null };
}
