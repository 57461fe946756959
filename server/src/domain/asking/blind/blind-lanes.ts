import type { HiddenLaneRow } from '../../../database/judging/hidden-turns.ts';
import { type Model, modelOf } from '../../catalogue/catalogue.ts';
import { modelAccess, resolveModels } from '../../catalogue/models.ts';
import { InvalidInputError } from '../../ground/errors.ts';
import { TextSizes } from '../../ground/tokens.ts';
import { requireFewModels } from '../admission.ts';
import { fallbacksOf, type History, type LanePlan, planLane } from '../lanes.ts';
import type { PlanRequest, Seen } from '../plan.ts';
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
  /** The plans of all models that might be in a lane, as far as the member can know. */
  possible: LanePlan[];
  /** Whether the branch's last turn of hidden models counts, so that no refusal may tell which these are. */
  isKept: boolean;
}

/** The models that were named, as `resolveModels` finds them. @throws InvalidInputError if there are fewer than two */
export function namedForBlind(catalogue: Seen['access']['catalogue'], ids: readonly string[]): Model[] {
  const named = resolveModels(catalogue, ids);
  if (named.length < 2) throw new InvalidInputError('modelIds', 'A blind comparison needs at least two models.');
  return named;
}

/**
 * Decides which model gets which lane of a blind turn: those of the last hidden turn of the branch again, so that each
 * lane goes on; else those that were named, in a random order; else as many as are to be drawn.
 *
 * @throws TierLimitError, InvalidInputError if so many cannot be drawn
 */
export function blindLanes(seen: Seen, request: BlindRequest): BlindLanes {
  const { named } = request;
  const kept = keptModels(seen, request);
  const isKept = kept !== null;
  if (isKept) requireKeyOfAllModels(seen.access.member?.apiKey);
  if (named) {
    // Whether they are the hidden ones may not be told either.
    const isSame = isKept && isEqual(kept, named);
    return { models: isSame ? kept : shuffled(named), possible: planEach(seen, request, named), isKept };
  }
  const count = request.drawCount ?? DRAWN_LANES;
  if (!isKept) requireFewModels(count, seen.tier, seen.access.catalogue);
  const drawable = drawablePlans(seen, request, count);
  if (isKept) return { models: kept, possible: [...drawable, ...planEach(seen, request, kept)], isKept };
  const drawn = drawLanes(
    drawable.map(({ model }) => model),
    count,
    request.verdicts,
  );
  if (!drawn) throw tooFewError(request, drawable.length);
  return { models: drawn, possible: drawable, isKept };
}

/** What each answer of a blind turn counts as held: what the dearest of the models that it may be of costs at most. */
export function laneHoldOf({ possible }: Pick<BlindLanes, 'possible'>): number {
  return Math.max(0, ...possible.map(({ maximum }) => maximum));
}

/**
 * The lanes that a quote tells: as many of the dearest model as there are lanes.
 *
 * @throws InvalidInputError if the prompt is too long for all models that may be in a lane, or none can read its files
 */
export function dearestLanes({ models, possible }: BlindLanes): Model[] {
  const [dearest] = possible.toSorted((one, other) => other.maximum - one.maximum);
  if (!dearest) throw unfitError();
  return models.map(() => dearest.model);
}

/** The models of the branch's last hidden turn by lane; null: it has none. */
function keptModels(
  { history, access: { catalogue } }: Seen,
  { hiddenLanes }: Pick<BlindRequest, 'hiddenLanes'>,
): Model[] | null {
  const last = lastHidden(history);
  if (!last) return null;
  const ids = hiddenLanes.filter(({ turn_id }) => turn_id === last.id).map(({ model_id }) => model_id);
  const models = ids.flatMap((id) => modelOf(catalogue, id) ?? []);
  if (models.length === ids.length) return models;
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
  return models.flatMap((model) => {
    try {
      const fallbacks = fallbacksOf(model, access);
      return planLane({ ...question, history, system, tier, model, fallbacks, sizes, lane: 0 });
    } catch (error) {
      if (error instanceof InvalidInputError) return [];
      throw error;
    }
  });
}
