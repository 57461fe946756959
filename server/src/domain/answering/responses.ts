import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  findShownResponses,
  findShownResponsesOfTurnsWithin,
  findShownResponsesWithin,
  type ShownResponseRow,
} from '../../database/judging/shown-responses.ts';
import { findChunks } from '../../database/response-chunks.ts';
import type { ResponseRow } from '../../database/responses.ts';
import { hiddenPartsOf } from './answer-parts.ts';
import type { Attempt, LiveResponse, LiveResponses, ResponseNotice } from './live-responses.ts';
import { textSoFar, toAttempt, toStoredAttempt } from './stored-response.ts';

export type { StoredCitation } from '../../database/database.ts';
export type { ShownResponseRow } from '../../database/judging/shown-responses.ts';
export type { ResponseRow } from '../../database/responses.ts';
export { type FinishReason, failureCodes, finishReasons, isRetryable } from '../../ports/language-model.ts';

interface Reading {
  db: Kysely<Database>;
  live: LiveResponses;
}

/**
 * Loads the member's responses by their ids, in any order, as the member is shown them; a running response has its text so
 * far. At most `bytesMax` of the final ones' texts are read, the others are withheld.
 */
export async function loadResponses(
  { db, live }: Reading,
  userId: string,
  wanted: { ids: readonly string[]; bytesMax: number },
) {
  return withTextSoFar(db, live, await findShownResponsesWithin(db, userId, wanted));
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
  const rows = await findShownResponsesOfTurnsWithin(db, userId, wanted);
  return withTextSoFar(db, live, superseded ? rows : shownOfLanes(rows));
}

/** Gives rows that are still running, here or in another process, their present state. */
async function withTextSoFar(
  db: Kysely<Database>,
  live: LiveResponses,
  rows: readonly ShownResponseRow[],
): Promise<ShownResponseRow[]> {
  // The live responses are looked up before anything is awaited: a response that ends meanwhile keeps its text for us.
  const running = new Map(rows.map(({ id }) => [id, live.get(id)]));
  const elsewhere = rows.filter((row) => !isComplete(row) && !running.get(row.id));
  const journaled = await fromJournal(db, elsewhere);
  return rows.map((row) => {
    if (isComplete(row)) return row;
    const response = running.get(row.id);
    return response ? withLiveState(row, response) : (journaled.get(row.id) ?? row);
  });
}

/** Whether the row has all that the member may be shown of the response now. */
function isComplete({ hidden, unpaced, status, finished_at }: ShownResponseRow): boolean {
  return hidden ? !unpaced || status !== 'STREAMING' : finished_at !== null;
}

/**
 * The present state of responses that another process writes. If it has made one final since the rows were read, its
 * chunks are gone and its row is complete.
 */
async function fromJournal(
  db: Kysely<Database>,
  rows: readonly ShownResponseRow[],
): Promise<Map<string, ShownResponseRow>> {
  const [first] = rows;
  if (!first) return new Map();
  const ids = rows.map(({ id }) => id);
  const chunks = await findChunks(db, ids);
  const now = await findShownResponses(db, first.user_id, ids);
  const read = now.map((row) => {
    if (isComplete(row)) return row;
    const { text, reasoning } = textSoFar(
      row,
      chunks.filter(({ response_id }) => response_id === row.id),
    );
    return row.hidden ? { ...row, text } : { ...row, text, reasoning };
  });
  return new Map(read.map((row) => [row.id, row]));
}

function withLiveState(row: ShownResponseRow, response: LiveResponse): ShownResponseRow {
  if (row.hidden) return { ...row, text: response.text.toString(), parts: hiddenPartsOf(response.parts) };
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
