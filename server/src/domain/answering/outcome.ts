import type { Kysely } from 'kysely';
import type { Database, StoredCitation } from '../../database/database.ts';
import { findMadeFiles } from '../../database/files/files.ts';
import { findChunks } from '../../database/response-chunks.ts';
import type { AnyResponseRow } from '../../database/responses.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { modelAsAsked } from '../catalogue/kept-prices.ts';
import { countTokens } from '../ground/tokens.ts';
import { placesOf, withMadeFiles } from './answer-parts.ts';
import type { AgentEnd, Candidate, GenerationJob } from './generation-job.ts';
import type { Attempt, LiveResponse } from './live-responses.ts';
import type { AttemptResult } from './requests/attempt-result.ts';
import { type Outcome, textSoFar, toAttempt } from './stored-response.ts';
import { chargedUsage, countedUsage, IMAGE_OUTPUT_TOKENS } from './token-usage.ts';

/** The outcome of a response that ends in this process. */
export async function outcomeOf(
  job: GenerationJob,
  response: LiveResponse,
  candidate: Candidate,
  result: AttemptResult,
  durationMs: number,
): Promise<Outcome> {
  const status = response.stopReason ?? (result.failure ? 'FAILED' : 'COMPLETED');
  const failure = status === 'FAILED' && result.failure ? result.failure : null;
  const text = response.text.toString();
  const reasoning = response.reasoning.toString();
  const { usage, estimated, isPartial } = await chargedUsage({
    status,
    reported: result.usage,
    reportOutdated: result.usageOutdated,
    text: text.slice(response.before.text.length) + callsIn(response),
    reasoning: reasoning.slice(response.before.reasoning.length),
    refusal: result.refusal,
    images: response.images.length,
    content: { system: job.system, messages: candidate.messages, options: job.call?.options ?? {} },
    fileRule: candidate.model.fileRule,
  });
  return {
    status,
    text,
    reasoning,
    parts: response.parts,
    refusal: result.refusal === '' ? null : result.refusal,
    citations: joined(job.before?.citations ?? [], result.citations),
    finishReason: status === 'COMPLETED' ? result.finishReason : null,
    shortenedBy: status === 'COMPLETED' ? shortenedBy(result, candidate) : null,
    stoppedAt: status === 'COMPLETED' ? result.stoppedAt : null,
    failure: failure && { code: failure.code, message: failure.message },
    retryAfterMs: failure?.retryAfterMs ?? null,
    usage,
    usageEstimated: estimated,
    costUsd: result.costUsd,
    costIsPartial: isPartial,
    attempts: response.attempts,
    servedBy: candidate.model,
    filesSent: candidate.files ?? null,
    firstTokenMs: response.firstTokenMs,
    durationMs: Math.round(durationMs),
  };
}

/** The outcome of a response that was written step by step. */
export function agentsOutcome(response: LiveResponse, end: AgentEnd, durationMs: number): Outcome {
  const status = response.stopReason ?? (end.failure ? 'FAILED' : 'COMPLETED');
  const failure = status === 'FAILED' && end.failure ? end.failure : null;
  const { spent, candidate } = end;
  return {
    status,
    text: response.text.toString(),
    reasoning: response.reasoning.toString(),
    parts: response.parts,
    refusal: end.refusal === '' ? null : end.refusal,
    citations: end.citations,
    finishReason: status === 'COMPLETED' ? end.finishReason : null,
    shortenedBy: status === 'COMPLETED' ? end.shortenedBy : null,
    stoppedAt: null,
    failure: failure && { code: failure.code, message: failure.message },
    retryAfterMs: null,
    usage: spent.usage,
    usageEstimated: spent.estimated,
    costUsd: null,
    costIsPartial: false,
    spent: { credits: spent.credits, usd: spent.usd },
    attempts: response.attempts,
    servedBy: candidate.model,
    filesSent: candidate.files ?? null,
    firstTokenMs: response.firstTokenMs,
    durationMs: Math.min(Math.round(durationMs), DURATION_MS_MAX),
  };
}

/** Credits shorten an answer at its account's last word, or by the length that the account allowed its model. */
function shortenedBy({ isShortened, finishReason }: AttemptResult, { isBoundByCredits }: Candidate): 'CREDITS' | null {
  return isShortened || (isBoundByCredits && finishReason === 'LENGTH') ? 'CREDITS' : null;
}

/** What the model wrote to call tools, which is billed like text. */
function callsIn({ calls }: LiveResponse): string {
  return calls.map((call) => `${call.name}${call.arguments}`).join('');
}

function joined(before: readonly StoredCitation[], citations: readonly StoredCitation[]): readonly StoredCitation[] {
  const isNew = ({ url }: StoredCitation) => before.every((known) => known.url !== url);
  return before.length === 0 ? citations : [...before, ...citations.filter(isNew)];
}

/** The largest integer of the database, in ms: some 24 days. */
const DURATION_MS_MAX = 2 ** 31 - 1;

/** The outcome of a response that another process wrote, as far as it was journalled. */
export async function outcomeFromJournal(
  db: Kysely<Database>,
  catalogue: Catalogue,
  row: AnyResponseRow,
  status: 'STOPPED' | 'INTERRUPTED',
): Promise<Outcome> {
  const chunks = await findChunks(db, [row.id]);
  const { text, reasoning } = textSoFar(row, chunks);
  const made = await findMadeFiles(db, row.id);
  const usage =
    chunks.length === 0 && made.length === 0
      ? null
      : countedUsage({
          inputTokens: row.input_tokens_expected,
          outputTokens: (await countTokens(text.slice(row.text.length))) + made.length * IMAGE_OUTPUT_TOKENS,
          reasoningTokens: await countTokens(reasoning.slice(row.reasoning.length)),
        });
  const durationMs = Math.min(Math.max(0, Date.now() - row.created_at.getTime()), DURATION_MS_MAX);
  return {
    status,
    text,
    reasoning,
    parts: withMadeFiles(placesOf({ text, reasoning, parts: row.parts }), made),
    refusal: null,
    citations: row.citations,
    finishReason: null,
    shortenedBy: null,
    stoppedAt: null,
    failure: null,
    retryAfterMs: null,
    usage,
    usageEstimated: usage !== null,
    costUsd: null,
    costIsPartial: false,
    attempts: withAttemptUnderWay(row, durationMs),
    servedBy: modelAsAsked(catalogue, row.served_by ?? row.model_id, row.prices),
    filesSent: null,
    firstTokenMs: row.first_token_ms,
    durationMs,
  };
}

/** Adds the attempt under way to the stored ones: of that one, only the model was written down. */
function withAttemptUnderWay(row: AnyResponseRow, durationMs: number): Attempt[] {
  const attempts = row.attempts.map(toAttempt);
  const [last] = attempts.slice(-1);
  if (row.served_by === null || last?.modelId === row.served_by) return attempts;
  const startedAt = last ? new Date(last.startedAt.getTime() + last.durationMs) : row.created_at;
  return [...attempts, { modelId: row.served_by, startedAt, durationMs, failure: null }];
}
