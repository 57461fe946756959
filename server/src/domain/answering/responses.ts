import type { Kysely } from 'kysely';
import type { Database, StoredAttempt } from '../../database/database.ts';
import {
  type ChunkRow,
  findChunks,
  findResponses,
  findResponsesOfTurnsWithin,
  findResponsesWithin,
  type ResponseRow,
  type RoomyResponseRow,
} from '../../database/responses.ts';
import { failureCodes } from '../../ports/language-model.ts';
import type { Attempt, Failure, LiveResponse, LiveResponses, ResponseNotice } from './live-responses.ts';

export type { StoredCitation } from '../../database/database.ts';
export type { ResponseRow, RoomyResponseRow } from '../../database/responses.ts';
export { type FinishReason, failureCodes, finishReasons, isRetryable } from '../../ports/language-model.ts';

interface Reading {
  db: Kysely<Database>;
  live: LiveResponses;
}

/**
 * The member's responses by their ids, in any order; what still runs with its text so far. Of the others' texts
 * `bytesMax` are read; what is beyond is withheld.
 */
export async function loadResponses(
  { db, live }: Reading,
  userId: string,
  wanted: { ids: readonly string[]; bytesMax: number },
) {
  return withTextSoFar(db, live, await findResponsesWithin(db, userId, wanted));
}

/** The same for those of these turns, by turn, lane and age; without `superseded` only the version that each lane shows. */
export async function loadResponsesOfTurns(
  { db, live }: Reading,
  userId: string,
  { superseded, ...wanted }: { turnIds: readonly string[]; superseded: boolean; bytesMax: number },
) {
  const rows = await findResponsesOfTurnsWithin(db, userId, wanted);
  return withTextSoFar(db, live, superseded ? rows : shownOfLanes(rows));
}

/** What still runs, here or in another process, reads as it is now. */
async function withTextSoFar(
  db: Kysely<Database>,
  live: LiveResponses,
  rows: readonly RoomyResponseRow[],
): Promise<RoomyResponseRow[]> {
  // Looked up once: one that comes to its end from here on keeps its text for us.
  const running = new Map(rows.map(({ id }) => [id, live.get(id)]));
  const elsewhere = rows.filter(({ id, finished_at }) => finished_at === null && !running.get(id));
  const journaled = await fromJournal(db, elsewhere);
  return rows.map((row) => {
    if (row.finished_at) return row;
    const response = running.get(row.id);
    return response ? withLiveState(row, response) : (journaled.get(row.id) ?? row);
  });
}

/** What another process writes, or has made final since the rows were read: then its chunks are gone, and it is whole. */
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
    attempts: response.attempts.map(toStoredAttempt),
    first_token_ms: response.firstTokenMs,
  };
}

/** Of a response that is not final: what it goes on from, and after that its chunks, which are in order. */
export function textSoFar(
  { text, reasoning }: Pick<ResponseRow, 'text' | 'reasoning'>,
  chunks: readonly ChunkRow[],
): { text: string; reasoning: string } {
  const parts = { text, reasoning };
  for (const { part, content } of chunks) parts[part] += content;
  return parts;
}

type VersionRow = Pick<ResponseRow, 'turn_id' | 'lane' | 'created_at' | 'chosen_at'>;

/** Of each lane the version that was made or chosen last. The rows are in order of turn, lane and age. */
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

/** What a reader would have been told of a response besides its text. */
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

export function toStoredAttempt(attempt: Attempt): StoredAttempt {
  return { ...attempt, startedAt: attempt.startedAt.toISOString() };
}

/** As it was stored, by whichever version of the code. */
export function toAttempt(stored: StoredAttempt): Attempt {
  return { ...stored, startedAt: new Date(stored.startedAt), failure: stored.failure && toFailure(stored.failure) };
}

export function toFailure(stored: { code: string; message: string }): Failure {
  return { code: failureCodes.find((code) => code === stored.code) ?? 'INTERNAL', message: stored.message };
}

/** As it is billed: input and output are the totals, of which cached input and reasoning are parts. */
export interface ResponseUsage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  estimated: boolean;
}

/** Null: nothing was charged, or not yet. */
export function usageOf(row: ResponseRow): ResponseUsage | null {
  const { input_tokens, cached_input_tokens, cache_write_input_tokens, output_tokens, reasoning_tokens } = row;
  if (input_tokens === null) return null;
  return {
    inputTokens: input_tokens + (cached_input_tokens ?? 0) + (cache_write_input_tokens ?? 0),
    cachedInputTokens: cached_input_tokens ?? 0,
    outputTokens: (output_tokens ?? 0) + (reasoning_tokens ?? 0),
    reasoningTokens: reasoning_tokens ?? 0,
    estimated: row.usage_estimated ?? false,
  };
}

/** Null: it did not fail. */
export function failureOf({ failure_code, failure_message }: ResponseRow): Failure | null {
  return failure_code === null ? null : toFailure({ code: failure_code, message: failure_message ?? '' });
}
