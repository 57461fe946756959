import type { Kysely, Selectable } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import { findPairScores } from '../../database/judging/evaluation-results.ts';
import {
  type AnsweredJudging,
  addSpent,
  findAnsweredJudgings,
  findEndedAsks,
  findJudgeAnswer,
  findLanes,
  insertPairs,
  type JudgeAnswerRow,
  type LaneRow,
  setEnded,
  setJudgeLost,
  setJudgeSaid,
  setPairJudged,
} from '../../database/judging/evaluation-work.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { familyOf } from '../judging/model-family.ts';
import { decidedBest } from '../judging/sequential-test.ts';
import { byLanes, judgedOf, letterOf } from './judge-model.ts';
import { type ComparedPair, comparedPair, storePairVerdict } from './pair-verdicts.ts';

export type HeldEvaluation = Selectable<Database['evaluation']>;

/**
 * Takes note of the prompts all of whose answers have ended: counts what they cost, and makes the pairs that can be
 * judged.
 *
 * @returns their turns, and whether an answer among them ended with its process
 */
export async function endAsks(
  db: Kysely<Database>,
  evaluation: HeldEvaluation,
): Promise<{ turnIds: string[]; areAnswersCutOff: boolean }> {
  const ended = await findEndedAsks(db, evaluation.id);
  const turnIds = ended.flatMap(({ turn_id }) => turn_id ?? []);
  const lanes = await findLanes(db, turnIds);
  for (const { position, repeat, turn_id } of ended) {
    const ofTurn = lanes.filter((lane) => lane.turn_id === turn_id);
    const key = { evaluationId: evaluation.id, position, repeat };
    await db.transaction().execute(async (trx) => {
      if (!(await setEnded(trx, key))) return;
      const cost = ofTurn.reduce((sum, { credits_charged }) => sum + (credits_charged ?? 0), 0);
      await addSpent(trx, evaluation.id, cost);
      evaluation.spent += cost;
      const pairs = pairsOf(ofTurn.filter(isContestant).map(({ lane }) => lane));
      await insertPairs(
        trx,
        pairs.map(([lane_a, lane_b]) => ({
          id: newId(),
          evaluation_id: evaluation.id,
          position,
          repeat,
          lane_a,
          lane_b,
        })),
      );
    });
  }
  return { turnIds, areAnswersCutOff: lanes.some(({ status }) => status === 'INTERRUPTED') };
}

/** Answers that failed, ended because credits did, or came from a fallback are not compared. */
function isContestant({ status, served_by, model_id, shortened_by, has_text }: LaneRow): boolean {
  return status === 'COMPLETED' && has_text && shortened_by === null && served_by === model_id;
}

function pairsOf(lanes: readonly number[]): [number, number][] {
  return lanes.flatMap((a, index) => lanes.slice(index + 1).map((b): [number, number] => [a, b]));
}

interface Reading {
  db: Kysely<Database>;
  catalogue: Catalogue;
}

/** Reads what the judge model has answered. @returns the turns in which it did */
export async function readJudge(reading: Reading, evaluation: HeldEvaluation): Promise<string[]> {
  if (evaluation.judge_model_id === null) return [];
  const answered = await findAnsweredJudgings(reading.db, evaluation.id);
  for (const judging of answered) await readJudging(reading, evaluation, judging);
  return answered.flatMap(({ turn_id }) => turn_id ?? []);
}

async function readJudging(reading: Reading, evaluation: HeldEvaluation, judging: AnsweredJudging): Promise<void> {
  const { db } = reading;
  const answer = judging.turn_id === null ? undefined : await findJudgeAnswer(db, judging.turn_id);
  if (answer && isToAskAgain(answer)) return setJudgeLost(db, judging);
  const letter = answer && isOfJudge(answer) ? letterOf(answer.text) : null;
  const said = letter === null ? 'NONE' : byLanes(letter, judging.order === 'last');
  // The texts are read before anything is locked.
  const compared = said === 'NONE' ? null : await comparedPair(reading, judging.pair, false);
  await db.transaction().execute(async (trx) => {
    const pair = await setJudgeSaid(trx, judging, said);
    if (!pair) return;
    const cost = answer?.credits_charged ?? 0;
    await addSpent(trx, evaluation.id, cost);
    evaluation.spent += cost;
    const judged = judgedOf(pair.first_said ?? 'NONE', pair.last_said ?? 'NONE');
    if (judged === null) return;
    await setPairJudged(trx, judging.pair_id, judged);
    if (!compared || isOfFamily(evaluation, compared)) return;
    await storePairVerdict(trx, compared, {
      evaluationId: evaluation.id,
      pairId: judging.pair_id,
      position: judging.pair.position,
      judge: { user_id: null, model_id: evaluation.judge_model_id as string },
      outcome: judged,
      blind: true,
      topic: judging.pair.topic,
      teamId: evaluation.payer_team_id,
    });
  });
}

/** What a question to the judge that is sent once more adds to its key. */
export const ASKED_AGAIN = '/again';

/** Whether its process ended before the judge had said anything that costs something, for the first time. */
function isToAskAgain({ status, credits_charged, idempotency_key }: JudgeAnswerRow): boolean {
  return status === 'INTERRUPTED' && !credits_charged && !idempotency_key?.endsWith(ASKED_AGAIN);
}

/** Whether the judge answered, and not a fallback in its place. */
function isOfJudge({ status, served_by, model_id }: JudgeAnswerRow): boolean {
  return status === 'COMPLETED' && (served_by === null || served_by === model_id);
}

/** Whether the judge may prefer its own family's answer: the evaluation shows what it says, and no board counts it. */
function isOfFamily({ judge_model_id: judgeId }: HeldEvaluation, { contestants }: ComparedPair): boolean {
  const family = familyOf(judgeId ?? '');
  return contestants.some(({ model_id }) => familyOf(model_id) === family);
}

/** The model that the judge is found to prefer to all others; null: none is. */
export async function findDecided(db: Kysely<Database>, evaluation: HeldEvaluation): Promise<string | null> {
  const { model_ids: modelIds } = evaluation;
  const best = decidedBest(modelIds.length, await findPairScores(db, evaluation, { by: 'JUDGES' }));
  return best === null ? null : (modelIds[best] ?? null);
}
