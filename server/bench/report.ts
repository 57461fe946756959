import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Figures, median } from './figures.ts';
import { scenarios } from './scenarios.ts';

export interface Result {
  scenario: string;
  at: string;
  database: string;
  pinned: boolean;
  rounds: Figures[];
}

interface Mark {
  what: string;
  scenario: string;
  figure: string;
  bound: 'at most' | 'at least';
  mark: number;
}

const marks: Mark[] = [
  mark('CPU per delta, one model, paced: × raw Node pipe', 'paced', 'app.cpuPerDelta / pipe.cpuPerDelta', 1),
  mark('… × naive Yoga', 'paced', 'app.cpuPerDelta / naive.cpuPerDelta', 0.25),
  mark('The same over SSE: × raw Node pipe', 'paced-sse', 'app.cpuPerDelta / pipe.cpuPerDelta', 1),
  mark('… × naive Yoga over SSE', 'paced-sse', 'app.cpuPerDelta / naive.cpuPerDelta', 0.25),
  mark('CPU per delta, 4 models on a socket: × one', 'models', 'app.cpuPerDelta.4 / app.cpuPerDelta.1', 0.6),
  mark('… 8 models: × 4', 'models', 'app.cpuPerDelta.8 / app.cpuPerDelta.4', 1),
  atLeast(
    'Burst, deltas per core second: × raw Node pipe',
    'burst',
    'app.deltasPerCoreSecond / pipe.deltasPerCoreSecond',
    1,
  ),
  atLeast('… over SSE', 'burst-sse', 'app.deltasPerCoreSecond / pipe.deltasPerCoreSecond', 1),
  mark(
    'CPU per delta of chat completions: × the API’s own SSE',
    'chat-completions',
    'app.cpuPerDelta.chat / app.cpuPerDelta.sse',
    1.2,
  ),
  mark(
    'First token of chat completions: × sendPrompt’s',
    'chat-completions',
    'app.firstToken.chat / app.firstToken.ws',
    1,
  ),
  mark('First token over the provider’s own: × a one-row commit', 'first-token', 'app.overProvider / app.commit', 4),
  mark('… with 200 streams open', 'first-token-busy', 'app.busy / app.commit', 8),
  atLeast('1,000 streams of 50/s on one core: delivered of what was sent', 'thousand', 'app.delivered', 0.99),
  mark('… event-loop lag p99: × raw Node pipe', 'thousand', 'app.loopLag / pipe.loopLag', 1),
  mark('Memory of an active stream: × raw Node pipe', 'memory', 'app.active / pipe.active', 0.6),
  mark('Memory of an idle connection: × raw Node pipe', 'memory', 'app.idle / pipe.idle', 0.7),
  mark('CPU per delta at 5,000 deltas: × at 500', 'growth', 'app.cpuPerDelta.5000 / app.cpuPerDelta.500', 1.1),
  mark('First token at 1,000 turns: × at 10', 'conversations', 'app.firstToken.1000 / app.firstToken.10', 3),
  mark(
    '100 readers of one response: × 100 responses',
    'readers',
    'app.cpuShare.hundredReaders / app.cpuShare.hundredResponses',
    0.3,
  ),
  mark('CPU of a page of 10 turns with 4 answers of 6 KB each (µs)', 'page', 'web.cpuPerPage.ordinary', 30_000),
  mark('… with answers that are hard to render', 'page', 'web.cpuPerPage.unkind', 30_000),
  mark('Deltas late at p50 while 100 PDFs of 1 MB are uploaded and read: + ms', 'files', 'app.moved.p50', 16),
  mark('… at p95', 'files', 'app.moved.p95', 16),
];

function mark(what: string, scenario: string, figure: string, value: number): Mark {
  return { what, scenario, figure, bound: 'at most', mark: value };
}

function atLeast(what: string, scenario: string, figure: string, value: number): Mark {
  return { ...mark(what, scenario, figure, value), bound: 'at least' };
}

/** Every figure of a scenario: its median and its spread. */
export function describe({ scenario, rounds }: Result): string {
  const names = Object.keys(rounds[0] ?? {});
  const width = Math.max(...names.map(({ length }) => length));
  return [scenario, ...names.map((name) => `  ${name.padEnd(width)}  ${spread(rounds, name)}`)].join('\n');
}

function spread(rounds: readonly Figures[], name: string): string {
  const values = rounds.map((figures) => figures[name] ?? Number.NaN);
  return `${figure(median(values))} (${figure(Math.min(...values))} to ${figure(Math.max(...values))})`;
}

function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const page = join(import.meta.dirname, '../../docs/performance.md');
const markers = ['<!-- measured by npm run bench -->', '<!-- end of what was measured -->'] as const;

/** Writes the tables of docs/performance.md from the results, once there is one of every scenario. */
export function publish(folder: string): void {
  const files = Object.keys(scenarios).map((name) => join(folder, `${name}.json`));
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) {
    console.log(`docs/performance.md stays as it is: ${missing.length} scenarios have no result.`);
    return;
  }
  const results = files.map((file): Result => JSON.parse(readFileSync(file, 'utf8')));
  const text = readFileSync(page, 'utf8');
  const [start, end] = [text.indexOf(markers[0]) + markers[0].length, text.indexOf(markers[1])];
  writeFileSync(page, `${text.slice(0, start)}\n${toMarkdown(results)}\n${text.slice(end)}`);
}

function toMarkdown(results: readonly Result[]): string {
  const { database, pinned, at } = results[0] as Result;
  const machine = `${cpus()[0]?.model ?? 'an unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`;
  const where = `Measured ${at.slice(0, 10)} with Node ${process.versions.node} on ${machine}; database: ${database}; ${pinned ? 'each contender alone on one core' : 'not pinned to a core'}. Medians, with the least and the most of all rounds.`;
  const rounds = new Map(results.map((result) => [result.scenario, result.rounds]));
  const lines = marks.map(({ what, scenario, figure: name, bound, mark: value }) => {
    const ofScenario = rounds.get(scenario) ?? [];
    const measured = median(ofScenario.map((figures) => figures[name] ?? Number.NaN));
    const met = bound === 'at most' ? measured <= value : measured >= value;
    return `| ${what} | ${bound} ${value} | ${spread(ofScenario, name)} | ${met ? 'met' : 'missed'} |`;
  });
  const figures = results.flatMap(({ scenario, rounds: ofScenario }) =>
    Object.keys(ofScenario[0] ?? {}).map((name) => `| ${scenario} | ${name} | ${spread(ofScenario, name)} |`),
  );
  return [
    where,
    '',
    '| what | mark | measured | |',
    '|---|---|---|---|',
    ...lines,
    '',
    'All figures: CPU in microseconds, times in milliseconds, memory in kilobytes for each connection, `cpuShare` of a core; of a page, the kilobytes that are sent.',
    '',
    '| scenario | figure | measured |',
    '|---|---|---|',
    ...figures,
  ].join('\n');
}
