import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tierOf } from '../../../src/domain/catalogue/catalogue.ts';
import { InsufficientCreditsError } from '../../../src/domain/ground/errors.ts';
import { renewAccount } from '../../../src/domain/money/credits.ts';
import { createApiKey, findApiKeys } from '../../../src/domain/people/api-keys.ts';
import type { Asking, Member } from '../../../src/domain/people/members.ts';
import { type LanguageModel, ModelFailure } from '../../../src/ports/language-model.ts';
import { describeDatabases, openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { expectReconciled } from '../audit.ts';
import { labCatalogue } from '../catalogue.ts';
import { addMember, type House, startHouse, until } from '../house.ts';
import { createScriptedModel, type ScriptedModel } from '../scripted-model.ts';
import { ask, begin as beginAnswer, ended, story, tell, usageOf } from './held-answers.ts';

/** A token of input costs 1 credit, one of an answer 4. */
const catalogue = labCatalogue(
  { plain: {} },
  {
    FREE: { growingHolds: true, monthlyCredits: 3_000 },
    PRO: { growingHolds: true, monthlyCredits: 2_500 },
    ENTERPRISE: { growingHolds: true, monthlyCredits: 1_000_000 },
  },
);

describeDatabases('a hold that grows with its answer', (database) => {
  let house: House;
  let languageModel: ScriptedModel;
  beforeAll(async () => {
    languageModel = createScriptedModel();
    house = await startHouse({ database: database(), catalogue, languageModel });
  });
  afterAll(() => house.end());

  const accountOf = (member: Member) =>
    renewAccount(database().db, { userId: member.id, tier: tierOf(catalogue, member) });

  const begin = (asking: Asking) => beginAnswer({ house, languageModel, db: database().db }, asking);

  it('starts an answer whose worst case does not fit, and charges no more than it used', async () => {
    const member = await addMember(database());
    expect(await house.prompts.quote(member, ask)).toMatchObject({ affordable: true, mayBeShortened: true });
    const answer = await begin(member);
    const { credits_held: held } = await answer.row();
    expect(held).toBeLessThan(700);
    answer.call.push({ type: 'text', text: story });
    answer.call.finish(usageOf(90));
    expect(await ended(answer)).toMatchObject({
      text: story,
      finish_reason: 'STOP',
      shortened_by: null,
      credits_charged: 370,
    });
    expect(await accountOf(member)).toMatchObject({ balance: 2_630, held: 0 });
    await expectReconciled(database().db);
  });

  it('ends an answer at the last word that its account can pay', async () => {
    const member = await addMember(database());
    const answer = await begin(member);
    expect(answer.call.request.maxOutputTokens).toBeLessThan(750);
    tell(answer.call, 60);
    const row = await ended(answer);
    expect(row).toMatchObject({ status: 'COMPLETED', finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
    expect(story.repeat(60)).toContain(row.text);
    expect(row.text).toMatch(/word\d+$/);
    expect(story.repeat(60)[row.text.length]).toBe(' ');
    expect(row.credits_charged).toBeGreaterThan(2_900);
    expect(row.credits_charged).toBeLessThanOrEqual(row.credits_held);
    expect(await accountOf(member)).toMatchObject({ balance: 3_000 - (row.credits_charged ?? 0), held: 0 });
    expect(languageModel.open).toEqual([]);
    await expectReconciled(database().db);
  });

  it('is not taken for paid by a report without output beside a text', async () => {
    const member = await addMember(database());
    const answer = await begin(member);
    tell(answer.call, 60);
    answer.call.finish(usageOf(0));
    const row = await ended(answer);
    expect(row).toMatchObject({ status: 'COMPLETED', finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
    expect(row.text.length).toBeLessThan(story.length * 30);
  });

  it('keeps back no more than a bound of what costs nothing either', async () => {
    const member = await addMember(database());
    const answer = await begin(member);
    tell(answer.call, 60);
    const signature = 'x'.repeat(600_000);
    for (let piece = 0; piece < 2; piece++) answer.call.push({ type: 'signature', text: signature, redacted: false });
    expect(languageModel.open).toEqual([]);
    expect(await ended(answer)).toMatchObject({ finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
  });

  it('does not make a whole answer of one that broke off while its last words waited', async () => {
    const member = await addMember(database());
    const answer = await begin(member);
    tell(answer.call, 60);
    answer.call.fail(new ModelFailure('CONNECTION', 'The connection broke.'));
    expect(await ended(answer)).toMatchObject({ status: 'FAILED', finish_reason: null, shortened_by: null });
  });

  it('shows only text that its hold covers, piece by piece', async () => {
    const member = await addMember(database());
    const answer = await begin(member);
    const live = house.live.get((await answer.row()).id);
    for (let piece = 0; piece < 12; piece++) {
      answer.call.push({ type: 'text', text: story.slice(0, 60) });
      await new Promise((resolve) => setImmediate(resolve));
      // What is shown is looked at before the hold, which may grow meanwhile.
      const shown = live?.outputTokensEstimate ?? 0;
      const { credits_held: held } = await answer.row();
      expect(shown * 4).toBeLessThanOrEqual(held);
    }
    answer.call.finish(null);
    expect(await ended(answer)).toMatchObject({ text: story.slice(0, 60).repeat(12), shortened_by: null });
  });

  it('waits for what other answers of its account give back, and goes on whole', async () => {
    const member = await addMember(database(), { tier: 'PRO' });
    const [first, second] = [await begin(member), await begin(member)];
    tell(first.call, 3);
    await until(async () => (await first.row()).credits_held > 1_000, 'the first answer holds more');
    tell(second.call, 5);
    await until(async () => (await second.row()).waits_for_credits, 'the second answer waits');
    expect(house.live.get((await second.row()).id)?.text.length).toBeLessThan(story.length * 5);
    first.call.finish(usageOf(40));
    await ended(first);
    second.call.finish(usageOf(500));
    expect(await ended(second)).toMatchObject({ text: story.repeat(5), shortened_by: null, credits_charged: 2_010 });
    await expectReconciled(database().db);
  });

  it('ends one answer after the other if all of an account wait for credits', async () => {
    const member = await addMember(database(), { tier: 'PRO' });
    const answers = [await begin(member), await begin(member)];
    for (let piece = 0; piece < 60; piece++) for (const { call } of answers) call.push({ type: 'text', text: story });
    const rows = await Promise.all(answers.map(ended));
    for (const row of rows) expect(row).toMatchObject({ finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
    const account = await accountOf(member);
    expect(account.held).toBe(0);
    expect(account.balance).toBe(2_500 - rows.reduce((sum, { credits_charged }) => sum + (credits_charged ?? 0), 0));
    await expectReconciled(database().db);
  });

  it('lets a prompt that does not fit wait for running answers, and refuses one that never will', async () => {
    const member = await addMember(database());
    const first = await begin(member);
    tell(first.call, 4);
    await until(async () => (await first.row()).credits_held > 1_200, 'the first answer holds more');
    const waiting = begin(member);
    first.call.finish(usageOf(1));
    const second = await waiting;
    tell(second.call, 60);
    await ended(second);
    await expect(house.prompts.send(member, ask)).rejects.toThrow(InsufficientCreditsError);
  });

  it('grows no further than the monthly limit of its API key', async () => {
    const member = await addMember(database(), { tier: 'ENTERPRISE' });
    await createApiKey(database().db, member, { name: 'Limited', monthlyCredits: 2_500 });
    const [apiKey] = await findApiKeys(database().db, member.id);
    const answer = await begin({ ...member, apiKey: apiKey ?? null });
    tell(answer.call, 60);
    const row = await ended(answer);
    expect(row).toMatchObject({ finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
    expect(row.credits_charged).toBeLessThanOrEqual(2_500);
    expect(row.credits_held).toBeLessThanOrEqual(2_500);
    const [used] = await findApiKeys(database().db, member.id);
    expect(used?.spentThisMonth).toBe(row.credits_charged);
  });

  it('grows no further once its API key is revoked', async () => {
    const member = await addMember(database(), { tier: 'ENTERPRISE' });
    await createApiKey(database().db, member, { name: 'Revoked', monthlyCredits: 2_500 });
    const [apiKey] = await findApiKeys(database().db, member.id);
    const answer = await begin({ ...member, apiKey: apiKey ?? null });
    await database().db.deleteFrom('api_key').where('user_id', '=', member.id).execute();
    const { credits_held: held } = await answer.row();
    tell(answer.call, 60);
    expect(await ended(answer)).toMatchObject({ shortened_by: 'CREDITS', credits_held: held });
  });
});

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index % 40} `);

/** Writes as many words as the prompt says, and counts a token for each of 4 characters, as the measure of texts does. */
const crowdModel: LanguageModel = {
  async stream({ messages: [message], signal, maxOutputTokens }, onPart) {
    const [part] = message?.parts ?? [];
    const count = Number(part?.type === 'text' ? part.text : 0);
    for (const text of words(count)) {
      signal.throwIfAborted();
      onPart({ type: 'text', text });
      if (Math.random() < 0.2) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const outputTokens = Math.min(maxOutputTokens, 2 * count);
    const usage = { inputTokens: 8, outputTokens, reasoningTokens: 0, cachedInputTokens: 0, cacheWriteInputTokens: 0 };
    onPart({ type: 'usage', usage });
    onPart({ type: 'finish', reason: 'STOP' });
  },
  listModels: async () => [],
};

// The same crowd, over three server processes on Postgres: replicas/shared-credits.test.ts.
describe('a crowd whose holds grow on the embedded database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
  });
  afterAll(() => database?.close());

  it('spends exactly what its account has: 200 prompts at once are all answered whole', {
    timeout: 120_000,
  }, async () => {
    const lengths = Array.from({ length: 200 }, (_, index) => 20 + ((index * 37) % 90));
    const costs = lengths.map((length) => 8 + 4 * 2 * length);
    const total = costs.reduce((sum, cost) => sum + cost, 0);
    // The last to start needs what it is likely to cost.
    const spare = 2_100;
    const crowdCatalogue = labCatalogue({ plain: {} }, { FREE: { growingHolds: true, monthlyCredits: total + spare } });
    const house = await startHouse({ database, catalogue: crowdCatalogue, languageModel: crowdModel });
    try {
      const member = await addMember(database);
      const { db } = database;
      await Promise.all(
        lengths.map((length) => house.prompts.send(member, { prompt: String(length), modelIds: ['lab/plain'] })),
      );
      const open = () => db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute();
      await until(async () => (await open()).length === 0, 'all answers have ended', 60_000);
      const rows = await db.selectFrom('response').select(['shortened_by', 'status', 'credits_charged']).execute();
      expect(rows.length).toBe(200);
      expect(rows.filter(({ shortened_by, status }) => shortened_by !== null || status !== 'COMPLETED')).toEqual([]);
      expect(rows.reduce((sum, { credits_charged }) => sum + (credits_charged ?? 0), 0)).toBe(total);
      const account = await renewAccount(db, { userId: member.id, tier: tierOf(crowdCatalogue, member) });
      expect(account).toMatchObject({ balance: spare, held: 0 });
      await expectReconciled(db);
    } finally {
      await house.end();
    }
  });
});
