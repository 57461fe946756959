import type { Logger } from 'pino';
import type { FailureCode, TokenUsage } from '../ports/language-model.ts';
import type { Asker, Observer } from '../ports/observer.ts';

/** Writes one line for each prompt, attempt and settlement: ids, figures and times. */
export function createEventLog(log: Logger): Observer {
  return {
    promptAdmitted({ kind, turnId, conversationId, creditAccountId, responses, durationMs, ...asker }) {
      log.info(
        { ...idsOf(asker), kind, turnId, conversationId, creditAccountId, responses, durationMs: rounded(durationMs) },
        'A prompt was admitted.',
      );
    },
    promptRefused({ kind, refusal, durationMs, ...asker }) {
      log.info({ ...idsOf(asker), kind, refusal, durationMs: rounded(durationMs) }, 'A prompt was refused.');
    },
    attemptEnded(ended) {
      const { turnId, responseId, attempt, modelId, providerId, status, failureCode: code, finishReason } = ended;
      const isForOperator = code !== null && operatorsFailures.has(code);
      log[isForOperator ? 'warn' : 'info'](
        {
          ...idsOf(ended),
          turnId,
          responseId,
          attempt,
          modelId,
          providerId,
          status,
          ...(code !== null && { code }),
          ...(finishReason !== null && { finishReason }),
          ...tokensOf(ended.usage),
          ...(ended.firstTokenMs !== null && { firstTokenMs: ended.firstTokenMs }),
          durationMs: rounded(ended.durationMs),
        },
        status === 'FAILED' ? 'A model failed.' : 'A model answered.',
      );
    },
    responseEnded(ended) {
      const { turnId, responseId, modelId, servedBy, providerId, creditAccountId, creditsHeld, settled } = ended;
      // Why a response could not be settled is an error with a line of its own.
      if (!settled) return;
      const { status, failureCode: code, finishReason, usageEstimated, creditsCharged } = settled;
      log.info(
        {
          ...idsOf(ended),
          turnId,
          responseId,
          modelId,
          ...(servedBy !== modelId && { servedBy }),
          providerId,
          creditAccountId,
          status,
          ...(code !== null && { code }),
          ...(finishReason !== null && { finishReason }),
          ...tokensOf(settled.usage),
          ...(usageEstimated && { usageEstimated }),
          creditsHeld,
          creditsCharged,
          ...(ended.firstTokenMs !== null && { firstTokenMs: ended.firstTokenMs }),
          durationMs: rounded(ended.durationMs),
          settlementMs: rounded(settled.durationMs),
        },
        ended.recovered ? 'A response that another process left was made final.' : 'A response was settled.',
      );
    },
  };
}

/** Failures that last until the operator does something about them. */
const operatorsFailures: ReadonlySet<FailureCode> = new Set(['AUTHENTICATION', 'QUOTA_EXCEEDED', 'MODEL_NOT_FOUND']);

function idsOf({ origin, memberId, apiKeyId }: Asker) {
  return {
    ...(origin && { requestId: origin.requestId }),
    memberId,
    ...(apiKeyId !== null && { apiKeyId }),
  };
}

function tokensOf(usage: TokenUsage | null) {
  if (!usage) return {};
  const { inputTokens, cachedInputTokens, cacheWriteInputTokens, outputTokens, reasoningTokens } = usage;
  return {
    inputTokens: inputTokens + cachedInputTokens + cacheWriteInputTokens,
    outputTokens: outputTokens + reasoningTokens,
  };
}

/** Milliseconds with at most one digit behind the point. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
