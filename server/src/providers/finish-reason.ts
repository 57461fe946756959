import type { FailureCode, FinishReason } from '../ports/language-model.ts';
import { ModelFailure } from '../ports/language-model.ts';

/**
 * Maps any provider's name for why an answer ended: a gateway passes on the names of the API behind it, in any spelling. An
 * unknown name, or none, is OTHER.
 */
export function toFinishReason(name: string | null): FinishReason {
  return (name !== null && reasons.get(spelled(name))) || 'OTHER';
}

/** The failure that a finish reason such as `abort` or `network_error` tells of; null: the answer is whole. */
export function breakOf(name: string | null): ModelFailure | null {
  const failure = name !== null && breaks.get(spelled(name));
  return failure ? new ModelFailure(failure.code, failure.message) : null;
}

function spelled(name: string): string {
  return name.toLowerCase().replace(/[\s-]+/g, '_');
}

/** Names are compared in lower case, with `_` between their words. */
const namesByReason: Record<Exclude<FinishReason, 'OTHER'>, readonly string[]> = {
  STOP: ['stop', 'end_turn', 'stop_sequence', 'eos', 'eos_token', 'end', 'complete', 'completed', 'finished'],
  LENGTH: [
    'length',
    'model_length', // Mistral: the context is full
    'max_tokens',
    'max_token',
    'max_output_tokens',
    'max_completion_tokens',
    'max_length',
    'token_limit',
    'model_context_window_exceeded',
    'context_window_exceeded',
    'context_length_exceeded',
  ],
  CONTENT_FILTER: [
    'content_filter',
    'content_filtered',
    'sensitive', // Zhipu
    'guardrail_intervened', // Bedrock
    'error_toxic', // Cohere
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'image_safety',
    'image_prohibited_content',
    'image_recitation',
    'model_armor',
  ],
  REFUSAL: ['refusal'],
  TOOL_CALLS: ['tool_calls', 'tool_call', 'function_call', 'tool_use'],
};

const reasons = new Map(
  Object.entries(namesByReason).flatMap(([reason, names]) => names.map((name) => [name, reason as FinishReason])),
);

const broken = { code: 'PROVIDER_ERROR', message: 'The provider broke off its answer with an error.' } as const;
const overloaded = { code: 'OVERLOADED', message: 'The provider broke off its answer for lack of resources.' } as const;
const late = { code: 'TIMEOUT', message: 'The provider broke off its answer because it took too long.' } as const;

const breaks = new Map<string, { code: FailureCode; message: string }>([
  ...[
    'error', // Mistral, OpenRouter
    'abort', // vLLM, SGLang
    'aborted',
    'cancel',
    'cancelled',
    'canceled',
    'network_error', // Zhipu
    'failed',
    'failure',
    'exception',
    'interrupted',
    'server_error',
    'internal_error',
    'internal_server_error',
    'engine_error',
    'unknown_error',
    'upstream_error',
    'connection_error',
  ].map((name) => [name, broken] as const),
  ...['insufficient_system_resource', 'overloaded'].map((name) => [name, overloaded] as const), // DeepSeek
  ...['timeout', 'time_limit'].map((name) => [name, late] as const),
]);
