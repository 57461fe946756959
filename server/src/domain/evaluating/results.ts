import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  type CellRow,
  countAsks,
  countEvaluationItems,
  countJudging,
  type EvaluationItemRow,
  findAnswersTo,
  findBothSaid,
  findCells,
  findEvaluationItems,
  findLaneSums,
  findPairTable,
  type JudgedBy,
  noteOpening,
  type PairSaid,
} from '../../database/judging/evaluation-results.ts';
import type { PairOutcome } from '../../database/judging/evaluation-tables.ts';
import { findUnderWay } from '../../database/judging/evaluation-work.ts';
import { type EvaluationRow, findEvaluationBefore } from '../../database/judging/evaluations.ts';
import { NotFoundError } from '../ground/errors.ts';
import { type Agreement, agreementOf } from '../judging/agreement.ts';
import { decidedBest, EVIDENCE_MIN, logEvidence } from '../judging/sequential-test.ts';
import { requireOwnEvaluation } from './evaluations.ts';
import { scoresOfPrompts } from './prompt-scores.ts';
import { type PromptResult, type Regression, regressionsOf } from './regression.ts';

export type { AnswerRow } from '../../database/judging/evaluation-results.ts';
export type { Agreement } from '../judging/agreement.ts';
export type { Regression } from './regression.ts';

/** Wins, losses and ties of a model. */
export interface Score {
  wins: number;
  losses: number;
  ties: number;
}

export interface Progress {
  prompts: number;
  waiting: number;
  asked: number;
  ended: number;
  refused: number;
  /** Credits that were charged, and those that are held now among them. */
  credits: number;
  pairs: number;
  judged: number;
  abstained: number;
  verdicts: number;
  blind: number;
  people: number;
}

/** How far the evaluation is. */
export async function progressOf(db: Kysely<Database>, evaluation: EvaluationRow): Promise<Progress> {
  const { id } = evaluation;
  const asks = await countAsks(db, id);
  return {
    prompts: await countEvaluationItems(db, id),
    waiting: asks.get('WAITING') ?? 0,
    asked: asks.get('ASKED') ?? 0,
    ended: asks.get('ENDED') ?? 0,
    refused: asks.get('REFUSED') ?? 0,
    credits: evaluation.spent + (await findUnderWay(db, id)).credits,
    ...(await countJudging(db, id)),
  };
}

export type Cell = Omit<CellRow, 'position'> & { judge: Score; people: Score };

export interface MatrixRow extends EvaluationItemRow {
  cells: Cell[];
}

/** A part of the matrix of prompts and models, without texts of answers. */
export async function matrixOf(
  db: Kysely<Database>,
  { id, model_ids }: EvaluationRow,
  page: { after?: number; limit: number },
): Promise<MatrixRow[]> {
  const items = await findEvaluationItems(db, id, page);
  const cells = await findCells(
    db,
    id,
    items.map(({ position }) => position),
  );
  const said = await saidByBoth(db, id);
  return items.map((item) => ({
    ...item,
    cells: model_ids.map((_, lane) =>
      cellOf(
        cells.find((cell) => cell.position === item.position && cell.lane === lane) ?? noAnswers(lane),
        said,
        item.position,
      ),
    ),
  }));
}

/** One cell a model, over all prompts. */
export async function sumsOf(db: Kysely<Database>, { id, model_ids }: EvaluationRow): Promise<Cell[]> {
  const sums = await findLaneSums(db, id);
  const said = await saidByBoth(db, id);
  return model_ids.map((_, lane) => cellOf(sums.find((cell) => cell.lane === lane) ?? noAnswers(lane), said, null));
}

/** What is said, by position; under null all of it. */
type Said = ReadonlyMap<number | null, readonly PairSaid[]>;

interface SaidByBoth {
  judge: Said;
  people: Said;
}

async function saidByBoth(db: Kysely<Database>, id: string): Promise<SaidByBoth> {
  return {
    judge: byPosition(await findPairTable(db, id, 'JUDGES')),
    people: byPosition(await findPairTable(db, id, 'MEMBERS')),
  };
}

function byPosition(said: readonly PairSaid[]): Said {
  const groups = new Map<number | null, PairSaid[]>([[null, [...said]]]);
  for (const pair of said) {
    const group = groups.get(pair.position);
    if (group) group.push(pair);
    else groups.set(pair.position, [pair]);
  }
  return groups;
}

function cellOf({ position: _, ...figures }: CellRow, { judge, people }: SaidByBoth, position: number | null): Cell {
  const { lane } = figures;
  return { ...figures, judge: scoreOf(judge.get(position), lane), people: scoreOf(people.get(position), lane) };
}

function scoreOf(said: readonly PairSaid[] | undefined, lane: number): Score {
  const score = { wins: 0, losses: 0, ties: 0 };
  for (const pair of said ?? []) {
    if (pair.lane_a !== lane && pair.lane_b !== lane) continue;
    const own = pair.lane_a === lane ? 'A' : 'B';
    if (pair.said === 'TIE') score.ties += 1;
    else if (pair.said === own) score.wins += 1;
    else if (pair.said !== 'NONE') score.losses += 1;
  }
  return score;
}

function noAnswers(lane: number): CellRow {
  const none = { characters: null, output_tokens: null, first_token_ms: null };
  return { position: 0, lane, answers: 0, completed: 0, live: 0, credits: 0, ...none };
}

/**
 * All answers to a prompt beside their models' names. Whoever reads them does not judge this prompt blind any more,
 * which is noted.
 *
 * @throws NotFoundError if it is not the member's own evaluation, or has no such prompt
 */
export async function openAnswers(db: Kysely<Database>, userId: string, id: string, position: number) {
  const evaluation = await requireOwnEvaluation(db, userId, id);
  const [item] = await findEvaluationItems(db, id, { after: position - 1, limit: 1 });
  if (item?.position !== position) throw new NotFoundError('prompt');
  await noteOpening(db, { evaluationId: id, userId }, position);
  return { evaluation, item, answers: await findAnswersTo(db, id, position) };
}

/** How judge and people agree, of the pairs that both judged; of several people the majority counts, else a tie. */
export async function agreementIn(db: Kysely<Database>, { id }: Pick<EvaluationRow, 'id'>): Promise<Agreement> {
  const both = await findBothSaid(db, id);
  return agreementOf(
    both.flatMap(({ judged, people }) => {
      const most = majorityOf(people);
      return most === null ? [] : [[judged, most] as const];
    }),
  );
}

/** Null: most find neither answer good enough. */
function majorityOf(said: readonly (PairOutcome | 'ALL_BAD')[]): PairOutcome | null {
  const counts = new Map<PairOutcome | 'ALL_BAD', number>();
  for (const one of said) counts.set(one, (counts.get(one) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  if (!first) return null;
  if (second && second[1] === first[1]) return 'TIE';
  return first[0] === 'ALL_BAD' ? null : first[0];
}

/** Whether a model is found to be better than all others, and how much is known about each two of them. */
export interface Decision {
  by: JudgedBy;
  /** Null: none is, yet. */
  bestModelId: string | null;
  pairs: { a: string; b: string; aWins: number; bWins: number; evidence: number; needed: number }[];
}

export async function decisionIn(
  db: Kysely<Database>,
  { id, model_ids: ids, judge_model_id, repeats }: EvaluationRow,
): Promise<Decision> {
  const by = judge_model_id === null ? 'MEMBERS' : 'JUDGES';
  const scores = scoresOfPrompts(await findPairTable(db, id, by), repeats);
  const best = decidedBest(ids.length, scores);
  const needed = EVIDENCE_MIN * Math.max(1, (ids.length * (ids.length - 1)) / 2);
  return {
    by,
    bestModelId: best === null ? null : (ids[best] ?? null),
    pairs: scores.map(({ a, b, aWins, bWins }) => ({
      a: ids[a] ?? '',
      b: ids[b] ?? '',
      aWins,
      bWins,
      evidence: Math.min(Math.exp(logEvidence(aWins, bWins)), Number.MAX_SAFE_INTEGER),
      needed,
    })),
  };
}

/** What became worse since the owner's last evaluation of the same set; null: there was none. */
export async function regressionsIn(
  db: Kysely<Database>,
  evaluation: EvaluationRow,
): Promise<{ since: EvaluationRow; regressions: Regression[] } | null> {
  const since = await findEvaluationBefore(db, evaluation);
  if (!since) return null;
  return { since, regressions: regressionsOf(await resultsOf(db, since), await resultsOf(db, evaluation)) };
}

async function resultsOf(db: Kysely<Database>, evaluation: EvaluationRow): Promise<PromptResult[]> {
  const rows = await matrixOf(db, evaluation, { limit: 1_000 });
  return rows.flatMap(({ prompt, cells }) =>
    cells.map(({ lane, answers, completed, live, credits, characters, judge, people }) => {
      const score = judge.wins + judge.losses + judge.ties > 0 ? judge : people;
      const compared = score.wins + score.losses + score.ties;
      return {
        prompt,
        modelId: evaluation.model_ids[lane] ?? '',
        answers: answers - live,
        completed,
        credits: answers === 0 ? 0 : Math.round(credits / answers),
        characters,
        wins: compared === 0 ? null : (score.wins + score.ties / 2) / compared,
      };
    }),
  );
}
