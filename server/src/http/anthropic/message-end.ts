import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';

/** Why an answer ended and what it used, in Anthropic's form. */

export function toStop({ outcome }: AnswerEnd, hasCalls: boolean) {
  const { finishReason, refusal, stoppedAt } = outcome;
  const isRefusal = finishReason === 'REFUSAL' || finishReason === 'CONTENT_FILTER';
  const isStoppedAt = finishReason === 'STOP' && !hasCalls && stoppedAt !== null;
  return {
    stop_reason: isRefusal
      ? 'refusal'
      : finishReason === 'LENGTH'
        ? 'max_tokens'
        : hasCalls
          ? 'tool_use'
          : isStoppedAt
            ? 'stop_sequence'
            : 'end_turn',
    // Only some providers say at which of the texts an answer ended.
    stop_sequence: isStoppedAt ? stoppedAt : null,
    stop_details: isRefusal ? { type: 'refusal', category: null, explanation: refusal } : null,
  };
}

/** Tokens, and beyond Anthropic's form the credits charged. */
export function toUsage({ outcome, credits }: AnswerEnd) {
  const { usage } = outcome;
  return {
    input_tokens: usage?.inputTokens ?? 0,
    cache_creation_input_tokens: usage?.cacheWriteInputTokens ?? 0,
    cache_read_input_tokens: usage?.cachedInputTokens ?? 0,
    output_tokens: (usage?.outputTokens ?? 0) + (usage?.reasoningTokens ?? 0),
    output_tokens_details: { thinking_tokens: usage?.reasoningTokens ?? 0 },
    credits,
  };
}

/** A message before anything of it is there. */
export function toEmptyMessage({ id, model }: { id: string; model: string }) {
  return {
    id: `msg_${id.replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
  };
}

/** A call without its input. Gemini's proof of the thought behind a call is beyond Anthropic's form. */
export function toToolUse({ id, name, signature }: { id: string; name: string; signature: string | null }) {
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' }, ...(signature && { signature }) };
}
