import type { Model } from '../catalogue/catalogue.ts';
import { requireAccess } from '../catalogue/models.ts';
import { MonthlyLimitError, type RateLimitError } from '../ground/errors.ts';
import { requireMemberRest } from '../people/paying-team.ts';
import { type Admission, requireCredits, requireFewModels, requireRate, requireRoom } from './admission.ts';
import { unreadOf, withAgent } from './agents/agent-lanes.ts';
import type { PlannedAgent } from './agents/agent-request.ts';
import { type LanePlan, type LaneRequest, planLanes } from './lanes.ts';
import { type PromptMergeLane, planWithMerge } from './merging/prompt-merge.ts';
import { firstHolds, type HeldLane, type Rests } from './paying/first-holds.ts';
import { requireKeyRest } from './paying/key-limit.ts';

/** The models that are asked, and the question. */
export interface PlanRequest
  extends Pick<LaneRequest, 'prompt' | 'files' | 'answerSoFar' | 'imagesSoFar' | 'parameters'> {
  models: readonly Model[];
  /** The lane of the first model; the others follow it. */
  firstLane: number;
  /** A merge that stands among them, where the first lane is 0. Absent: none. */
  merge?: PromptMergeLane | null;
  /** The agent that writes their answers. Absent: each model is asked once. */
  agent?: PlannedAgent | null;
}

/** Everything that was looked up about the member and the place of the prompt. */
export interface Seen extends Pick<LaneRequest, 'history' | 'system'>, Checked {}

/** What decides on a member's prompt or call, wherever it is to go. */
export interface Checked extends Pick<Admission, 'tier' | 'access'> {
  /** Null for a quote, which may also be asked for a prompt that could not be sent. */
  bounds: Bounds | null;
}

/** Limits that can refuse a prompt even if the member may use its models. */
export interface Bounds extends Pick<Admission, 'blockingAgeMs' | 'running'> {
  /** Responses that a member may have written at once. */
  runningMax: number;
  /** Why this process starts nothing now; null: it does start responses. */
  obstacle: RateLimitError | null;
  /** What the answers may cost. */
  rests: Rests;
}

/** The lanes to be asked, with their price. */
export interface Plan {
  lanes: HeldLane[];
  /** Credits that the lanes cost at most together. */
  maximum: number;
  /** Credits that are held for them at the start. */
  held: number;
}

/**
 * Plans what is sent to each model and what it costs. Texts are measured only after all checks that can refuse the
 * prompt without measuring them.
 *
 * @throws DomainError, the first of: access, number of models, rate, room of the member, room of the process, length,
 * credits
 */
export function plan({ models, firstLane, merge = null, agent = null, ...question }: PlanRequest, seen: Seen): Plan {
  const { history, system } = seen;
  const whole = { ...question, history, system, ...(agent && { unreadOf: (model: Model) => unreadOf(agent, model) }) };
  const asAgents = (lanes: LanePlan[]) => {
    if (!agent) return lanes;
    const { access } = seen;
    return lanes.map((lane) => {
      const other = (model: Model) => planLanes(seen, whole, [model], lane.lane)[0] as LanePlan;
      return lane.merge ? lane : withAgent(lane, { agent, models, access }, other);
    });
  };
  if (!merge) return planned(models, seen, () => asAgents(planLanes(seen, whole, models, firstLane)));
  return planned(models, seen, () => asAgents(planWithMerge(seen, whole, models, merge)), merge.model);
}

/** `plan` with lanes that the caller measures, one of which may be of a model that merges the others. */
export function planned(
  models: readonly Model[],
  { tier, access, bounds }: Checked,
  measureLanes: () => LanePlan[],
  merger: Model | null = null,
): Plan {
  const all = merger ? [...models, merger] : models;
  if (bounds) for (const model of all) requireAccess(model, access);
  requireFewModels(models.length, tier, access.catalogue);
  if (bounds) requireStart(all.length, tier, bounds);
  const lanes = measureLanes();
  const maximum = lanes.reduce((sum, lane) => sum + lane.maximum, 0);
  const first = firstHolds(lanes, tier, bounds ? bounds.rests : null);
  if (bounds) requireRests(first.required, bounds.rests, access.team?.name ?? null, tier.growingHolds);
  return { lanes: first.lanes, maximum, held: first.lanes.reduce((sum, { held }) => sum + held, 0) };
}

function requireRests(
  required: number,
  { available, key, member, house }: Rests,
  team: string | null,
  isLikely = false,
): void {
  requireCredits(required, available, team, isLikely);
  requireKeyRest(key, required);
  requireMemberRest(member, required);
  if (required > house) throw new MonthlyLimitError(required, house);
}

function requireStart(responses: number, tier: Seen['tier'], bounds: Bounds): void {
  requireRate(bounds, tier);
  requireRoom(bounds, responses);
  if (bounds.obstacle) throw bounds.obstacle;
}
