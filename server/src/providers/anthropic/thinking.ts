import type Anthropic from '@anthropic-ai/sdk';
import type { ModelMessage, ModelRequest, ReasoningEffort } from '../../ports/language-model.ts';
import { traitsOf } from './model-traits.ts';

/** The least thinking budget that the API takes, in tokens. */
const thinkingBudgetMin = 1024;

/** How an endpoint and its models are asked. */
export interface MessageDialect {
  /**
   * For proxies and gateways that speak the API as it was: the key goes into `x-api-key`, temperature and topP are
   * sent, and thinking is asked for by a budget. Default: the version of the SDK, a bearer token, no sampling
   * parameters (today's models take none), adaptive thinking.
   */
  legacyVersion?: '2023-06-01' | undefined;
  /** Whether a model thinks within a fixed budget only, by its name. Default: none; they think as they see fit. */
  budgetedThinking?: ((model: string) => boolean) | undefined;
  /** How often a model that may search the web may do so in one request. Default: none searches. */
  searchesMax?: ((model: string) => number) | undefined;
}

interface ThinkingPlan {
  thinking?: Anthropic.ThinkingConfigParam | undefined;
  effort?: Effort | undefined;
}

type Effort = NonNullable<Anthropic.OutputConfig['effort']>;

/** Absent fields leave the decision to the model. */
export function planThinking(request: ModelRequest, dialect: MessageDialect): ThinkingPlan {
  const { effort, reasoningTokensMax } = request.options ?? {};
  // The API refuses thinking together with a tool choice that forces a call.
  const isOff = effort === 'none' || reasoningTokensMax === 0 || forcesTool(request);
  if (dialect.legacyVersion || dialect.budgetedThinking?.(request.model)) {
    return isOff ? {} : { thinking: toBudget(request, dialect) };
  }
  return isOff ? withoutThinking(request) : withThinking(request);
}

/** Whether the model has no choice but to call a tool. */
export function forcesTool({ model, options }: ModelRequest): boolean {
  const { tools = [], toolChoice } = options ?? {};
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  return isForced && tools.length > 0 && traitsOf(model).forcedToolUse;
}

function withThinking({ model, reasoning, options }: ModelRequest): ThinkingPlan {
  const isAsked = reasoning || options?.reasoningTokensMax !== undefined;
  return {
    ...(isAsked && { thinking: { type: 'adaptive', display: 'summarized' } }),
    effort: toEffort(options?.effort, model),
  };
}

function withoutThinking({ model, options }: ModelRequest): ThinkingPlan {
  const { noThinking } = traitsOf(model);
  const effort = toEffort(options?.effort, model);
  if (noThinking === null) return { effort: effort ?? (options?.effort === 'none' ? 'low' : undefined) };
  // Without thinking the API takes no effort above `high`.
  return { thinking: { type: noThinking }, effort: effort === 'xhigh' || effort === 'max' ? 'high' : effort };
}

function toEffort(effort: ReasoningEffort | undefined, model: string): Effort | undefined {
  if (effort === undefined || effort === 'none') return undefined;
  if (effort === 'minimal') return 'low';
  return effort === 'xhigh' && !traitsOf(model).extraHighEffort ? 'high' : effort;
}

/** The share of `maxOutputTokens` that is for thinking. */
const budgetShares: Record<Exclude<ReasoningEffort, 'none'>, number> = {
  minimal: 0,
  low: 0.25,
  medium: 0.5,
  high: 0.75,
  xhigh: 0.875,
  max: 0.875,
};

/** Thinking is billed as output, and half of `maxOutputTokens` is kept for the answer; too few for both: none. */
function toBudget(
  { model, maxOutputTokens, messages, reasoning, options }: ModelRequest,
  { budgetedThinking }: MessageDialect,
): Anthropic.ThinkingConfigParam | undefined {
  const { effort, reasoningTokensMax } = options ?? {};
  // An effort does not say that a model of a gateway can think at all.
  const isAsked = reasoning || reasoningTokensMax !== undefined || (effort && budgetedThinking?.(model));
  if (!isAsked || maxOutputTokens <= thinkingBudgetMin || goesOnWithoutThought(messages)) return undefined;
  const share = budgetShares[effort === undefined || effort === 'none' ? 'medium' : effort];
  const wanted = reasoningTokensMax ?? Math.floor(maxOutputTokens * share);
  return { type: 'enabled', budget_tokens: Math.max(thinkingBudgetMin, Math.min(wanted, maxOutputTokens - 1)) };
}

/**
 * Whether the model is to go on with an answer that does not begin with a thought of its own: with a budget the API
 * refuses to have it think in the middle of such an answer.
 */
function goesOnWithoutThought(messages: readonly ModelMessage[]): boolean {
  const last = messages.at(-1);
  const goesOn = last?.role === 'assistant' || last?.parts.some(({ type }) => type === 'toolResult');
  if (!goesOn) return false;
  const answer = messages.findLast(({ role }) => role === 'assistant');
  const thoughts = answer?.parts.filter((part) => part.type !== 'reasoning' || part.signature !== null);
  return thoughts?.[0]?.type !== 'reasoning';
}
