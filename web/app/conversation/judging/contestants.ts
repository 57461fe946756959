import { judging as texts } from 'texts:chat';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { letterOf } from '../following/hidden.ts';
import { isLive, saysSomething } from '../following/response-stream.ts';

/** An answer that can be judged. */
export interface Contestant {
  responseId: string;
  lane: number;
  /** A, B and so on, by the lane. */
  letter: string;
  modelName: string;
}

/** What can be said of a turn's answers now. */
export type Comparison =
  | { state: 'writing' }
  | { state: 'comparable'; contestants: Contestant[] }
  /** There are fewer than two answers to compare. `reason` is a sentence. */
  | { state: 'alone'; reason: string };

/**
 * As the API decides it: complete answers are compared, which the model that was asked wrote by itself.
 *
 * @param shown the answer that each lane shows, as it is now
 */
export function comparisonOf(shown: readonly ResponseFieldsFragment[]): Comparison {
  if (shown.some(({ status }) => isLive(status))) return { state: 'writing' };
  const contestants = shown
    .filter(isContestant)
    .map(({ id, lane, model }) => ({ responseId: id, lane, letter: letterOf(lane), modelName: model.name }));
  if (contestants.length >= 2) return { state: 'comparable', contestants };
  return { state: 'alone', reason: contestants.length === 0 ? texts.noneComparable : texts.oneComparable };
}

function isContestant(response: ResponseFieldsFragment): boolean {
  const { status, shortenedBy, model, servedBy, mergeMode } = response;
  const isWhole = status === 'COMPLETED' && saysSomething(response) && !shortenedBy;
  // A merge that compares or judges the others is no answer to the prompt.
  const isAnswer = mergeMode !== 'COMPARE' && mergeMode !== 'JUDGE';
  return isWhole && isAnswer && (!servedBy || servedBy.id === model.id);
}

/** What the member says of a turn's answers. */
export type Ballot = { kind: 'BEST'; responseId: string } | { kind: 'TIE' } | { kind: 'ALL_BAD' };

/** The value of a pick in a form. */
export function formValue(pick: Ballot): string {
  return pick.kind === 'BEST' ? pick.responseId : pick.kind;
}

/** The pick that a verdict made; null if it was of answers that are not shown any more. */
export function pickOf(
  { kind, best }: NonNullable<TurnFieldsFragment['verdict']>,
  contestants: readonly Contestant[],
): Ballot | null {
  if (kind !== 'BEST') return { kind };
  const found = contestants.find(({ responseId }) => best.some(({ id }) => id === responseId));
  return found ? { kind, responseId: found.responseId } : null;
}
