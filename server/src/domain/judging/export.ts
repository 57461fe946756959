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

export type { VerdictFilter } from '../../database/judging/verdict-reports.ts';

const ROWS = 500;

/**
 * The verdicts as CSV, by time: a line for each compared pair, with the judge's number in place of a name and without any
 * text of a member. The lines of a verdict follow each other and name all that it compares. A page of verdicts is in
 * memory at a time.
 */
export async function* verdictsAsCsv(db: Kysely<Database>, filter: VerdictFilter): AsyncGenerator<string> {
  yield toCsvLine(
    [...verdictColumns, ...sides.flatMap((side) => contestantColumns.map((name) => `${name}_${side}`))].concat(
      'score_a',
      'weight',
    ),
  );
  for await (const page of pages(db, filter)) yield page.map(linesOf).join('');
}

const verdictColumns = [
  'verdict',
  'time',
  'changed',
  'judge',
  'judge_model',
  'kind',
  'topic',
  'blind',
  'unpaced',
  'named',
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
    toTime(verdict.created_at),
    verdict.changed_at && toTime(verdict.changed_at),
    verdict.judge_number,
    verdict.judge_model_id,
    verdict.kind,
    verdict.topic,
    verdict.blind,
    verdict.unpaced,
    verdict.named,
    verdict.contestants.length,
  ];
  return comparedPairs(verdict.kind, verdict.contestants)
    .map(({ a, b, score, weight }) => toCsvLine([...ofVerdict, ...cellsOf(a), ...cellsOf(b), score, weight]))
    .join('');
}

function cellsOf(contestant: ReportedContestantRow) {
  const { lane, model_id, best, merged, credits, first_token_ms, output_tokens, characters } = contestant;
  return [lane, model_id, best, merged, credits, first_token_ms, output_tokens, characters];
}

/** Tells readers of the file what is in it. A new field does not change the version; a field that goes or changes does. */
const FORMAT = { format: 'polylogue.verdicts', version: 1 };

/** The same as one JSON document, with the answers that a verdict compares, and its pairs by their lanes. */
export async function* verdictsAsJson(db: Kysely<Database>, filter: VerdictFilter): AsyncGenerator<string> {
  yield `${JSON.stringify(FORMAT).slice(0, -1)},"verdicts":[`;
  let before = '';
  for await (const page of pages(db, filter)) {
    yield before + page.map((verdict) => JSON.stringify(toEntry(verdict))).join(',');
    before = ',';
  }
  yield ']}';
}

function toEntry({ contestants, ...verdict }: ReportedVerdictRow) {
  return {
    id: verdict.id,
    time: toTime(verdict.created_at),
    changed: verdict.changed_at && toTime(verdict.changed_at),
    judge: verdict.judge_number,
    judgeModel: verdict.judge_model_id,
    kind: verdict.kind,
    topic: verdict.topic,
    blind: verdict.blind,
    unpaced: verdict.unpaced,
    named: verdict.named,
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

/** To the second: finer times would tell apart who was at work when. */
function toTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

async function* pages(db: Kysely<Database>, filter: VerdictFilter): AsyncGenerator<ReportedVerdictRow[]> {
  let after: VerdictPlace | null = null;
  for (;;) {
    const page: ReportedVerdictRow[] = await findVerdictReports(db, filter, { after, limit: ROWS });
    if (page.length > 0) yield page;
    if (page.length < ROWS) return;
    after = page.at(-1) ?? null;
  }
}
