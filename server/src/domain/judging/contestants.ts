import type { ComparedRow } from '../../database/judging/verdicts.ts';
import { shownOfLanes } from '../answering/responses.ts';

/** An answer that takes part in a comparison. */
export interface Contestant {
  /** Its place as the judge sees it, from 0. */
  lane: number;
  responseId: string;
  modelId: string;
  /** Whether it was made from other answers. */
  merged: boolean;
  /** Those of a merge's sources too: it is not to be had for less. */
  credits: number;
  firstTokenMs: number | null;
  outputTokens: number | null;
}

/** A verdict compares at least so many answers. */
export const CONTESTANTS_MIN = 2;

/** Whether none of the answers that the judge is shown is still being written. */
export function isFinal(rows: readonly ComparedRow[], order: readonly string[] | null): boolean {
  return shownTo(rows, order).every(({ finished_at }) => finished_at !== null);
}

/**
 * The answers of a turn that a verdict compares: of each lane the version that it shows, if the model that was asked
 * wrote all of it. Failed, stopped and interrupted answers are left out, empty ones, those of a model that stepped in, and
 * those that ended because credits ran out, and merges that only speak of the others.
 *
 * @param rows all responses of the turn, by lane and age
 * @param order the responses that the judge was shown, in the order in which they were; null: all, by lane
 */
export function contestantsOf(rows: readonly ComparedRow[], order: readonly string[] | null): Contestant[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return shownTo(rows, order).flatMap((row, place) => {
    const written = writtenWith(row, byId);
    if (!isComplete(row) || !answersPrompt(row) || !written.every(isOfAskedModel)) return [];
    return {
      lane: order === null ? row.lane : place,
      responseId: row.id,
      modelId: row.model_id,
      merged: row.merge !== null,
      credits: creditsOf(row, byId),
      firstTokenMs: written[0]?.first_token_ms ?? null,
      outputTokens: sum(written.map(({ output_tokens }) => output_tokens)),
    };
  });
}

/** The answers of a turn that may be contestants, as far as its member can know while its models are hidden. */
export function seemingContestants(rows: readonly ComparedRow[]): ComparedRow[] {
  return shownOfLanes(rows).filter((row) => row.status === 'COMPLETED' && row.has_content && answersPrompt(row));
}

function shownTo(rows: readonly ComparedRow[], order: readonly string[] | null): ComparedRow[] {
  if (order === null) return shownOfLanes(rows);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return order.flatMap((id) => byId.get(id) ?? []);
}

/** The response, and before it those that it continues, oldest first. */
function writtenWith(row: ComparedRow, byId: ReadonlyMap<string, ComparedRow>): ComparedRow[] {
  const written = [row];
  for (let before = earlierPart(row, byId); before; before = earlierPart(before, byId)) written.push(before);
  return written.reverse();
}

function earlierPart({ continues_id }: ComparedRow, byId: ReadonlyMap<string, ComparedRow>): ComparedRow | undefined {
  return continues_id === null ? undefined : byId.get(continues_id);
}

function isComplete({ status, has_content, shortened_by }: ComparedRow): boolean {
  return status === 'COMPLETED' && has_content && shortened_by === null;
}

/** A merge that compares its sources, or says which is best, is no answer to the prompt. */
function answersPrompt({ merge }: ComparedRow): boolean {
  return merge === null || merge.mode === 'COMBINE';
}

/** All that the answer cost, with what it continues and what it was made from: each response counts once. */
function creditsOf(row: ComparedRow, byId: ReadonlyMap<string, ComparedRow>): number {
  const paid = new Set([row]);
  // The walk reaches what is added on its way, and nothing twice: merges of merges may share all their sources.
  for (const { continues_id, merge } of paid) {
    for (const id of [continues_id, ...(merge?.sourceIds ?? [])]) {
      const source = id === null ? undefined : byId.get(id);
      if (source) paid.add(source);
    }
  }
  return [...paid].reduce((total, { credits_charged }) => total + (credits_charged ?? 0), 0);
}

function isOfAskedModel({ served_by, model_id }: ComparedRow): boolean {
  return served_by === model_id;
}

function sum(figures: readonly (number | null)[]): number | null {
  return figures.reduce((total, figure) => (total === null || figure === null ? null : total + figure), 0);
}

/** What a lane or place is called where names are hidden: A, B, …, Z, AA. */
export function letterOf(lane: number): string {
  const last = String.fromCharCode(65 + (lane % 26));
  return lane < 26 ? last : letterOf(Math.floor(lane / 26) - 1) + last;
}
