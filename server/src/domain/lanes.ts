import type { StoredParameters } from '../database/database.ts';
import type { Answer } from '../database/responses.ts';
import type { Model, Tier } from './catalogue.ts';
import { fitContext, type PastTurn } from './context-window.ts';
import { InvalidInputError } from './errors.ts';
import type { Candidate } from './generation.ts';
import { charge, hold } from './pricing.ts';
import type { TextSizes } from './tokens.ts';

/** A branch up to, not including, the new prompt; oldest first. */
export interface History {
  turns: readonly { id: string; prompt: string; chosen_response_id: string | null }[];
  /** The newest completed answer of every lane of these turns. */
  answers: readonly Answer[];
}

export interface LaneRequest {
  lane: number;
  model: Model;
  /** The model's fallbacks that this member may use, in order. */
  fallbacks: readonly Model[];
  history: History;
  system: string | null;
  prompt: string;
  parameters: StoredParameters;
  tier: Tier;
  /** Shared by the lanes of a prompt. */
  sizes: TextSizes;
}

/** What a lane will be sent, and what it costs. */
export interface LanePlan {
  lane: number;
  model: Model;
  candidates: Candidate[];
  /** Credits that the lane costs at most, whichever of its candidates answers. */
  maximum: number;
  /** Credits that it is likely to cost. */
  expected: number;
  /** Likely input tokens. */
  inputTokens: number;
}

/** What an answer has, where nobody knows better. */
const TYPICAL_OUTPUT_TOKENS = 500;

/** @throws InvalidInputError when the prompt does not fit into the model's context window */
export function planLane(request: LaneRequest): LanePlan {
  const { lane, model, fallbacks } = request;
  const primary = fitInto(request, model);
  if (primary.context.tooLong) {
    const { inputTokens, inputTokensAllowed } = primary.context;
    throw new InvalidInputError(
      'prompt',
      `About ${inputTokens.toLocaleString('en')} tokens are more than ${model.name} has room for (${inputTokensAllowed.toLocaleString('en')}).`,
    );
  }
  const fitted = [primary, ...fallbacks.map((fallback) => fitInto(request, fallback))];
  // Kept as long as the answer takes; what filters makes room for sixteen.
  const candidates = fitted.filter(isCandidate).slice();
  const { context } = candidates[0] as Candidate;
  return {
    lane,
    model,
    candidates,
    maximum: Math.max(
      ...candidates.map(({ model, context }) => hold(model.prices, context.inputTokensMax, context.maxOutputTokens)),
    ),
    expected: charge(model.prices, {
      inputTokens: context.inputTokens,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: Math.min(TYPICAL_OUTPUT_TOKENS, context.maxOutputTokens),
      reasoningTokens: 0,
    }),
    inputTokens: context.inputTokens,
  };
}

function fitInto(request: LaneRequest, model: Model) {
  const { lane, history, system, prompt, parameters, tier, sizes } = request;
  const maxOutputTokens = Math.min(
    parameters.maxOutputTokens ?? Number.POSITIVE_INFINITY,
    tier.maxOutputTokens,
    model.maxOutputTokens,
  );
  const turns = pastTurns(history, lane, request.model.id);
  return {
    model,
    context: fitContext({ system, turns, prompt, contextWindow: model.contextWindow, maxOutputTokens }, sizes),
  };
}

function isCandidate(fitted: ReturnType<typeof fitInto>): fitted is Candidate {
  return !fitted.context.tooLong;
}

/**
 * The branch as a lane remembers it. Of each turn it takes the answer that its model gave in this lane, else the one
 * that its model gave in another, else the chosen one, else this lane's by another model, else the first.
 */
function pastTurns({ turns, answers }: History, lane: number, modelId: string): PastTurn[] {
  const answersOf = new Map<string, Answer[]>(turns.map(({ id }) => [id, []]));
  for (const answer of answers) answersOf.get(answer.turn_id)?.push(answer);
  return turns.map(({ id, prompt, chosen_response_id }) => {
    const ofTurn = answersOf.get(id) ?? [];
    const answer =
      ofTurn.find((candidate) => candidate.lane === lane && candidate.model_id === modelId) ??
      ofTurn.find((candidate) => candidate.model_id === modelId) ??
      ofTurn.find((candidate) => candidate.response_id === chosen_response_id) ??
      ofTurn.find((candidate) => candidate.lane === lane) ??
      ofTurn[0];
    return { prompt, answer: answer?.text ?? null };
  });
}
