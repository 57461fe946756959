import type { Shortening } from '../../database/agents/agent-tables.ts';
import type { StoredAttempt, StoredCitation, StoredPart } from '../../database/database.ts';
import type { ChunkRow } from '../../database/response-chunks.ts';
import type { AnyResponseRow, ResponseRow } from '../../database/responses.ts';
import { type FinishReason, failureCodes, type TokenUsage } from '../../ports/language-model.ts';
import type { Model } from '../catalogue/catalogue.ts';
import type { SentFiles } from '../ground/stored-files.ts';
import type { Attempt, Failure } from './live-responses.ts';

/** How a response ended. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
  text: string;
  reasoning: string;
  parts: readonly StoredPart[];
  refusal: string | null;
  citations: readonly StoredCitation[];
  finishReason: FinishReason | null;
  /** What ended the answer before its model did; null: nothing. */
  shortenedBy: Shortening | null;
  /** Which of a call's stop texts ended the answer; it is not stored. Null: none, or the provider does not say. */
  stoppedAt: string | null;
  failure: Failure | null;
  /** The wait that the provider asked for before another try, in milliseconds; it is not stored. Null: none. */
  retryAfterMs: number | null;
  /** The usage that is charged; null: none (nobody got a character of the response). */
  usage: TokenUsage | null;
  usageEstimated: boolean;
  /** The cost that the provider reported, in USD; null: none. */
  costUsd: number | null;
  /** Whether more was written after the provider reported `costUsd`. */
  costIsPartial: boolean;
  /** What its steps cost together, in credits and USD. Absent: it was written by one request. */
  spent?: { credits: number; usd: string };
  attempts: readonly Attempt[];
  /** The model that answered, with the prices at which it was asked; null: they are no longer known. */
  servedBy: Model | null;
  /** What the model that answered was sent of files; null: that is not known here. */
  filesSent: SentFiles | null;
  firstTokenMs: number | null;
  durationMs: number;
}

/**
 * The text so far of a response that is not final: the text that its row goes on from, then its chunks, which must be
 * in order.
 */
export function textSoFar(
  { text, reasoning }: Pick<AnyResponseRow, 'text' | 'reasoning'>,
  chunks: readonly ChunkRow[],
): { text: string; reasoning: string } {
  const parts = { text, reasoning };
  for (const { part, content } of chunks) parts[part] += content;
  return parts;
}

export function toStoredAttempt(attempt: Attempt): StoredAttempt {
  return { ...attempt, startedAt: attempt.startedAt.toISOString() };
}

/** Reads an attempt as any version of the code may have stored it. */
export function toAttempt(stored: StoredAttempt): Attempt {
  return { ...stored, startedAt: new Date(stored.startedAt), failure: stored.failure && toFailure(stored.failure) };
}

export function toFailure(stored: { code: string; message: string }): Failure {
  return { code: failureCodes.find((code) => code === stored.code) ?? 'INTERNAL', message: stored.message };
}

/** Usage as it is billed: input and output are totals, which include cached input and reasoning. */
export interface ResponseUsage {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  estimated: boolean;
}

/** The usage of a response; null: nothing was charged, or it is not final yet. */
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

/** The failure of a response; null: it did not fail. */
export function failureOf({ failure_code, failure_message }: ResponseRow): Failure | null {
  return failure_code === null ? null : toFailure({ code: failure_code, message: failure_message ?? '' });
}

export const noUsage: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

export function usageRow(usage: TokenUsage) {
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

/** What observers hear of a settlement. */
export function settlementOf({ outcome, credits }: { outcome: Outcome; credits: number }) {
  const { status, failure, finishReason, usage, usageEstimated } = outcome;
  const failureCode = failure?.code ?? null;
  return { status, failureCode, finishReason, usage, usageEstimated, creditsCharged: credits };
}

/** JSON of what a model was sent of files; null: there are none. */
export function storedFiles(files: SentFiles | undefined): string | null {
  return files && (files.forms.length > 0 || files.leftOut > 0) ? JSON.stringify(files) : null;
}

/** What a response's model was sent of files. */
export function sentFilesOf({ files_sent }: Pick<ResponseRow, 'files_sent'>): SentFiles {
  return files_sent ?? { forms: [], leftOut: 0 };
}

export function finalRow(outcome: Outcome) {
  return {
    status: outcome.status,
    text: outcome.text,
    reasoning: outcome.reasoning,
    parts: JSON.stringify(outcome.parts),
    refusal: outcome.refusal,
    citations: JSON.stringify(outcome.citations),
    finish_reason: outcome.finishReason,
    shortened_by: outcome.shortenedBy,
    failure_code: outcome.failure?.code ?? null,
    failure_message: outcome.failure?.message ?? null,
    attempts: JSON.stringify(outcome.attempts),
    ...(outcome.usage ? usageRow(outcome.usage) : {}),
    usage_estimated: outcome.usage ? outcome.usageEstimated : null,
    served_by: outcome.servedBy?.id ?? null,
    ...(outcome.filesSent && { files_sent: storedFiles(outcome.filesSent) }),
    first_token_ms: outcome.firstTokenMs,
    duration_ms: outcome.durationMs,
    // The receipt has them now.
    prices: null,
  };
}
