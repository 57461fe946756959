import type { ModelRequest, ReasoningEffort } from '../../ports/language-model.ts';
import { generationOf } from './generations.ts';

/** The SDK's types lack it, but the SDK sends it as it is. */
export interface ThinkingConfig {
  includeThoughts?: true;
  /** Tokens; 0: no thinking. */
  thinkingBudget?: number;
  thinkingLevel?: ThinkingLevel;
}

type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';

/** Undefined: nothing is asked, and the model decides. */
export function toThinkingConfig(request: ModelRequest): ThinkingConfig | undefined {
  const amount = toAmount(request);
  // The API refuses to show thoughts that it is asked not to have.
  const isShown = request.reasoning && !isOff(request);
  if (!isShown && !amount) return undefined;
  return { ...(isShown && { includeThoughts: true }), ...amount };
}

function isOff({ options }: ModelRequest): boolean {
  return options?.effort === 'none' || options?.reasoningTokensMax === 0;
}

/** The API takes a budget or a level, and not both; a number says more than a word. */
function toAmount(request: ModelRequest): ThinkingConfig | undefined {
  const { effort, reasoningTokensMax: budget } = request.options ?? {};
  const { version, isThird } = generationOf(request.model);
  if (isThird) {
    if (isOff(request)) return { thinkingLevel: toLevel('none', request.model) };
    return budget === undefined
      ? effort && { thinkingLevel: toLevel(effort, request.model) }
      : { thinkingBudget: budget };
  }
  // Generations before 2.5 do not think, and refuse to be asked.
  if (version !== 2.5) return undefined;
  const wanted = isOff(request) ? 0 : (budget ?? (effort && budgets[effort]));
  return wanted === undefined ? undefined : { thinkingBudget: withinLimits(wanted, request.model) };
}

/** The third generation cannot be kept from thinking, and most of its models know no level below `low`. */
function toLevel(effort: ReasoningEffort, model: string): ThinkingLevel {
  if (effort === 'xhigh' || effort === 'max') return 'high';
  if (effort !== 'none' && effort !== 'minimal') return effort;
  return /flash-lite|gemini-3-flash/.test(model) ? 'minimal' : 'low';
}

/** The budgets, in tokens, that Google itself reads from the efforts of OpenAI's API. */
const budgets: Record<ReasoningEffort, number> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

function withinLimits(budget: number, model: string): number {
  if (model.includes('pro')) return Math.min(Math.max(budget, 128), 32_768);
  return model.includes('lite') && budget > 0 ? Math.min(Math.max(budget, 512), 24_576) : Math.min(budget, 24_576);
}
