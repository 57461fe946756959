import { pino } from 'pino';
import { migrate } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { findPairScores } from '../../src/database/judging/evaluation-results.ts';
import {
  findAnsweredJudgings,
  findEndedAsks,
  findUnaskedPair,
  findUnderWay,
  findWaitingAsk,
} from '../../src/database/judging/evaluation-work.ts';
import { encodeGlobalId } from '../../src/domain/ground/global-ids.ts';
import { type Client, startApp } from '../../test/setup/app.ts';
import { startDatabase, withoutLimits } from '../database.ts';
import { answeredModels, makeEvaluation } from './large-evaluation.ts';

/*
 * How long an evaluation of 1,000 prompts with 10 models takes to be looked at, judged and exported, and what its work reads at each
 * step: `npm run bench:evaluations`. Needs Postgres on this machine. The rows are made, and nothing is asked.
 */

const ROUNDS = 5;
const PROMPTS = 1000;

const server = await startDatabase();
if (!server) {
  console.error('There is no Postgres on this machine (initdb and postgres), and nothing to measure without it.');
  process.exit(1);
}
const log = pino({ level: 'warn' });
const url = await server.create('evaluations');
const database = await openDatabase({ databaseUrl: url, dataDir: '', log });
const { db } = database;
await migrate(db, log);
const app = await startApp({ database: { ...database, url } as never, catalogue: answeredModels });
try {
  const client = await app.newMember();
  const other = await app.newMember();
  const { id: userId } = await db
    .selectFrom('user')
    .select('id')
    .where('email', '=', client.email)
    .executeTakeFirstOrThrow();
  const { id: otherId } = await db
    .selectFrom('user')
    .select('id')
    .where('email', '=', other.email)
    .executeTakeFirstOrThrow();
  const ids: string[] = [];
  for (const judgedBy of ['MODEL', 'PEOPLE', 'HALF'] as const) {
    ids.push(
      await makeEvaluation((work) => withoutLimits(url, work), {
        userId,
        people: [otherId],
        prompts: PROMPTS,
        judgedBy,
      }),
    );
  }
  const [ofModel = '', ofPeople = '', half = ''] = ids;
  await measurePage('judged by a model', client, ofModel);
  await measurePage('judged by people', client, ofPeople);
  await measureQueue(other, ofPeople);
  await measureExport(client, ofModel);
  await measureWork(half);
} finally {
  await app.close();
  await database.close();
  await server.stop();
}

/** The fields that the page asks for, each by itself and all together. */
async function measurePage(name: string, client: Client, id: string): Promise<void> {
  console.log(`\n${name}: the page of its owner`);
  const score = '{ wins losses ties }';
  const cell = `answers completed running failed judge ${score} people ${score}`;
  const fields: Record<string, string> = {
    progress:
      'progress { prompts waiting running ended refused credits pairs judged abstained verdicts blindVerdicts people }',
    sums: `sums { ${cell} credits characters firstTokenMs model { id name } }`,
    matrix: `matrix(first: 100) { position prompt topic cells { ${cell} } }`,
    'matrix, last page': `matrix(first: 100, after: ${PROMPTS - 101}) { position prompt topic cells { ${cell} } }`,
    agreement: 'agreement { pairs agreed kappa kappaLow kappaHigh }',
    decision: 'decision { byJudgeModel best { id } pairs { aWins bWins evidence needed a { id name } b { id name } } }',
    regressions: 'regressions(first: 20) { total regressions { kind prompt before now model { id name } } }',
  };
  const ask = (selection: string) => () =>
    client.gql(`query ($id: ID!) { node(id: $id) { ... on Evaluation { ${selection} } } }`, {
      id: encodeGlobalId('Evaluation', id),
    });
  for (const [field, selection] of Object.entries(fields)) await measure(field, ask(selection));
  const { progress, sums, matrix, agreement, decision } = fields;
  await measure('all of a look', ask([progress, sums, matrix, agreement, decision].join(' ')));
}

async function measureQueue(client: Client, evaluationId: string): Promise<void> {
  console.log('\nthe queue of who judges');
  const fields = '{ id prompt answerA answerB judged left }';
  const id = encodeGlobalId('Evaluation', evaluationId);
  let pair = '';
  await measure('next pair', async () => {
    const { nextEvaluationPair } = await client.gql(`mutation ($id: ID!) { nextEvaluationPair(id: $id) ${fields} }`, {
      id,
    });
    pair = nextEvaluationPair.id;
  });
  await measure('a verdict, and the next pair', async () => {
    const { judgeEvaluationPair } = await client.gql(
      `mutation ($id: ID!) { judgeEvaluationPair(pairId: $id, verdict: A) { next ${fields} } }`,
      { id: pair },
    );
    pair = judgeEvaluationPair.next.id;
  });
}

async function measureExport(client: Client, id: string): Promise<void> {
  console.log('\nthe export');
  const path = `${client.url}/export/evaluation/${encodeURIComponent(encodeGlobalId('Evaluation', id))}.jsonl`;
  let bytes = 0;
  await measure('all answers as JSONL', async () => {
    const response = await fetch(path, { headers: { cookie: client.cookie } });
    bytes = (await response.arrayBuffer()).byteLength;
  });
  console.log(`  of ${(bytes / 1e6).toFixed(1)} MB`);
}

async function measureWork(id: string): Promise<void> {
  console.log('\nthe work at it, half of whose pairs are judged, at each step');
  await measure('answers that have ended', () => findEndedAsks(db, id));
  await measure('verdicts that have ended', () => findAnsweredJudgings(db, id));
  await measure('whether it is decided', () => findPairScores(db, { id, repeats: 1 }, { by: 'JUDGES' }));
  await measure('the next pair for the judge', () => findUnaskedPair(db, id));
  await measure('the next prompt', () => findWaitingAsk(db, id));
  await measure('what is under way', () => findUnderWay(db, id));
}

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  const before = server?.cpu() ?? 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  const ofDatabase = ((server?.cpu() ?? 0) - before) / 1000 / ROUNDS;
  const median = times.sort((one, other) => one - other)[ROUNDS >> 1] ?? 0;
  console.log(
    `  ${name.padEnd(30)} ${median.toFixed(0).padStart(5)} ms, of the database's processor ${ofDatabase.toFixed(0).padStart(4)} ms`,
  );
}
