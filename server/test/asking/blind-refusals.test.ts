import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findCreditEntries, findMonthlyCredits, lockCreditAccount } from '../../src/database/credits.ts';
import { findBudgetAlerts, insertBudgetAlerts } from '../../src/database/money/budget-alerts.ts';
import type { PromptInput } from '../../src/domain/asking/prompt-input.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { chooseResponse } from '../../src/domain/conversations/turns.ts';
import { DomainError, type InsufficientCreditsError } from '../../src/domain/ground/errors.ts';
import { adjustBalance, renewAccount, shownAccount } from '../../src/domain/money/credits.ts';
import { createApiKey } from '../../src/domain/people/api-keys.ts';
import type { Asking } from '../../src/domain/people/members.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { usageOf } from '../credits/growing/held-answers.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { createScriptedModel, type ScriptedCall, type ScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

/** Models whose names no refusal may tell, and whose prices are far apart. */
const catalogue = labCatalogue(
  {
    zqdear: { prices: { output: 9_000_000 }, contextWindow: 5_000 },
    zqcheap: { prices: { output: 1_000_000 }, contextWindow: 4_000 },
    zqother: { prices: { output: 2_000_000 }, contextWindow: 5_000 },
  },
  { FREE: { monthlyCredits: 40_000 }, PRO: { monthlyCredits: 40_000, growingHolds: true } },
);
const pair = ['lab/zqdear', 'lab/zqcheap'];
const tooLong = 'word '.repeat(9_000);

describeDatabases('a refusal in a conversation of hidden models', (database) => {
  let house: House;
  let languageModel: ScriptedModel;
  beforeAll(async () => {
    languageModel = createScriptedModel();
    house = await startHouse({
      database: database(),
      catalogue,
      languageModel,
      monthlyCreditsMax: 10_000_000,
      creditPatienceMs: 600_000,
    });
  });
  afterAll(() => house.end());

  const responsesOf = (turnId: string) =>
    database().db.selectFrom('response').selectAll().where('turn_id', '=', turnId).orderBy('lane').execute();

  async function finishAll(outputTokens = 3): Promise<void> {
    for (const call of [...languageModel.open]) call.finish(usageOf(outputTokens));
  }

  /** A turn of hidden models, whose answers have ended. */
  async function hiddenTurn(asking: Asking, input: Partial<PromptInput> = {}) {
    const before = languageModel.requests.length;
    const turn = await house.prompts.send(asking, { prompt: 'Which?', modelIds: pair, blind: true, ...input });
    await until(() => languageModel.requests.length === before + 2, 'both models are asked');
    await finishAll();
    await until(
      async () => (await responsesOf(turn.id)).every(({ finished_at }) => finished_at !== null),
      'both answers have ended',
    );
    const { lane_hold: laneHold } = await database()
      .db.selectFrom('turn')
      .select('lane_hold')
      .where('id', '=', turn.id)
      .executeTakeFirstOrThrow();
    const ids = (await responsesOf(turn.id)).map(({ id }) => id) as [string, string];
    return { turn, ids, laneHold: laneHold as number, conversationId: turn.conversation_id };
  }

  async function refusalOf(work: Promise<unknown>): Promise<DomainError> {
    const error = await work.then(
      () => new Error('It was not refused.'),
      (refusal: unknown) => refusal,
    );
    expect(error).toBeInstanceOf(DomainError);
    return error as DomainError;
  }

  const creditsRefusalOf = async (work: Promise<unknown>) => (await refusalOf(work)) as InsufficientCreditsError;
  const told = (error: DomainError) => JSON.stringify([error.name, error.message, error]);

  async function withKey(
    member: Asking,
    { monthlyCredits = null as number | null, modelIds = null as string[] | null },
  ) {
    const { apiKeyId: id } = await createApiKey(database().db, member, { name: 'Key', monthlyCredits });
    return { ...member, apiKey: { id, monthlyCredits, modelIds } };
  }

  const shownOf = async (member: Asking) =>
    shownAccount(await renewAccount(database().db, { userId: member.id, tier: tierOf(catalogue, member) }));

  it('names none of them, whether they are named again or not, nor in a quote', async () => {
    const member = await addMember(database());
    const { conversationId } = await hiddenTurn(member);
    const long = { prompt: tooLong, conversationId, blind: true };
    for (const input of [{ ...long, modelIds: pair }, { ...long, modelIds: ['lab/zqother', 'lab/zqcheap'] }, long]) {
      expect(told(await refusalOf(house.prompts.send(member, input)))).not.toContain('zq');
      expect(told(await refusalOf(house.prompts.quote(member, input)))).not.toContain('zq');
    }
    expect(told(await refusalOf(house.prompts.quote(member, { prompt: tooLong, blind: true })))).not.toContain('zq');
  });

  it('is the same for an API key with a list of models, whatever is on it', async () => {
    const member = await addMember(database());
    const { ids, conversationId, turn } = await hiddenTurn(member);
    const refusals = new Set<string>();
    for (const modelIds of [...pair.map((id) => [id]), pair]) {
      const key = await withKey(member, { modelIds, monthlyCredits: 1 });
      const input = { prompt: 'And?', conversationId, blind: true };
      for (const id of ids) {
        refusals.add(told(await refusalOf(house.prompts.regenerate(key, id, null))));
        refusals.add(told(await refusalOf(house.prompts.continue(key, id))));
      }
      refusals.add(told(await refusalOf(house.prompts.send(key, input))));
      refusals.add(told(await refusalOf(house.prompts.send(key, { ...input, modelIds: pair }))));
      refusals.add(told(await refusalOf(house.prompts.quote(key, input))));
    }
    expect([...refusals]).toHaveLength(1);
    expect((await responsesOf(turn.id)).length).toBe(2);
  });

  it('tells neither what an answer cost nor what it would cost, whoever’s credits are short', async () => {
    const member = await addMember(database());
    // A hidden answer counts as held with the most that the dearest model costs, so that nothing is left of the key's.
    const { maximum } = await house.prompts.quote(member, { prompt: 'Which?', modelIds: pair, blind: true });
    const key = await withKey(member, { monthlyCredits: maximum });
    const { ids, laneHold } = await hiddenTurn(key);
    expect(2 * laneHold).toBe(maximum);
    const all = { prompt: 'All?', modelIds: [...pair, 'lab/zqother', 'lab/zqdear'] };
    expect(await creditsRefusalOf(house.prompts.send(key, all))).toMatchObject({ name: 'KeyLimitError', available: 0 });
    expect(await house.prompts.quote(key, { prompt: 'And?', modelIds: ['lab/zqcheap'] })).toMatchObject({
      affordable: false,
    });
    const poor = await withKey(member, { monthlyCredits: 1 });
    for (const id of ids) {
      expect(await creditsRefusalOf(house.prompts.regenerate(poor, id, null))).toMatchObject({
        name: 'KeyLimitError',
        required: laneHold,
        available: 1,
      });
    }
    const { balance, held } = await shownOf(member);
    expect(balance).toBe(40_000);
    const many = { prompt: 'All?', modelIds: Array.from({ length: 5 }, () => 'lab/zqdear') };
    expect(await creditsRefusalOf(house.prompts.send(member, many))).toMatchObject({
      name: 'InsufficientCreditsError',
      available: balance - held,
    });
    // A model that is gone is not named either.
    await database().db.updateTable('response').set({ model_id: 'lab/zqgone' }).where('id', '=', ids[0]).execute();
    for (const id of ids) expect(told(await refusalOf(house.prompts.regenerate(member, id, null)))).not.toContain('zq');
  });

  it('does not tell which answer is there, nor how long it is, while the other one is written', async () => {
    const member = await addMember(database());
    const before = languageModel.requests.length;
    const turn = await house.prompts.send(member, { prompt: 'Which?', modelIds: pair, blind: true });
    await until(() => languageModel.requests.length === before + 2, 'both models are asked');
    const [first, last] = languageModel.open as [ScriptedCall, ScriptedCall];
    const ids = (await responsesOf(turn.id)).map(({ id }) => id);
    const quoted = async () => {
      const { models, maximum } = await house.prompts.quote(member, {
        prompt: 'And?',
        conversationId: turn.conversation_id,
        modelIds: pair,
      });
      return { maximum, models: models.map(({ inputTokens, history }) => ({ inputTokens, history: history() })) };
    };
    const quotedBefore = await quoted();
    first.push({ type: 'text', text: 'Some words. '.repeat(50) });
    first.finish(usageOf(3));
    await until(
      async () => (await responsesOf(turn.id)).some(({ finished_at }) => finished_at !== null),
      'an answer has ended',
    );
    expect(await quoted()).toEqual(quotedBefore);
    const after = { prompt: 'And?', conversationId: turn.conversation_id, modelIds: pair };
    const doors: ((id: string) => Promise<unknown>)[] = [
      (id) => house.prompts.regenerate(member, id, null),
      (id) => house.prompts.continue(member, id),
      (id) => house.prompts.quote(member, { ...after, historyFrom: id }),
      (id) => house.prompts.send(member, { ...after, historyFrom: id }),
      (id) => chooseResponse(database().db, member.id, { responseId: id, laneOnly: false }),
      (id) => house.prompts.quoteMerge(member, mergeOf(turn.id, [id, ...ids.filter((other) => other !== id)])),
      (id) => house.prompts.merge(member, mergeOf(turn.id, [id, ...ids.filter((other) => other !== id)])),
    ];
    for (const door of doors) {
      const [one, other] = [await refusalOf(door(ids[0] as string)), await refusalOf(door(ids[1] as string))];
      expect(told(one)).toBe(told(other));
    }
    last.finish(usageOf(3));
    await until(
      async () => (await responsesOf(turn.id)).every(({ finished_at }) => finished_at !== null),
      'both answers have ended',
    );
    expect((await quoted()).maximum).toBeGreaterThan(quotedBefore.maximum);
    await chooseResponse(database().db, member.id, { responseId: ids[0] as string, laneOnly: false });
  });

  const mergeOf = (turnId: string, responseIds: string[]) => ({
    turnId,
    responseIds,
    modelId: 'lab/zqother',
    mode: 'COMBINE' as const,
    instruction: null,
  });

  it('does not tell by the top-up of a new month what was charged in the old one', async () => {
    const { db } = database();
    const member = await addMember(database());
    await hiddenTurn(member);
    const { id } = await shownOf(member);
    await db.transaction().execute(async (trx) => {
      await lockCreditAccount(trx, id);
      await adjustBalance(trx, id, { amount: -1000, note: 'Less' });
    });
    await sql`update credit_account set topped_up_month = topped_up_month - interval '1 month' where id = ${id}`.execute(
      db,
    );
    const shown = async () => {
      const entries = (await findCreditEntries(db, id, { limit: 20 })).reverse();
      const { balance } = await shownOf(member);
      expect(entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(balance);
      expect(entries.at(-1)?.balance_after).toBe(balance);
      return entries.map(({ kind, amount, balance_after }) => [kind, amount, balance_after]);
    };
    expect((await shownOf(member)).balance).toBe(40_000);
    const entries = [
      ['GRANT', 40_000, 40_000],
      ['ADJUSTMENT', -1000, 39_000],
      ['GRANT', 1000, 40_000],
    ];
    expect(await shown()).toEqual(entries);
    await hiddenTurn(member);
    expect(await shown()).toEqual(entries);
    await db.updateTable('turn').set({ revealed_at: new Date() }).where('user_id', '=', member.id).execute();
    const revealed = await shown();
    expect(revealed).toHaveLength(7);
    expect(revealed.at(-1)?.[2]).toBeLessThan(40_000);
  });

  it('is the same for each of them, where only one could be paid again', async () => {
    const { db } = database();
    const member = await addMember(database());
    const { ids, laneHold, turn } = await hiddenTurn(member);
    const { id, balance, held } = await renewAccount(db, { userId: member.id, tier: tierOf(catalogue, member) });
    await db.transaction().execute(async (trx) => {
      await lockCreditAccount(trx, id);
      await adjustBalance(trx, id, { amount: Math.round(laneHold / 2) - (balance - held), note: 'Less' });
    });
    const refusals = new Set<string>();
    for (const id of ids) refusals.add(told(await refusalOf(house.prompts.regenerate(member, id, null))));
    expect([...refusals]).toHaveLength(1);
    expect(await responsesOf(turn.id)).toHaveLength(2);
    const { unpaced } = await db
      .selectFrom('turn')
      .select('unpaced')
      .where('id', '=', turn.id)
      .executeTakeFirstOrThrow();
    expect(unpaced).toBe(false);
  });

  it('leaves an alert of a budget without what hidden answers were charged', async () => {
    const { db } = database();
    const member = await addMember(database());
    const { maximum } = await house.prompts.quote(member, { prompt: 'Which?', modelIds: pair, blind: true });
    const key = await withKey(member, { monthlyCredits: maximum });
    const { turn } = await hiddenTurn(key);
    await sql`
      update response set finished_at = finished_at - interval '1 hour' where turn_id = ${turn.id}::uuid`.execute(db);
    const budget = { budget: maximum, creditAccountId: null, apiKeyId: key.apiKey.id };
    const spent = Math.ceil(maximum / 2) + 7;
    await insertBudgetAlerts(db, [{ id: newId(), scope: 'KEY', percent: 50, ...budget, spent }]);
    const alerts = () => findBudgetAlerts(db, member.id, { isAdmin: false, serverBudget: null });
    expect(await alerts()).toMatchObject([{ scope: 'KEY', percent: 50, spent: Math.ceil(maximum / 2) }]);
    await db.updateTable('turn').set({ revealed_at: new Date() }).where('id', '=', turn.id).execute();
    expect(await alerts()).toMatchObject([{ scope: 'KEY', percent: 50, spent }]);
  });

  it('tells no team’s true rest, and says whose limit it was', async () => {
    const { db } = database();
    const member = await addMember(database());
    await hiddenTurn(member);
    const { maximum } = await house.prompts.quote(member, { prompt: 'Which?', modelIds: pair, blind: true });
    const limits = [
      { monthly_credits: maximum, member_monthly_credits: null, name: 'TeamCreditsError' },
      { monthly_credits: 100_000, member_monthly_credits: maximum, name: 'TeamMemberLimitError' },
    ];
    for (const { name, ...limit } of limits) {
      const teamId = newId();
      await db
        .insertInto('team')
        .values({ id: teamId, name: 'Team', ...limit })
        .execute();
      await db.insertInto('team_member').values({ team_id: teamId, user_id: member.id }).execute();
      const payer = { teamId };
      const { ids, laneHold } = await hiddenTurn(member, { payer });
      const all = { prompt: 'All?', modelIds: [...pair, 'lab/zqother', 'lab/zqdear'], payer };
      expect(await creditsRefusalOf(house.prompts.send(member, all))).toMatchObject({ name, available: 0 });
      expect(await house.prompts.quote(member, { ...all, modelIds: ['lab/zqcheap'] })).toMatchObject({
        affordable: false,
      });
      await db
        .updateTable('team')
        .set({ model_ids: ['lab/zqdear', 'lab/zqother'] })
        .where('id', '=', teamId)
        .execute();
      const refusals = new Set<string>();
      for (const id of ids) refusals.add(told(await refusalOf(house.prompts.regenerate(member, id, null))));
      expect([...refusals]).toHaveLength(1);
      expect(laneHold * 2).toBe(maximum);
    }
  });

  it('tells the same of each answer where the limit of all accounts is reached', async () => {
    const { db } = database();
    const member = await addMember(database());
    const { ids, laneHold } = await hiddenTurn(member);
    const monthlyCreditsMax = (await findMonthlyCredits(db)) + 10;
    const strict = await startHouse({ database: database(), catalogue, languageModel, monthlyCreditsMax });
    for (const id of ids) {
      expect(await creditsRefusalOf(strict.prompts.regenerate(member, id, null))).toMatchObject({
        name: 'MonthlyLimitError',
        required: laneHold,
        available: 10,
      });
    }
    await strict.end();
  });

  it('comes no earlier than for other prompts where holds grow: it waits for what answers give back', async () => {
    const { db } = database();
    const member = await addMember(database(), { tier: 'PRO' });
    const { conversationId } = await hiddenTurn(member);
    const before = languageModel.requests.length;
    const open = { prompt: 'Tell.', modelIds: Array.from({ length: 8 }, () => 'lab/zqdear') };
    await house.prompts.send(member, open);
    await until(() => languageModel.requests.length === before + 8, 'the others are written');
    const { id, balance, held } = await renewAccount(db, { userId: member.id, tier: tierOf(catalogue, member) });
    await db.transaction().execute(async (trx) => {
      await lockCreditAccount(trx, id);
      await adjustBalance(trx, id, { amount: 100 - (balance - held), note: 'Less' });
    });
    const sent = house.prompts.send(member, { prompt: 'And?', modelIds: pair, conversationId, blind: true });
    const isWaiting = async () => {
      for (let reads = 0; reads < 20; reads++) await findMonthlyCredits(db);
      return 'it waits';
    };
    expect(await Promise.race([sent, isWaiting()])).toBe('it waits');
    await finishAll();
    expect((await sent).conversation_id).toBe(conversationId);
    await until(() => languageModel.open.length === 2, 'both models are asked');
    await finishAll();
  });
});
