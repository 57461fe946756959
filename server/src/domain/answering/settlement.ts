import type { Kysely } from 'kysely';
import { lockCreditAccount } from '../../database/credits.ts';
import type { Database, StoredCitation } from '../../database/database.ts';
import { insertReceipt } from '../../database/receipts.ts';
import { deleteChunks, setResponseFinal } from '../../database/responses.ts';
import type { FinishReason, TokenUsage } from '../../ports/language-model.ts';
import { type Model, providerIdOf } from '../catalogue/catalogue.ts';
import { type AnswerCost, answerCost } from '../catalogue/pricing.ts';
import { settleHold } from '../money/credits.ts';
import type { Attempt, Failure } from './live-responses.ts';

/** How a response ended. */
export interface Outcome {
  status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
  text: string;
  reasoning: string;
  refusal: string | null;
  citations: readonly StoredCitation[];
  finishReason: FinishReason | null;
  failure: Failure | null;
  /** What is charged for; null: nothing (nobody got a character of it). */
  usage: TokenUsage | null;
  usageEstimated: boolean;
  /** What the provider said that it bills, in USD; null: it said nothing. */
  costUsd: number | null;
  /** Whether more was written after it said so. */
  costIsPartial: boolean;
  attempts: readonly Attempt[];
  /** The model that answered, with the prices in force; null where the catalogue does not know it any more. */
  servedBy: Model | null;
  firstTokenMs: number | null;
  durationMs: number;
}

export interface SettledResponse {
  id: string;
  userId: string;
  modelId: string;
  creditsHeld: number;
}

/**
 * Makes a response final, in one transaction: its row, the end of its journal, its hold, its charge, its receipt.
 *
 * @param owner whose lease it must be; a process that lost it changes nothing
 * @returns whether it was
 */
export async function settle(
  db: Kysely<Database>,
  owner: string,
  response: SettledResponse,
  outcome: Outcome,
): Promise<boolean> {
  const usage = outcome.usage ?? noUsage;
  const cost = costOf(outcome);
  const charged = Math.min(cost?.credits ?? 0, response.creditsHeld);
  return db.transaction().execute(async (trx) => {
    await lockCreditAccount(trx, response.userId);
    const owned = await setResponseFinal(trx, owner, response.id, finalRow(outcome, charged));
    if (!owned) return false;
    await Promise.all([
      settleHold(trx, response.userId, { held: response.creditsHeld, charged, responseId: response.id }),
      deleteChunks(trx, response.id),
      insertReceipt(trx, {
        ...receiptRow(response, outcome, cost),
        ...usageRow(usage),
        estimated: outcome.usageEstimated,
        credits: charged,
        cost_usd: cost?.usd ?? '0',
        cost_reported: cost?.reported ?? false,
      }),
    ]);
    return true;
  });
}

/** Null: nothing was used, or nobody knows the prices any more. */
function costOf({ servedBy, usage, costUsd, costIsPartial }: Outcome): AnswerCost | null {
  return servedBy && usage && answerCost(servedBy, { usage, told: costUsd, isPartial: costIsPartial });
}

const noUsage: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

function usageRow(usage: TokenUsage) {
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_input_tokens: usage.cacheWriteInputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

function finalRow(outcome: Outcome, charged: number) {
  return {
    status: outcome.status,
    text: outcome.text,
    reasoning: outcome.reasoning,
    refusal: outcome.refusal,
    citations: JSON.stringify(outcome.citations),
    finish_reason: outcome.finishReason,
    failure_code: outcome.failure?.code ?? null,
    failure_message: outcome.failure?.message ?? null,
    attempts: JSON.stringify(outcome.attempts),
    ...(outcome.usage ? usageRow(outcome.usage) : {}),
    usage_estimated: outcome.usage ? outcome.usageEstimated : null,
    served_by: outcome.servedBy?.id ?? null,
    credits_charged: charged,
    first_token_ms: outcome.firstTokenMs,
    duration_ms: outcome.durationMs,
  };
}

function receiptRow(response: SettledResponse, outcome: Outcome, cost: AnswerCost | null) {
  const modelId = outcome.servedBy?.id ?? response.modelId;
  const prices = cost?.prices ?? outcome.servedBy?.prices;
  return {
    response_id: response.id,
    user_id: response.userId,
    model_id: modelId,
    provider_id: providerIdOf(modelId),
    status: outcome.status,
    input_price: prices?.input ?? 0,
    cached_input_price: prices?.cachedInput ?? 0,
    cache_write_input_price: prices?.cacheWriteInput ?? 0,
    output_price: prices?.output ?? 0,
    request_price: prices?.perRequest ?? 0,
    credits_held: response.creditsHeld,
    first_token_ms: outcome.firstTokenMs,
  };
}
