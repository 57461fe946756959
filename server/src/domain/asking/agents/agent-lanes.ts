import type { Candidate } from '../../answering/generation-job.ts';
import { type Model, modelOf } from '../../catalogue/catalogue.ts';
import { holdWithSearch, providerSearch } from '../../catalogue/model-search.ts';
import { modelAccess } from '../../catalogue/models.ts';
import { hold } from '../../catalogue/pricing.ts';
import { InvalidInputError, ModelUnavailableError } from '../../ground/errors.ts';
import { OTHER_TOKENIZERS } from '../../ground/tokens.ts';
import type { InputTokens } from '../../money/hold-growth.ts';
import type { Admission } from '../admission.ts';
import type { LanePlan } from '../lanes.ts';
import type { PlannedAgent } from './agent-request.ts';

/** Tokens that are kept free for what tools will tell: at most, and as a part of the model's window. */
const RESERVE_TOKENS_MAX = 8_000;
const RESERVE_SHARE = 8;
/** How many requests an answer is likely to take. */
const LIKELY_STEPS = 3;

/** What the model will be sent beside the conversation, so that there is room for it. */
export function unreadOf({ tools }: PlannedAgent, model: Model): InputTokens {
  return { likely: tools.likely + reserveOf(model), most: tools.most };
}

function reserveOf({ contextWindow }: Model): number {
  return Math.min(RESERVE_TOKENS_MAX, Math.floor(contextWindow / RESERVE_SHARE));
}

/**
 * The lane as its agent's: it costs at most its budget, and is held for its first request only.
 *
 * @param planOther plans the lane for another model
 * @throws ModelUnavailableError, InvalidInputError
 */
export function withAgent(
  lane: LanePlan,
  { agent, models, access }: { agent: PlannedAgent; models: readonly Model[]; access: Admission['access'] },
  planOther: (model: Model) => LanePlan,
): LanePlan {
  const { model } = lane;
  if (agent.hasTools && model.tools === false) {
    throw new ModelUnavailableError(model.id, `${model.name} cannot call tools.`);
  }
  const others = otherModels(model, agent, { models, access }).map((other) => withoutReserve(planOther(other)));
  const canCall = lane.candidates.filter((one) => !agent.hasTools || one.model.tools !== false);
  const own = withoutReserve({ ...lane, candidates: canCall });
  const first = costOfFirst(own.candidates, agent);
  const least = costOfFirst(own.candidates, agent, ANSWER_TOKENS_MIN);
  if (least > agent.budget) {
    throw new InvalidInputError(
      'maxCredits',
      `The first step of ${model.name} alone may cost ${least.toLocaleString('en')} credits; ${agent.budget.toLocaleString('en')} are too few.`,
    );
  }
  return {
    ...own,
    maximum: agent.budget,
    expected: Math.min(agent.budget, own.expected * LIKELY_STEPS),
    agent: {
      stored: agent.stored,
      others: others.map(({ candidates }) => candidates),
      first: Math.min(first, agent.budget),
    },
  };
}

/** As `askModel` has it: an answer for fewer tokens is not asked for. */
const ANSWER_TOKENS_MIN = 64;

function costOfFirst(
  candidates: readonly Candidate[],
  { searches }: PlannedAgent,
  tokensMax = Number.POSITIVE_INFINITY,
): number {
  return Math.max(
    ...candidates.map(({ model, input, maxOutputTokens }) => {
      const tokens = Math.min(maxOutputTokens, tokensMax);
      const isAsked = searches && providerSearch(model)?.isAsked;
      return isAsked ? holdWithSearch(model, input.most, tokens) : hold(model.prices, input.most, tokens);
    }),
  );
}

/** What is kept free costs nothing until it is used. */
function withoutReserve({ candidates, inputTokens, ...lane }: LanePlan): LanePlan {
  const reserved = (model: Model) => Math.floor(reserveOf(model) * OTHER_TOKENIZERS);
  return {
    ...lane,
    inputTokens: Math.max(0, inputTokens - reserved(lane.model)),
    candidates: candidates.map((candidate) => {
      const likely = Math.max(0, candidate.input.likely - reserved(candidate.model));
      return { ...candidate, input: { ...candidate.input, likely } };
    }),
  };
}

/** Other models for the agent: those that are asked beside it, else default ones, else the model itself. */
function otherModels(
  model: Model,
  { otherModels: count }: PlannedAgent,
  { models, access }: { models: readonly Model[]; access: Admission['access'] },
): Model[] {
  if (count === 0) return [];
  const { catalogue } = access;
  const defaults = catalogue.defaultModelIds.flatMap((id) => modelOf(catalogue, id) ?? []);
  const all = [...models, ...defaults].filter((one) => one.id !== model.id && modelAccess(one, access).allowed);
  const others = [...new Map(all.map((one) => [one.id, one])).values()].slice(0, count);
  return others.length > 0 ? others : [model];
}
