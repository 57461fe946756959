import { openDatabase } from '../../../src/database/connection/open.ts';
import { findChunks } from '../../../src/database/response-chunks.ts';
import { answerToolCall } from '../../../src/domain/agents/approvals.ts';
import { type House, startHouse, until } from '../../credits/house.ts';
import { testLog } from '../../credits/quiet-log.ts';
import { killAt } from '../../setup/kill-at.ts';
import { createStoryModel, createTracedTools, type EdgeOrder, edgeCatalogue } from './edge-order.ts';

// This process has an agent write an answer, and is killed at the edge that its order names.
const order: EdgeOrder = JSON.parse(process.argv[2] ?? '');
const { edge } = order;

const atStatement =
  edge.kind === 'statement' ? killAt({ occurrence: 1, moment: 'after', atCommit: false, ...edge }) : null;
const database = await openDatabase({ databaseUrl: order.databaseUrl, dataDir: order.dataDir, log: testLog });
const { db } = database;

function armFrom(step: number, of: 'model' | 'tools'): void {
  if (edge.kind !== 'statement' || edge.from === 'start') return;
  if (edge.from.step === step && edge.from.of === of) atStatement?.arm();
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
}

const languageModel = createStoryModel({
  onAsked: (step) => armFrom(step, 'model'),
  async onPiece(step, pieces) {
    if (edge.kind !== 'model' || step !== edge.step || pieces !== edge.pieces) return;
    await until(() => isJournalled(), 'all that is written is in the database');
    die();
  },
});

/** Whether the database has all that the only live response has. */
async function isJournalled(): Promise<boolean> {
  const [live] = [...house.live.all()];
  if (!live) return false;
  const chunks = await findChunks(db, [live.id]);
  const { parts } = await db.selectFrom('response').select('parts').where('id', '=', live.id).executeTakeFirstOrThrow();
  const text = chunks.map(({ part, content }) => (part === 'text' ? content : '')).join('');
  return text === live.text.toString() && (parts ?? []).length === live.parts.length;
}

let toolsCalled = new Set<string>();
const tools = createTracedTools(order.trace, {
  onCall({ step, tool, moment }) {
    if (edge.kind === 'tool' && edge.step === step && edge.tool === tool && edge.moment === moment) die();
    toolsCalled.add(`${step}/${tool}`);
    if (order.toolIds.every((id) => toolsCalled.has(`${step}/${id}`))) {
      toolsCalled = new Set();
      armFrom(step, 'tools');
    }
  },
});

if (edge.kind === 'statement' && edge.from === 'start') atStatement?.arm();
const house: House = await startHouse({
  database,
  catalogue: edgeCatalogue,
  languageModel,
  tools,
  leaseMs: order.leaseMs,
});
const { member } = order;
if (member)
  await house.prompts.send(member, { prompt: 'Tell it', modelIds: ['lab/plain'], toolIds: [...order.toolIds] });

const mine = () =>
  db
    .selectFrom('response')
    .select('id')
    .where('user_id', '=', member?.id ?? '');

const isWaited = edge.kind === 'waiting';
if (member && order.toolIds.includes('send')) {
  const waiting = () =>
    db
      .selectFrom('tool_call')
      .select(['id', 'response_id'])
      .where('status', '=', 'WAITING_FOR_APPROVAL')
      .where('response_id', 'in', mine())
      .executeTakeFirst();
  for (let step = 0; step <= 1; step++) {
    await until(async () => (await waiting()) !== undefined, 'a call waits');
    if (isWaited && step === edge.step) die();
    const { id: callId, response_id: responseId } = (await waiting()) ?? { id: '', response_id: '' };
    await answerToolCall(house, member.id, { responseId, callId, approve: true, remember: false });
  }
}

// It outlives no answer at which it was not killed.
const isFinal = async () => (await db.selectFrom('response').select('lease_until').execute()).every(isOver);
const isOver = ({ lease_until }: { lease_until: Date | null }) => lease_until === null;
if (!member || order.databaseUrl === null) {
  await until(isFinal, 'it is final', 60_000);
  process.exit(1);
}
