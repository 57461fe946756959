import { randomInt } from 'node:crypto';
import type { HiddenLaneRow } from '../../../database/judging/hidden-turns.ts';
import { type Model, modelOf } from '../../catalogue/catalogue.ts';
import { modelAccess, resolveModels } from '../../catalogue/models.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { TextSizes } from '../../ground/tokens.ts';
import { requireFewModels } from '../admission.ts';
import { fallbacksOf, type History, type LanePlan, planLane } from '../lanes.ts';
import { outputOf, type PromptMergeLane, planMerge } from '../merging/prompt-merge.ts';
import type { PlanRequest, Seen } from '../plan.ts';
import type { ValidMerge } from '../prompt-input.ts';
import { drawLanes, shuffled } from './draw.ts';
import { requireKeyOfAllModels, unfitError } from './hidden-refusals.ts';
import type { VerdictsOfPair } from './known-pairs.ts';

/** The lanes of a drawn blind turn that does not say how many. */
export const DRAWN_LANES = 2;

/** What decides on the lanes of a blind turn. */
export interface BlindRequest {
  /** The models that the member named; null: none. */
  named: readonly Model[] | null;
  /** How many models are drawn where none is named; null: `DRAWN_LANES`. */
  drawCount: number | null;
  /** The merge that is asked for; null: none, but where the same lanes go on. */
  merge: ValidMerge | null;
  question: Pick<PlanRequest, 'prompt' | 'files' | 'parameters'>;
  /** The models of the conversation's hidden turns. */
  hiddenLanes: readonly HiddenLaneRow[];
  verdicts: VerdictsOfPair;
  /** Credits that may be spent. */
  available: number;
  /** Whether the provider fails at present. */
  isDown: (providerId: string) => boolean;
}

export interface BlindLanes {
  /** In the order of their lanes. */
  models: Model[];
  /** The merge of their answers, in the lane among theirs where it hides; null: none. */
  merge: PromptMergeLane | null;
  /** The plans of all models that might be in a lane, as far as the member can know. */
  possible: LanePlan[];
  /** The plans of all models that might make the merge; empty: there is none. */
  possibleMerges: LanePlan[];
  /** Whether the branch's last turn of hidden models counts, so that no refusal may tell which these are. */
  isKept: boolean;
}

/** The models that were named, as `resolveModels` finds them. @throws InvalidInputError if there are fewer than two */
export function namedForBlind(catalogue: Seen['access']['catalogue'], ids: readonly string[]): Model[] {
  const named = resolveModels(catalogue, ids);
  if (named.length < 2) throw new InvalidInputError('modelIds', 'A blind comparison needs at least two models.');
  return named;
}

/** Decides which lanes a blind turn has, and where among them a merge hides. @throws DomainError */
export function blindLanes(seen: Seen, request: BlindRequest): BlindLanes {
  const kept = keptLanes(seen, request);
  const lanes = lanesWithoutMerge(seen, request, kept);
  const before = (lanes.goOn && kept?.merge) || null;
  const merge = mergeAmong(lanes.models, before, request, seen.access.catalogue);
  if (!merge) return { ...lanes, merge, possibleMerges: [] };
  const output = Math.max(...lanes.possible.map(outputOf));
  const mergers = new Set([merge.model, ...(request.merge?.modelId ? [] : lanes.possible.map(({ model }) => model))]);
  const question = { ...request.question, history: seen.history, system: seen.system };
  const possibleMerges = [...mergers].flatMap((model) =>
    unlessTooLong(() =>
      planMerge(
        seen,
        question,
        { ...merge, model },
        lanes.models.map(() => output),
      ),
    ),
  );
  return { ...lanes, merge, possibleMerges };
}

/**
 * The merge that is asked for, in any of the lanes; where the same lanes go on, in its own one, also if it is not asked
 * for again.
 */
function mergeAmong(
  models: readonly Model[],
  before: PromptMergeLane | null,
  { named, merge: asked }: BlindRequest,
  catalogue: Seen['access']['catalogue'],
): PromptMergeLane | null {
  if (!asked) return named ? null : before;
  const { mode, instruction, modelId } = asked;
  const [chosen] = modelId === null ? [] : resolveModels(catalogue, [modelId]);
  const model = chosen ?? before?.model ?? (models[randomInt(models.length)] as Model);
  return { mode, instruction, model, lane: before?.lane ?? randomInt(models.length + 1) };
}

/**
 * Decides which model gets which lane of a blind turn: those of the last hidden turn of the branch again, so that each
 * lane goes on; else those that were named, in a random order; else as many as are to be drawn.
 *
 * @throws TierLimitError, InvalidInputError if so many cannot be drawn
 */
function lanesWithoutMerge(
  seen: Seen,
  request: BlindRequest,
  keptLanes: KeptLanes | null,
): Pick<BlindLanes, 'models' | 'possible' | 'isKept'> & { goOn: boolean } {
  const { named } = request;
  const kept = keptLanes?.models ?? null;
  const isKept = kept !== null;
  if (isKept) requireKeyOfAllModels(seen.access.member?.apiKey);
  if (named) {
    // Whether they are the hidden ones may not be told either.
    const isSame = isKept && isEqual(kept, named);
    const models = isSame ? kept : shuffled(named);
    return { models, possible: planEach(seen, request, named), isKept, goOn: isSame };
  }
  const count = request.drawCount ?? DRAWN_LANES;
  if (!isKept) requireFewModels(count, seen.tier, seen.access.catalogue);
  const drawable = drawablePlans(seen, request, count);
  if (isKept) return { models: kept, possible: [...drawable, ...planEach(seen, request, kept)], isKept, goOn: true };
  const drawn = drawLanes(
    drawable.map(({ model }) => model),
    count,
    request.verdicts,
  );
  if (!drawn) throw tooFewError(request, drawable.length);
  return { models: drawn, possible: drawable, isKept, goOn: false };
}

/** What each answer of a blind turn counts as held: what the dearest of the models that it may be of costs at most. */
export function laneHoldOf({ models, merge, possible, possibleMerges }: Omit<BlindLanes, 'isKept'>): number {
  const dearest = Math.max(0, ...possible.map(({ maximum }) => maximum));
  if (!merge) return dearest;
  // All lanes share what the merge costs more than the others.
  const dearestMerge = Math.max(0, ...possibleMerges.map(({ maximum }) => maximum));
  return evenly(models.length * dearest + dearestMerge, models.length + 1);
}

/**
 * The lanes that a quote tells: as many of the dearest model as there are lanes. If there is a merge among them, its price
 * is shared by all.
 *
 * @throws InvalidInputError if the prompt is too long for all models that may be in a lane, or none can read its files
 */
export function dearestLanes(blind: BlindLanes): LanePlan[] {
  const { models, merge, possible, possibleMerges } = blind;
  const dearest = dearestOf(possible);
  const lanes = models.map(() => dearest);
  const alike = merge ? alikeWith(lanes, dearestOf(possibleMerges), laneHoldOf(blind)) : lanes;
  return alike.map((plan, lane) => ({ ...plan, lane }));
}

function dearestOf(plans: readonly LanePlan[]): LanePlan {
  const [dearest] = plans.toSorted((one, other) => other.maximum - one.maximum);
  if (!dearest) throw unfitError();
  return dearest;
}

/** As many lanes as there are with the merge, all with the same figures. */
function alikeWith(lanes: readonly LanePlan[], merge: LanePlan, maximum: number): LanePlan[] {
  const all = [...lanes, merge];
  const shared = (field: 'expected' | 'inputTokens') =>
    evenly(
      all.reduce((sum, plan) => sum + plan[field], 0),
      all.length,
    );
  const [first] = all as [LanePlan];
  return all.map(() => ({ ...first, maximum, expected: shared('expected'), inputTokens: shared('inputTokens') }));
}

function evenly(sum: number, parts: number): number {
  return Math.ceil(sum / parts);
}

interface KeptLanes {
  models: Model[];
  merge: PromptMergeLane | null;
}

/** The lanes of the branch's last hidden turn; null: it has none. */
function keptLanes(
  { history, access: { catalogue } }: Seen,
  { hiddenLanes }: Pick<BlindRequest, 'hiddenLanes'>,
): KeptLanes | null {
  const last = lastHidden(history);
  if (!last) return null;
  const rows = hiddenLanes
    .filter(({ turn_id }) => turn_id === last.id)
    .map((row) => ({ ...row, model: modelOf(catalogue, row.model_id) }));
  const models = rows.flatMap(({ merge, model }) => (merge === null && model ? model : []));
  const merges = rows.flatMap(({ merge, model, lane }) => (merge && model ? { ...merge, model, lane } : []));
  if (models.length + merges.length === rows.length) return { models, merge: merges[0] ?? null };
  throw new InvalidInputError(
    'modelIds',
    'A model of the answers before is no longer here. Judge or reveal them first, then choose the models.',
  );
}

function tooFewError({ drawCount }: Pick<BlindRequest, 'drawCount'>, found: number): InvalidInputError {
  if (drawCount === null) {
    return new InvalidInputError('modelIds', 'There are no two models here that you may compare now. Choose them.');
  }
  return new InvalidInputError(
    'drawCount',
    `${drawCount} models are to be drawn, and there are ${found} that you may compare now.`,
  );
}

function lastHidden({ turns }: History): History['turns'][number] | undefined {
  return turns.findLast(({ hidden }) => hidden);
}

function isEqual(one: readonly Model[], other: readonly Model[]): boolean {
  const ids = (models: readonly Model[]) => JSON.stringify(models.map(({ id }) => id).sort());
  return ids(one) === ids(other);
}

/** The plans of all models that may be drawn: allowed, working, and affordable in each lane, or else the cheapest. */
function drawablePlans(seen: Seen, request: BlindRequest, count: number): LanePlan[] {
  const { access, tier } = seen;
  const allowed = [...access.catalogue.models.values()].filter(
    (model) => modelAccess(model, access).allowed && !request.isDown(model.providerId),
  );
  const real = allowed.filter(({ providerId }) => access.catalogue.providers.get(providerId)?.kind !== 'mock');
  const plans = planEach(seen, request, real.length > 0 ? real : allowed);
  const startOf = ({ expected, maximum }: LanePlan) => (tier.growingHolds ? expected : maximum);
  const affordable = plans.filter((plan) => startOf(plan) <= request.available / count);
  if (affordable.length >= count) return affordable;
  return plans.toSorted((one, other) => startOf(one) - startOf(other)).slice(0, count);
}

/** A plan of each model for which the prompt is not too long. */
function planEach(
  { tier, access, history, system }: Seen,
  { question }: Pick<BlindRequest, 'question'>,
  models: readonly Model[],
): LanePlan[] {
  const sizes = new TextSizes();
  return models.flatMap((model) =>
    unlessTooLong(() =>
      planLane({ ...question, history, system, tier, model, fallbacks: fallbacksOf(model, access), sizes, lane: 0 }),
    ),
  );
}

function unlessTooLong(planOne: () => LanePlan): LanePlan[] {
  try {
    return [planOne()];
  } catch (error) {
    if (error instanceof InvalidInputError) return [];
    throw error;
  }
}
