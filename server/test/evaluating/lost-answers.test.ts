import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LanguageModel, textOf } from '../../src/ports/language-model.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { becomes, createEvaluatedModel, newSet, run } from './evaluation-house.ts';

const catalogue = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: ['swift', 'sage', 'gpt-judge'].map((name) => ({
    id: `lab/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
  })),
};

/** Hangs when it is first asked something, and a judge when it is first asked at all; where a prompt has `half`, amid a word. */
function createHangingModel() {
  const { asked, ...model } = createEvaluatedModel();
  const known = new Set<string>();
  const hanging = { now: 0 };
  const stream: LanguageModel['stream'] = async (request, onPart) => {
    const prompt = textOf(request.messages.at(-1) ?? { parts: [] });
    const said = request.model === 'gpt-judge' ? 'a verdict' : `${request.model} ${prompt}`;
    if (known.has(said)) return model.stream(request, onPart);
    known.add(said);
    if (prompt.includes('half')) onPart({ type: 'text', text: 'Ha' });
    hanging.now += 1;
    await new Promise((_, reject) => request.signal.addEventListener('abort', reject));
  };
  return { ...model, stream, hanging };
}

describeDatabases('an evaluation whose answers are lost', (database) => {
  const model = createHangingModel();
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    const env = { LEASE_SECONDS: '1' };
    const languageModels = { lab: model };
    app = await startApp({ database: database(), catalogue, languageModels, env, passwords: quickPasswords });
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
  });

  /** As if the process that writes them had died: another one takes what it has journalled. */
  const loseLive = async (count: number) => {
    await until(() => model.hanging.now === count, `${count} answers are being written`);
    model.hanging.now = 0;
    await until(async () => {
      const { rows } = await sql`
        select from response join response_chunk chunk on chunk.response_id = response.id
        where lease_until is not null and text = ''`.execute(database().db);
      return rows.length >= (count === 4 ? 2 : 0);
    }, 'what is written is journalled');
    await sql`
      update response set lease_owner = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second'
      where lease_until is not null`.execute(database().db);
  };

  it('asks for them again, and a judge too, but not for those that are half-written and charged', async () => {
    const setId = await newSet(member, ['All of one?', 'Or half of one?']);
    const id = await run(member, { setId, modelIds: ['lab/swift', 'lab/sage'], judge: { modelId: 'lab/gpt-judge' } });
    await loseLive(4);
    // The judge hangs when it is first asked about the answers that are there now.
    await loseLive(1);
    const { progress, sums } = await becomes(member, id, 'DONE');
    expect(progress).toMatchObject({ ended: 2, cutOff: 2, pairs: 1, judged: 1, abstained: 0 });
    for (const { answers, completed, failed } of sums) expect([answers, completed, failed]).toEqual([2, 1, 1]);
    const { rows } = await sql`
      select status, count(*)::integer as count, sum(credits_charged)::integer > 0 as charged
      from response group by status, credits_charged > 0 order by status, count`.execute(database().db);
    expect(rows).toEqual([
      { status: 'COMPLETED', count: 4, charged: true },
      { status: 'INTERRUPTED', count: 2, charged: true },
      { status: 'INTERRUPTED', count: 3, charged: false },
    ]);
    const { rows: sum } = await sql`select sum(credits_charged)::integer as sum from response`.execute(database().db);
    expect(sum).toEqual([{ sum: progress.credits }]);
  });
});
