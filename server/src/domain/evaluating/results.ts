import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { countCutOff } from '../../database/judging/asked-again.ts';
import {
  type BlindPromptRow,
  type CellRow,
  countAsks,
  countEvaluationItems,
  countJudging,
  type EvaluationItemRow,
  findAnswersTo,
  findBlindPrompts,
  findBothSaid,
  findCells,
  findEvaluationItems,
  findLaneSums,
  findPairScores,
  findScores,
  type JudgedBy,
  noteOpening,
  type ScoreRow,
} from '../../database/judging/evaluation-results.ts';
import type { PairOutcome } from '../../database/judging/evaluation-tables.ts';
import { findUnderWay } from '../../database/judging/evaluation-work.ts';
import { type EvaluationRow, findEvaluationBefore } from '../../database/judging/evaluations.ts';
import { NotFoundError } from '../ground/errors.ts';
import { type Agreement, agreementOf } from '../judging/agreement.ts';
import { decidedBest, EVIDENCE_MIN, logEvidence } from '../judging/sequential-test.ts';
import { requireOwnEvaluation } from './evaluations.ts';
import { EarlierResults, type PromptResult, type Regression, worstFirst } from './regression.ts';

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
  /** Answers that their process left half-written, and charged. */
  cutOff: number;
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
    cutOff: await countCutOff(db, id),
    credits: evaluation.spent + (await findUnderWay(db, id)).credits,
    ...(await countJudging(db, id)),
  };
}

export interface Cell extends Omit<CellRow, 'position' | 'credits'> {
  /** Null, as are the lengths: they would tell which answer is whose while the viewer judges it blind. */
  credits: number | null;
  judge: Score;
  /** Null: the viewer is still to judge the prompt blind, and would not any more if they saw it. */
  people: Score | null;
}

export interface MatrixRow extends EvaluationItemRow {
  cells: Cell[];
}

/**
 * A part of the matrix of prompts and models, without texts of answers.
 *
 * @param viewerId who reads it, and may be judging meanwhile
 */
export async function matrixOf(
  db: Kysely<Database>,
  evaluation: EvaluationRow,
  { viewerId, ...page }: { viewerId: string; after?: number; limit: number },
): Promise<MatrixRow[]> {
  const rows = await cellsOf(db, evaluation, page);
  const positions = rows.map(({ position }) => position);
  const blind = await findBlindPrompts(db, evaluation.id, viewerId, positions);
  const hidden = new Set(blind.map(({ position }) => position));
  return rows.map(({ cells, ...item }) => ({
    ...item,
    cells: hidden.has(item.position) ? cells.map((cell) => ({ ...withoutLengths(cell), people: null })) : cells,
  }));
}

/** What an answer costs tells its length, and that tells the answer. */
function withoutLengths(cell: Cell): Cell {
  return { ...cell, credits: null, characters: null, output_tokens: null };
}

async function cellsOf(
  db: Kysely<Database>,
  { id, model_ids }: EvaluationRow,
  page: { after?: number; limit: number },
) {
  const items = await findEvaluationItems(db, id, page);
  const positions = items.map(({ position }) => position);
  const cells = byPlace(await findCells(db, id, positions));
  const judge = byPlace(await findScores(db, id, { by: 'JUDGES', positions, perPrompt: true }));
  const people = byPlace(await findScores(db, id, { by: 'MEMBERS', positions, perPrompt: true }));
  return items.map((item) => ({
    ...item,
    cells: model_ids.map((_, lane) => {
      const place = placeOf({ position: item.position, lane });
      return cellOf(cells.get(place) ?? noAnswers(lane), judge.get(place), people.get(place));
    }),
  }));
}

/** How many answers that are judged blind a sum must hide among each other. */
const HIDDEN_AMONG = 5;

/**
 * One cell a model, over all prompts: of people without those that the viewer has begun to judge blind. Lengths and
 * credits of few prompts that are judged blind, or of a sum that still grows by one at a time, are left out.
 */
export async function sumsOf(db: Kysely<Database>, { id, model_ids, state }: EvaluationRow, viewerId: string) {
  const rows = await findLaneSums(db, id);
  const sums = byPlace(rows);
  const blind = await findBlindPrompts(db, id, viewerId);
  const isGrowing = state === 'RUNNING' || state === 'PAUSED' || rows.some(({ live }) => live > 0);
  const isTelling = blind.length > 0 && (isGrowing || blind.length < HIDDEN_AMONG);
  const judge = byPlace(await findScores(db, id, { by: 'JUDGES', perPrompt: false }));
  const people = byPlace(await findScores(db, id, { by: 'MEMBERS', without: begunOf(blind), perPrompt: false }));
  return model_ids.map((_, lane): Cell => {
    const place = placeOf({ position: 0, lane });
    const cell = cellOf(sums.get(place) ?? noAnswers(lane), judge.get(place), people.get(place));
    return isTelling ? withoutLengths(cell) : cell;
  });
}

/** The prompts that the viewer is amid judging: a sum that moves with each verdict would name the models. */
function begunOf(blind: readonly BlindPromptRow[]): number[] {
  return blind.filter(({ begun }) => begun).map(({ position }) => position);
}

interface Place {
  position: number;
  lane: number;
}

function byPlace<Row extends Place>(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [placeOf(row), row]));
}

function placeOf({ position, lane }: Place): number {
  return position * 1_000 + lane;
}

function cellOf({ position: _, ...figures }: CellRow, judge?: ScoreRow, people?: ScoreRow) {
  return { ...figures, judge: scoreOf(judge), people: scoreOf(people) };
}

function scoreOf(row: ScoreRow | undefined): Score {
  return row ? { wins: row.wins, losses: row.losses, ties: row.ties } : { wins: 0, losses: 0, ties: 0 };
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

/** Shows the member all figures of their own evaluation. It is noted that they judge none of its prompts blind any more. */
export async function openFigures(db: Kysely<Database>, userId: string, id: string): Promise<EvaluationRow> {
  const evaluation = await requireOwnEvaluation(db, userId, id);
  await noteOpening(db, { evaluationId: id, userId }, null);
  return evaluation;
}

/** Whether a model is found to be better than all others, and how much is known about each two of them. */
export interface Decision {
  by: JudgedBy;
  /** Null: none is, yet. */
  bestModelId: string | null;
  pairs: { a: string; b: string; aWins: number; bWins: number; evidence: number; needed: number }[];
}

/** @param viewerId who reads it: what people say of the prompts that they have begun to judge blind is left out */
export async function decisionIn(db: Kysely<Database>, evaluation: EvaluationRow, viewerId: string): Promise<Decision> {
  const { id, model_ids: ids } = evaluation;
  const by = evaluation.judge_model_id === null ? 'MEMBERS' : 'JUDGES';
  const without = by === 'MEMBERS' ? begunOf(await findBlindPrompts(db, id, viewerId)) : [];
  const scores = await findPairScores(db, evaluation, { by, without });
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

/** What became worse, as much of it as was asked for. */
export interface Regressions {
  since: EvaluationRow;
  /** The worst first. */
  regressions: Regression[];
  /** How much there is in all. */
  total: number;
}

/**
 * What became worse since the owner's last evaluation of the same set; null: there was none. Prompts that the viewer still
 * judges blind are left out where lengths, prices and what people say are compared.
 */
export async function regressionsIn(
  db: Kysely<Database>,
  evaluation: EvaluationRow,
  { viewerId, first }: { viewerId: string; first: number },
): Promise<Regressions | null> {
  const since = await findEvaluationBefore(db, evaluation);
  if (!since) return null;
  const earlier = new EarlierResults();
  for await (const results of resultsOf(db, since, viewerId)) earlier.add(results);
  let regressions: Regression[] = [];
  let total = 0;
  for await (const results of resultsOf(db, evaluation, viewerId)) {
    const found = earlier.regressionsOf(results);
    total += found.length;
    regressions = worstFirst([...regressions, ...found]).slice(0, first);
  }
  return { since, regressions, total };
}

/** So many prompts are read at once: others go on between two such parts. */
const PROMPTS_AT_ONCE = 50;

async function* resultsOf(
  db: Kysely<Database>,
  evaluation: EvaluationRow,
  viewerId: string,
): AsyncGenerator<PromptResult[]> {
  for (let after = -1; ; ) {
    const rows = await matrixOf(db, evaluation, { viewerId, after, limit: PROMPTS_AT_ONCE });
    const last = rows.at(-1);
    if (!last) return;
    after = last.position;
    yield rows.flatMap((row) => resultsOfPrompt(row, evaluation.model_ids));
    await nextTurn();
  }
}

function resultsOfPrompt({ prompt, cells }: MatrixRow, modelIds: readonly string[]): PromptResult[] {
  return cells.map(({ lane, answers, completed, live, credits, characters, judge, people }) => {
    const score = judge.wins + judge.losses + judge.ties > 0 ? judge : (people ?? scoreOf(undefined));
    const compared = score.wins + score.losses + score.ties;
    return {
      prompt,
      modelId: modelIds[lane] ?? '',
      answers: answers - live,
      completed,
      credits: answers === 0 || credits === null ? null : Math.round(credits / answers),
      characters,
      wins: compared === 0 ? null : (score.wins + score.ties / 2) / compared,
    };
  });
}
