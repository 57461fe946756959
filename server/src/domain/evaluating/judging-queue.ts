import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import {
  countOwnJudging,
  findOpenPair,
  findShownPair,
  lockShownPair,
  type ShownPairRow,
  setPersonSaid,
  showNextPair,
} from '../../database/judging/evaluation-queue.ts';
import { lockUser } from '../../database/users.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { type Evaluating, requireEvaluation } from './evaluations.ts';
import { byLanes } from './judge-model.ts';
import { answersOfPair } from './pair-answers.ts';
import { comparedPair, storePairVerdict } from './pair-verdicts.ts';

/** Two answers without names, as a person judges them. */
export interface ShownPair {
  id: string;
  evaluationId: string;
  prompt: string;
  reference: string | null;
  topic: string | null;
  answerA: string;
  answerB: string;
  /** How many pairs the person has judged, and how many are left. */
  judged: number;
  left: number;
}

/**
 * The next pair for the member: the one that they were shown and have not judged, else another one. Null: there is none.
 *
 * @throws NotFoundError if the member may not judge here
 */
export async function nextPair(db: Kysely<Database>, userId: string, evaluationId: string): Promise<ShownPair | null> {
  await requireEvaluation(db, userId, evaluationId);
  const open =
    (await findOpenPair(db, evaluationId, userId)) ??
    ((await showNextPair(db, { id: newId(), evaluationId, userId }))
      ? await findOpenPair(db, evaluationId, userId)
      : undefined);
  return open ? shown(db, userId, open) : null;
}

export type PairLetter = 'A' | 'B' | 'TIE' | 'ALL_BAD';

/**
 * Stores what the member says of a pair that they were shown. Whether they judge blind, and which answer was which, is
 * known here.
 *
 * @returns the evaluation's id
 * @throws NotFoundError, InvalidInputError if it is judged already
 */
export async function judgePair(
  { db, offer }: Pick<Evaluating, 'db' | 'offer'>,
  userId: string,
  { id, letter }: { id: string; letter: PairLetter },
): Promise<string> {
  const shown = await findShownPair(db, userId, id);
  if (!shown) throw new NotFoundError('pair');
  const { evaluation_id: evaluationId, swapped } = shown;
  await requireEvaluation(db, userId, evaluationId);
  // The texts are read before anything is locked.
  const compared = await comparedPair({ db, catalogue: offer.now.catalogue }, shown, swapped);
  await db.transaction().execute(async (trx) => {
    const user = await lockUser(trx, userId);
    const pair = await lockShownPair(trx, userId, id);
    if (!pair || !user) throw new NotFoundError('pair');
    if (pair.said !== null) throw new InvalidInputError('pairId', 'You have judged this pair already.');
    const blind = await setPersonSaid(trx, pair, { userId, said: byLanes(letter, swapped) });
    const judge = { user_id: userId, model_id: null };
    const { pair_id: pairId, position, topic, payer_team_id: teamId } = pair;
    const verdict = { evaluationId, pairId, position, judge, outcome: letter, blind, topic, teamId };
    if (compared) await storePairVerdict(trx, compared, verdict);
  });
  return evaluationId;
}

async function shown(db: Kysely<Database>, userId: string, pair: ShownPairRow): Promise<ShownPair> {
  const texts = await answersOfPair(db, pair.owner_id, pair);
  const [answerA, answerB] = pair.swapped ? [texts[1], texts[0]] : texts;
  const { id, evaluation_id: evaluationId, prompt, reference, topic } = pair;
  return {
    id,
    evaluationId,
    prompt,
    reference,
    topic,
    answerA,
    answerB,
    ...(await countOwnJudging(db, evaluationId, userId)),
  };
}
