import type { Candidate } from '../../answering/generation-job.ts';
import type { Tier } from '../../catalogue/catalogue.ts';
import { creditsAhead, creditsFor, FIRST_TOKENS, grown, tokensFor } from '../../money/hold-growth.ts';
import type { MemberRest } from '../../people/paying-team.ts';
import type { LanePlan } from '../lanes.ts';
import type { KeyRest } from './key-limit.ts';

/** Credits that may still be spent, by everything that bounds them. */
export interface Rests {
  /** Credits that the paying account has and does not hold. */
  available: number;
  /** Credits that the paying account has, and may have again once all that is held is given back. */
  balance: number;
  /** Null: no API key with a limit asks. */
  key: KeyRest | null;
  /** What the member may still spend of the team's credits. Null: no limit, or no team pays. */
  member: MemberRest | null;
  /** Credits that are left of what all accounts together may spend this month. Infinite: that is not known yet. */
  house: number;
}

/** A lane with what is held for it at its start. */
export interface HeldLane extends LanePlan {
  /** Credits; less than `maximum` if the hold is to grow. */
  held: number;
}

export interface FirstHolds {
  lanes: HeldLane[];
  /** Credits that must be there for the lanes to start. */
  required: number;
}

/**
 * What the lanes hold at their start: their worst case or, if the tier's holds grow, what their first words need and a
 * lead on them, as far as that is there. They then start if what they are likely to cost is there.
 *
 * @param rests null: not known, and taken to be plenty
 */
export function firstHolds(
  lanes: readonly LanePlan[],
  { growingHolds = false }: Pick<Tier, 'growingHolds'>,
  rests: Rests | null,
): FirstHolds {
  if (!growingHolds) {
    return {
      lanes: lanes.map((lane) => ({ ...lane, held: startingHold(lane) })),
      required: lanes.reduce((sum, lane) => sum + startingHold(lane), 0),
    };
  }
  const starts = lanes.map(startOf);
  const required = starts.reduce((sum, { required }) => sum + required, 0);
  // What the others need to start is kept for them.
  let spare = (rests ? leastOf(rests) : Number.MAX_SAFE_INTEGER) - required;
  // What they do not need is shared alike: each might use up all of it.
  const share = rests ? Math.floor((payableOf(rests) - required) / lanes.length) : 0;
  const held = starts.map(({ lane, required, needed, ahead }) => {
    const hold = grown({ held: 0, needed, ahead, maximum: lane.maximum }, spare + required);
    spare -= hold - required;
    return {
      ...lane,
      candidates: rests ? lane.candidates.map((one) => payable(one, required + share)) : lane.candidates,
      held: hold,
    };
  });
  return { lanes: held, required };
}

/** An agent's hold grows in every tier, from step to step. */
function startingHold({ agent, maximum }: LanePlan): number {
  return agent?.first ?? maximum;
}

function startOf(lane: LanePlan) {
  const { candidates, maximum, expected } = lane;
  const needed = mostOf(candidates, (one) => creditsFor(one, Math.min(FIRST_TOKENS, one.maxOutputTokens)));
  return {
    lane,
    needed: Math.min(maximum, needed),
    // A merge waits for its sources first: what lies ahead of it is of more use to them.
    ahead: lane.merge ? 0 : mostOf(candidates, (one) => creditsAhead(one, 0)),
    required: Math.min(maximum, Math.max(expected, needed)),
  };
}

type PricedCandidate = Parameters<typeof creditsFor>[0] & Pick<Candidate, 'maxOutputTokens'>;

function mostOf(candidates: readonly Candidate[], creditsOf: (candidate: PricedCandidate) => number): number {
  return Math.max(...candidates.map((one) => creditsOf(priced(one))));
}

function priced({ model: { prices }, input, maxOutputTokens }: Candidate): PricedCandidate {
  return { prices, input, maxOutputTokens, reported: null };
}

/** The credits that could be spent if nothing else was held. */
function payableOf({ balance, key, member, house }: Rests): number {
  return Math.min(balance, ...[key, member].map((limited) => limited?.uncharged ?? Number.POSITIVE_INFINITY), house);
}

/** Asks for no longer answer than so many credits could pay, since a model may think where nobody sees it. */
function payable(candidate: Candidate, most: number): Candidate {
  const request = priced(candidate);
  if (creditsFor(request, candidate.maxOutputTokens) <= most) return candidate;
  return { ...candidate, maxOutputTokens: Math.max(1, tokensFor(request, most)), isBoundByCredits: true };
}

function leastOf({ available, key, member, house }: Rests): number {
  return Math.min(available, ...[key, member].map((limited) => limited?.rest ?? Number.POSITIVE_INFINITY), house);
}
