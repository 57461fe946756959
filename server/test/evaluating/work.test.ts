import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setJudgeAsked } from '../../src/database/judging/evaluation-work.ts';
import { endAsks } from '../../src/domain/evaluating/evaluation-ends.ts';
import { type LanguageModel, textOf } from '../../src/ports/language-model.ts';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { newTeam } from '../teams/team-house.ts';
import { act, becomes, createEvaluatedModel, look, newSet, run } from './evaluation-house.ts';

const pair = ['lab/swift', 'lab/sage'];

const catalogue = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: ['swift', 'sage', 'gpt-judge', 'faulty'].map((name) => ({
    id: `lab/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 10_000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    ...(name === 'faulty' && { fallbacks: ['lab/gpt-judge'] }),
  })),
  tiers: { growingHolds: true },
};

/** Answers as in other evaluations; a prompt with `hold` waits to be let go, and one with `slow` takes some time. */
function createHeldModel() {
  const { asked, ...model } = createEvaluatedModel();
  const held: (() => void)[] = [];
  const live = { now: 0, most: 0 };
  const stream: LanguageModel['stream'] = async (request, onPart) => {
    const prompt = textOf(request.messages.at(-1) ?? { parts: [] });
    live.now += 1;
    live.most = Math.max(live.most, live.now);
    if (prompt.includes('hold')) await new Promise<void>((resolve) => held.push(resolve));
    if (prompt.includes('slow')) await delay(50);
    live.now -= 1;
    await model.stream(request, onPart);
  };
  const letGo = () => {
    for (const resolve of held.splice(0)) resolve();
  };
  return { ...model, stream, asked, held, live, letGo };
}

describeDatabases('the work at an evaluation', (database) => {
  const model = createHeldModel();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue, languageModels: { lab: model }, retryDelayMs: 1 });
    admin = await app.newMember();
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const localId = (id: string) => Buffer.from(id, 'base64').toString().replace('Evaluation:', '');
  const verdictsOf = async (id: string) =>
    (
      await sql<{ id: string; pair_id: string; judge_number: number }>`
        select verdict.id, pair_id, judge_number from verdict join evaluation_pair pair on pair.id = pair_id
        where evaluation_id = ${localId(id)}::uuid`.execute(database().db)
    ).rows;

  it('holds to its limit where holds grow: what is being written counts as what it may cost at most', async () => {
    const setId = await newSet(
      member,
      Array.from({ length: 6 }, (_, index) => `A slow ${index}?`),
    );
    const input = { setId, modelIds: pair };
    const quote = 'query ($input: RunEvaluationInput!) { quoteEvaluation(input: $input) { maximum } }';
    const { maximum } = (await member.gql(quote, { input })).quoteEvaluation;
    const id = await run(member, { ...input, creditsMax: Math.ceil(1.5 * (maximum / 6)) });
    expect((await becomes(member, id, 'DONE')).progress.ended).toBe(6);
    expect(model.live.most).toBe(2);
  });

  it('takes note of what is being written when its owner pauses or stops it', async () => {
    for (const [name, state] of [
      ['pauseEvaluation', 'PAUSED'],
      ['stopEvaluation', 'STOPPED'],
    ] as const) {
      const setId = await newSet(member, ['To hold?', 'To hold, too?']);
      const id = await run(member, { setId, modelIds: pair });
      await until(() => model.held.length === 4, 'all are asked');
      await act(member, name, id);
      expect(await look(member, id)).toMatchObject({ state, progress: { running: 2, ended: 0 } });
      model.letGo();
      await until(async () => (await look(member, id)).progress.running === 0, 'what was written is noted');
      await act(member, 'openEvaluationFigures', id);
      const { progress, sums, ...rest } = await look(member, id);
      expect(rest.state).toBe(state);
      expect(progress).toMatchObject({ ended: 2, pairs: 2, credits: sums[0].credits + sums[1].credits });
      expect(progress.credits).toBeGreaterThan(0);
    }
  });

  it('gives a judge’s verdict of a pair once, whatever a late process notes', async () => {
    const { db } = database();
    const id = await run(member, {
      setId: await newSet(member, ['One?']),
      modelIds: pair,
      judge: { modelId: 'lab/gpt-judge' },
    });
    await becomes(member, id, 'DONE');
    const [verdict, ...others] = await verdictsOf(id);
    expect(others).toEqual([]);
    const { pair_id: pairId = '', judge_number: judgeNumber } = verdict ?? {};
    const rowOf = () => db.selectFrom('evaluation_pair').selectAll().where('id', '=', pairId).executeTakeFirst();
    const before = await rowOf();
    await setJudgeAsked(db, pairId, 'first', { turnId: before?.last_turn_id ?? '', most: 1 });
    await setJudgeAsked(db, pairId, 'last', null);
    expect(await rowOf()).toEqual(before);
    const again = sql`
      insert into verdict (id, judge_number, pair_id, kind, blind)
      values (gen_random_uuid(), ${judgeNumber}, ${pairId}::uuid, 'TIE', true)`.execute(db);
    await expect(again).rejects.toThrow(/unique/);
  });

  it('shows what a judge says of its own family, and has no board count it', async () => {
    const setId = await newSet(member, ['One?']);
    const id = await run(member, { setId, modelIds: pair, judge: { modelId: 'lab/sage', allowSameFamily: true } });
    const { judgeOfSameFamily, progress, sums } = await becomes(member, id, 'DONE');
    expect(judgeOfSameFamily).toBe(true);
    expect(progress).toMatchObject({ judged: 1, abstained: 0 });
    expect(sums[0].judge).toEqual({ wins: 1, losses: 0, ties: 0 });
    expect(await verdictsOf(id)).toEqual([]);
  });

  it('takes a fallback’s answer for none of the judge’s, and does not ask for the other order then', async () => {
    const asked = (prompt: string) => model.asked.filter((one) => one.includes(prompt) && one.includes('ANSWER A'));
    const fallen = await run(member, {
      setId: await newSet(member, ['Who fell back?']),
      modelIds: pair,
      judge: { modelId: 'lab/faulty', allowSameFamily: true },
    });
    expect((await becomes(member, fallen, 'DONE')).progress).toMatchObject({ judged: 1, abstained: 1 });
    expect(asked('Who fell back?').filter((one) => one.startsWith('gpt-judge '))).toHaveLength(1);
    const mumbled = await run(member, {
      setId: await newSet(member, ['Who does mumble?']),
      modelIds: pair,
      judge: { modelId: 'lab/gpt-judge' },
    });
    expect((await becomes(member, mumbled, 'DONE')).progress).toMatchObject({ judged: 1, abstained: 1 });
    expect(asked('Who does mumble?')).toHaveLength(1);
  });

  it('makes no pair of an answer that ended because credits did', async () => {
    const { db } = database();
    const id = await run(member, { setId: await newSet(member, ['One?']), modelIds: pair });
    await becomes(member, id, 'DONE');
    const evaluation = await db
      .selectFrom('evaluation')
      .selectAll()
      .where('id', '=', localId(id))
      .executeTakeFirstOrThrow();
    const pairs = async () => (await look(member, id)).progress.pairs;
    for (const [shortened_by, made] of [
      ['CREDITS', 0],
      [null, 1],
    ] as const) {
      await db.deleteFrom('evaluation_pair').where('evaluation_id', '=', evaluation.id).execute();
      await sql`
        update response set shortened_by = ${shortened_by}
        where lane = 0 and turn_id in (select turn_id from evaluation_ask where evaluation_id = ${evaluation.id}::uuid)
      `.execute(db);
      await db
        .updateTable('evaluation_ask')
        .set({ state: 'ASKED' })
        .where('evaluation_id', '=', evaluation.id)
        .execute();
      await endAsks(db, evaluation);
      expect(await pairs()).toBe(made);
    }
  });

  it('tells what is available as the member is shown it, while answers are hidden', async () => {
    const own = await app.newMember();
    const setId = await newSet(own, ['One?']);
    const document = `query ($input: RunEvaluationInput!) {
      quoteEvaluation(input: $input) { available }
      viewer { credits { available } }
    }`;
    const told = async () => {
      const { quoteEvaluation, viewer } = await own.gql(document, { input: { setId, modelIds: pair } });
      return [quoteEvaluation.available, viewer.credits.available];
    };
    const [before] = await told();
    await converse(own, { prompt: 'Which?', modelIds: pair, blind: true });
    const [available, shown] = await told();
    expect(available).toBe(shown);
    expect(available).toBeLessThan(before);
  });

  it('begins where its limit can be paid, though all of it could not', async () => {
    const team = await newTeam(admin, { name: 'Poor', monthlyCredits: 1 }, member);
    const setId = await newSet(member, ['One?']);
    const id = await run(member, { setId, modelIds: pair, payerId: team.id, creditsMax: 1 });
    expect((await becomes(member, id, 'PAUSED')).pause.code).toBe('LIMIT');
  });
});
