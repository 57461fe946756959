import type { TokenUsage } from '../../ports/language-model.ts';
import { tokenCount } from '../model-parts.ts';

/** Usage in the form of chat completions, with what others add to it. */
export interface ChatUsage {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  /** Gateways that pass on another API's names. */
  input_tokens?: unknown;
  output_tokens?: unknown;
  total_tokens?: unknown;
  prompt_tokens_details?: {
    cached_tokens?: unknown;
    /** xAI. */
    image_tokens?: unknown;
    cache_write_tokens?: unknown;
    /** LiteLLM. */
    cache_creation_tokens?: unknown;
  } | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  /** DeepSeek. */
  prompt_cache_hit_tokens?: unknown;
  /** Moonshot. */
  cached_tokens?: unknown;
  /** LiteLLM, by Anthropic's names. */
  cache_read_input_tokens?: unknown;
  cache_creation_input_tokens?: unknown;
  /** USD: of OpenRouter and LiteLLM a number, of Perplexity an object of sums. */
  cost?: unknown;
  /** OpenRouter: the operator's own key paid for the model, and `cost` is OpenRouter's fee alone. */
  is_byok?: unknown;
  cost_details?: { upstream_inference_cost?: unknown } | null;
  /** xAI: in tenths of a billionth of a USD. */
  cost_in_usd_ticks?: unknown;
}

/**
 * OpenAI counts the cache, read and written, into the prompt's tokens and the reasoning into the completion's. xAI and a few others count
 * reasoning apart, which the total gives away: it is then the sum of all three. Null where nothing was counted.
 */
export function toTokenUsage(usage: ChatUsage): TokenUsage | null {
  const prompt = tokenCount(usage.prompt_tokens ?? usage.input_tokens);
  const completion = tokenCount(usage.completion_tokens ?? usage.output_tokens);
  const reported = tokenCount(usage.completion_tokens_details?.reasoning_tokens);
  if (prompt === 0 && completion === 0) return null;
  const apart = reported > 0 && tokenCount(usage.total_tokens) >= prompt + completion + reported;
  const reasoning = apart ? reported : Math.min(reported, completion);
  const details = usage.prompt_tokens_details;
  const byOtherNames = usage.cache_read_input_tokens ?? usage.prompt_cache_hit_tokens ?? usage.cached_tokens;
  const cached = tokenCount(details?.cached_tokens) || tokenCount(byOtherNames);
  const written =
    tokenCount(details?.cache_write_tokens) ||
    tokenCount(details?.cache_creation_tokens) ||
    tokenCount(usage.cache_creation_input_tokens);
  // Gateways that use Anthropic's names may count as Anthropic does: cached tokens beside the prompt's.
  const isBeside =
    cached + written > prompt && (usage.cache_read_input_tokens ?? usage.cache_creation_input_tokens) !== undefined;
  const cacheRead = isBeside ? cached : Math.min(cached, prompt);
  const cacheWrite = isBeside ? written : Math.min(written, prompt - cacheRead);
  const input = isBeside ? prompt : prompt - cacheRead - cacheWrite;
  const images = Math.min(tokenCount(details?.image_tokens), input);
  return {
    inputTokens: input,
    ...(images > 0 && { imageInputTokens: images }),
    cachedInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite,
    outputTokens: apart ? completion : completion - reasoning,
    reasoningTokens: reasoning,
  };
}

export const nothingCounted: TokenUsage = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/** USD as the provider reported it, unchecked. Undefined: it reported no cost. */
export function toCostUsd({ cost, is_byok, cost_details, cost_in_usd_ticks }: ChatUsage): number | undefined {
  if (cost === undefined || cost === null) {
    const ticks = toNumber(cost_in_usd_ticks);
    return ticks === undefined ? undefined : ticks / 1e10;
  }
  const told = toNumber(typeof cost === 'object' ? (cost as { total_cost?: unknown }).total_cost : cost);
  if (told === undefined || is_byok !== true) return told;
  const upstream = toNumber(cost_details?.upstream_inference_cost);
  return upstream === undefined ? undefined : told + upstream;
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : undefined;
}
