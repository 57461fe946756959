import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import {
  findVerdictReports,
  type ReportedContestantRow,
  type ReportedVerdictRow,
  type VerdictFilter,
  type VerdictPlace,
} from '../../database/judging/verdict-reports.ts';
import { toCsvLine } from '../ground/csv.ts';
import { type ComparedPair, comparedPairs } from './compared-pairs.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { wholeDays } from './whole-days.ts';

export type { VerdictFilter } from '../../database/judging/verdict-reports.ts';

const ROWS = 500;

export interface VerdictsSource {
  db: Kysely<Database>;
  pseudonymOf: Pseudonyms;
}

/**
 * The verdicts as CSV, by time: a line for each compared pair, with the judge's number in place of a name and without any
 * text of a member. The lines of a verdict follow each other and name all that it compares. A page of verdicts is in
 * memory at a time.
 */
export async function* verdictsAsCsv(source: VerdictsSource, filter: VerdictFilter): AsyncGenerator<string> {
  yield toCsvLine(
    [...verdictColumns, ...sides.flatMap((side) => contestantColumns.map((name) => `${name}_${side}`))].concat(
      'score_a',
      'weight',
    ),
  );
  for await (const page of pages(source, filter)) yield page.map(linesOf).join('');
}

const verdictColumns = [
  'verdict',
  'time',
  'changed',
  'member',
  'source',
  'judge_model',
  'kind',
  'topic',
  'blind',
  'unpaced',
  'named',
  'cluster',
  'contestants',
];
const contestantColumns = [
  'lane',
  'model',
  'best',
  'merged',
  'credits',
  'first_token_ms',
  'output_tokens',
  'characters',
];
const sides = ['a', 'b'];

function linesOf(verdict: ReportedVerdictRow): string {
  const ofVerdict = [
    verdict.id,
    toDay(verdict.created_at),
    verdict.changed_at && toDay(verdict.changed_at),
    verdict.judge_number,
    sourceOf(verdict),
    verdict.judge_model_id,
    verdict.kind,
    verdict.topic,
    verdict.blind,
    verdict.unpaced,
    verdict.named,
    verdict.cluster_id,
    verdict.contestants.length,
  ];
  return comparedPairs(verdict.kind, verdict.contestants)
    .map(({ a, b, score, weight }) => toCsvLine([...ofVerdict, ...cellsOf(a), ...cellsOf(b), score, weight]))
    .join('');
}

function sourceOf({ judge_model_id }: Pick<ReportedVerdictRow, 'judge_model_id'>): 'MEMBERS' | 'JUDGES' {
  return judge_model_id === null ? 'MEMBERS' : 'JUDGES';
}

function cellsOf(contestant: ReportedContestantRow) {
  const { lane, model_id, best, merged, credits, first_token_ms, output_tokens, characters } = contestant;
  return [lane, model_id, best, merged, credits, first_token_ms, output_tokens, characters];
}

/** Tells readers of the file what is in it. A new field does not change the version; a field that goes or changes does. */
const FORMAT = { format: 'polylogue.verdicts', version: 1 };

/** The same as one JSON document, with the answers that a verdict compares, and its pairs by their lanes. */
export async function* verdictsAsJson(source: VerdictsSource, filter: VerdictFilter): AsyncGenerator<string> {
  yield `${JSON.stringify(FORMAT).slice(0, -1)},"verdicts":[`;
  let before = '';
  for await (const page of pages(source, filter)) {
    yield before + page.map((verdict) => JSON.stringify(toEntry(verdict))).join(',');
    before = ',';
  }
  yield ']}';
}

function toEntry({ contestants, ...verdict }: ReportedVerdictRow) {
  return {
    id: verdict.id,
    time: toDay(verdict.created_at),
    changed: verdict.changed_at && toDay(verdict.changed_at),
    member: verdict.judge_number,
    source: sourceOf(verdict),
    judgeModel: verdict.judge_model_id,
    kind: verdict.kind,
    topic: verdict.topic,
    blind: verdict.blind,
    unpaced: verdict.unpaced,
    named: verdict.named,
    cluster: verdict.cluster_id,
    contestants: contestants.map(
      ({ lane, model_id, best, merged, credits, first_token_ms, output_tokens, characters }) => ({
        lane,
        model: model_id,
        best,
        merged,
        credits,
        firstTokenMs: first_token_ms,
        outputTokens: output_tokens,
        characters,
      }),
    ),
    pairs: comparedPairs(verdict.kind, contestants).map(toPair),
  };
}

function toPair({ a, b, score, weight }: ComparedPair<ReportedContestantRow>) {
  return { a: a.lane, b: b.lane, scoreA: score, weight };
}

/*
 * Judges have numbers and no names. Owners of teams see what their members used, when and at what price, so whatever is
 * exact here would put names to the numbers.
 */

/** The day (UTC). */
function toDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Two significant digits. */
function rough<Figure extends number | null>(figure: Figure): Figure {
  return (figure === null ? null : Number(figure.toPrecision(2))) as Figure;
}

function toReported(verdict: ReportedVerdictRow, pseudonymOf: Pseudonyms): ReportedVerdictRow {
  return {
    ...verdict,
    // The id of the row tells when that was made, to the millisecond.
    id: pseudonymOf(`verdict ${verdict.id}`),
    cluster_id: pseudonymOf(`prompt ${verdict.cluster_id}`),
    contestants: verdict.contestants.map(toRough),
  };
}

function toRough(contestant: ReportedContestantRow): ReportedContestantRow {
  const { credits, first_token_ms, output_tokens, characters } = contestant;
  return {
    ...contestant,
    credits: rough(credits),
    first_token_ms: first_token_ms === null ? null : 100 * Math.round(first_token_ms / 100),
    output_tokens: rough(output_tokens),
    characters: rough(characters),
  };
}

async function* pages(
  { db, pseudonymOf }: VerdictsSource,
  filter: VerdictFilter,
): AsyncGenerator<ReportedVerdictRow[]> {
  const days = { ...filter, ...wholeDays(filter) };
  let after: VerdictPlace | null = null;
  for (;;) {
    const page: ReportedVerdictRow[] = await findVerdictReports(db, days, { after, limit: ROWS });
    if (page.length > 0) yield page.map((row) => toReported(row, pseudonymOf));
    if (page.length < ROWS) return;
    after = page.at(-1) ?? null;
  }
}
