import type { TurnRow } from '../../database/turns.ts';
import type { Answer } from '../../database/versions.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { saysSomething } from './files/answer-images.ts';

/** The answer that a prompt goes on from, in place of each model's own. */
export interface ContinuedAnswer {
  responseId: string;
  turnId: string;
  lane: number;
  modelId: string;
}

/** The lane and model as which a past turn answers. */
export interface HistorySource {
  lane: number;
  modelId: string;
}

/**
 * The answer of this id, if a prompt behind the branch can go on from it.
 *
 * @param answers for every lane the version that is shown, if it has text or an image
 * @throws InvalidInputError (`historyFrom`)
 */
export function continuedAnswer(
  responseId: string,
  branch: readonly TurnRow[],
  answers: readonly Answer[],
): ContinuedAnswer {
  const answer = answers.find((one) => one.response_id === responseId && saysSomething(one));
  const turn = branch.find(({ id }) => id === answer?.turn_id);
  // Whether an answer of a hidden turn is there is not told while it is written.
  const isHidden = turn ? hides(turn) : branch.some(hides);
  if (isHidden) {
    throw new InvalidInputError(
      'historyFrom',
      'Judge these answers, or have their models shown, before you choose one.',
    );
  }
  if (!answer || !turn) {
    throw new InvalidInputError(
      'historyFrom',
      'A prompt can go on from a finished answer with text or an image that is shown above it. This one is not.',
    );
  }
  return { responseId, turnId: turn.id, lane: answer.lane, modelId: answer.model_id };
}

function hides({ blind, revealed_at }: Pick<TurnRow, 'blind' | 'revealed_at'>): boolean {
  return blind && revealed_at === null;
}

/** A prompt of the branch that went on from one answer. */
interface Continuation {
  /** The prompt's place in the branch. */
  at: number;
  /** The place of the answer's turn. */
  from: number;
  source: HistorySource;
}

/**
 * As what each turn of the branch answers from now on; null: as the lane that asks. A prompt that goes on from an answer
 * has the turns from that answer's on answer as its lane, and those before it as they did for that answer.
 *
 * @param next the answer that a new prompt behind the branch goes on from
 */
export function sourcesOf(
  branch: readonly TurnRow[],
  answers: readonly Answer[],
  next: Pick<ContinuedAnswer, 'turnId' | 'lane'> | null,
): (HistorySource | null)[] {
  const sources: (HistorySource | null)[] = [];
  let source: HistorySource | null = null;
  let unresolved = branch.length;
  const resolveFrom = (place: number) => {
    while (unresolved > place) sources[--unresolved] = source;
  };
  // The latest comes first. One that was made behind the answer that a later one goes on from means nothing to it.
  for (const { at, from, source: continued } of continuationsOf(branch, answers, next).reverse()) {
    if (at > unresolved) continue;
    resolveFrom(at);
    source = continued;
    resolveFrom(from);
  }
  resolveFrom(0);
  return sources;
}

function continuationsOf(
  branch: readonly TurnRow[],
  answers: readonly Answer[],
  next: Pick<ContinuedAnswer, 'turnId' | 'lane'> | null,
): Continuation[] {
  const places = new Map(branch.map(({ id }, place) => [id, place]));
  const continued = branch.map(({ history_turn_id: turnId, history_lane: lane }) => ({ turnId, lane }));
  const models = new Map(answers.map(({ turn_id, lane, asked_model_id }) => [`${turn_id} ${lane}`, asked_model_id]));
  return [...continued, { turnId: next?.turnId ?? null, lane: next?.lane ?? null }].flatMap(({ turnId, lane }, at) => {
    const from = turnId === null ? undefined : places.get(turnId);
    if (from === undefined || lane === null) return [];
    return [{ at, from, source: { lane, modelId: models.get(`${turnId} ${lane}`) ?? '' } }];
  });
}
