import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { TurnRow } from '../../src/database/turns.ts';
import { MonthlyLimitError } from '../../src/domain/ground/errors.ts';
import type { Member } from '../../src/domain/people/members.ts';
import { send as sendOverApi } from '../api/asking.ts';
import { startApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { recordOwnStatements } from '../setup/statements.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, type House, startHouse, until } from './house.ts';
import { createScriptedModel, type ScriptedModel } from './scripted-model.ts';

const catalogue = labCatalogue({
  plain: {},
  free: { prices: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 } },
});
const input = { prompt: 'What now?', modelIds: ['lab/plain'] };
const kinds = inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('the monthly limit of all accounts together (%s)', (kind) => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let houses: House[];
  let members: Member[];
  /** The maximum cost of one prompt. */
  let maximum: number;
  const statements = recordOwnStatements();

  beforeEach(async () => {
    database = await openTestDatabase(kind);
    model = createScriptedModel();
    houses = [];
    members = [];
    for (let count = 0; count < 12; count++) members.push(await addMember(database));
    const unlimited = await startHouse({ database, catalogue, languageModel: model });
    maximum = (await unlimited.prompts.quote(members[0] as Member, input)).maximum;
    await unlimited.end();
  });
  afterEach(async () => {
    for (const call of [...model.open]) call.finish(usage);
    for (const house of houses) await house.end();
    await expectReconciled(database.db);
    await database.close();
  });

  /** Starts two houses on one database, which act like two processes. */
  async function open(monthlyCreditsMax?: number): Promise<[House, House]> {
    const limit = monthlyCreditsMax === undefined ? {} : { monthlyCreditsMax };
    const start = () => startHouse({ database, catalogue, languageModel: model, ...limit });
    const both: [House, House] = [await start(), await start()];
    houses.push(...both);
    return both;
  }
  const usage = {
    inputTokens: 100,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: 225,
    reasoningTokens: 0,
  };
  const cost = 1000;
  const settled = () => until(async () => (await heldOfAll()) === 0, 'everything is settled');
  async function sums() {
    const { rows } = await sql<{ held: number; charged: number; spent: number }>`
      select sum(held)::bigint as held, sum(charged)::bigint as charged, monthly_credits() as spent
      from credit_account`.execute(database.db);
    return rows[0] ?? { held: 0, charged: 0, spent: 0 };
  }
  const heldOfAll = async () => (await sums()).held;
  const at = (index: number) => members[index % members.length] as Member;

  it('admits exactly the prompts that fit of sixty sent at once by many accounts to two processes', async () => {
    const both = await open(7 * maximum + 500);
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => (both[index % 2] as House).prompts.send(at(index), input)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(MonthlyLimitError);
      expect(refusal).toMatchObject({ required: maximum, available: 500 });
    }
    expect(await sums()).toMatchObject({ held: 7 * maximum, spent: 7 * maximum });
    expect(await database.db.selectFrom('turn').select('id').execute()).toHaveLength(7);
    expect(await database.db.selectFrom('response').select('id').execute()).toHaveLength(7);
  });

  it('counts the charge of a settled prompt, and leaves the rest of its hold to others', async () => {
    const [house, other] = await open(2 * maximum);
    await house.prompts.send(at(0), input);
    await other.prompts.send(at(1), input);
    await expect(house.prompts.send(at(2), input)).rejects.toBeInstanceOf(MonthlyLimitError);
    expect((await house.prompts.quote(at(2), input)).affordable).toBe(false);

    await until(() => model.open.length === 2, 'both are asked');
    for (const call of [...model.open]) call.finish(usage);
    await settled();
    expect(await sums()).toEqual({ held: 0, charged: 2 * cost, spent: 2 * cost });
    expect((await house.prompts.quote(at(2), input)).affordable).toBe(true);
    await house.prompts.send(at(2), input);
    await expect(other.prompts.send(at(3), input)).rejects.toMatchObject({ available: maximum - 2 * cost });
    // A free prompt spends nothing.
    await other.prompts.send(at(3), { ...input, modelIds: ['lab/free'] });
  });

  it('is never exceeded while prompts arrive and answers end at the same time', async () => {
    const limit = 5 * maximum;
    const both = await open(limit);
    let most = 0;
    let refused = 0;
    await Promise.all(
      Array.from({ length: 6 }, async (_, worker) => {
        for (let round = 0; round < 12; round++) {
          await (both[worker % 2] as House).prompts.send(at(worker * 2 + (round % 2)), input).catch((error) => {
            expect(error).toBeInstanceOf(MonthlyLimitError);
            refused += 1;
          });
          most = Math.max(most, (await sums()).spent);
          model.open.at(round % 3)?.finish(usage);
        }
      }),
    );
    expect(most).toBeGreaterThan(4 * maximum);
    expect(most).toBeLessThanOrEqual(limit);
    expect(refused).toBeGreaterThan(0);
  });

  it('applies to a regenerated answer too', async () => {
    const [house] = await open(maximum + cost);
    const turn: TurnRow = await house.prompts.send(at(0), input);
    await until(() => model.open.length === 1, 'it is asked');
    model.open[0]?.finish(usage);
    await settled();
    const [response] = await database.db.selectFrom('response').select('id').where('turn_id', '=', turn.id).execute();
    await house.prompts.regenerate(at(0), response?.id as string, null);
    await until(() => model.open.length === 1, 'it is asked again');
    model.open[0]?.finish({ ...usage, outputTokens: 475 });
    await settled();
    const before = await sums();
    await expect(house.prompts.regenerate(at(0), response?.id as string, null)).rejects.toMatchObject({
      name: 'MonthlyLimitError',
      required: maximum,
      available: maximum + cost - 3 * cost,
    });
    expect(await sums()).toEqual(before);
  });

  it('starts anew with the month, except for credits held across the month’s end', async () => {
    const [house] = await open(2 * maximum);
    await house.prompts.send(at(0), input);
    await until(() => model.open.length === 1, 'it is asked');
    model.open[0]?.finish(usage);
    await settled();
    await house.prompts.send(at(1), input);
    await expect(house.prompts.send(at(2), input)).rejects.toBeInstanceOf(MonthlyLimitError);

    // Moves the charge to the previous month, in the ledger too, so that the auditor agrees.
    await sql`alter table credit_entry disable trigger all`.execute(database.db);
    await sql`update credit_entry set created_at = created_at - interval '1 month' where kind = 'CHARGE'`.execute(
      database.db,
    );
    await sql`alter table credit_entry enable trigger all`.execute(database.db);
    await sql`update credit_account set charged_month = charged_month - interval '1 month'`.execute(database.db);
    expect((await sums()).spent).toBe(maximum);
    await house.prompts.send(at(0), input);
    await expect(house.prompts.send(at(2), input)).rejects.toMatchObject({ available: 0 });
    await until(() => model.open.length === 2, 'both are asked');
    for (const call of [...model.open]) call.finish(usage);
    await settled();
    // One account was charged in both months; only its new charge counts.
    expect((await sums()).spent).toBe(2 * cost);
  });

  it('costs a prompt one statement right before the commit if it is set, and none otherwise', async () => {
    async function statementsOf(house: House): Promise<string[]> {
      await house.prompts.send(at(0), input);
      return statements.during(() => house.prompts.send(at(0), input));
    }
    const [free] = await open();
    const without = await statementsOf(free);
    const [limited] = await open(1000 * maximum);
    const limit = await statementsOf(limited);
    const ofLimit = (text: string) => text.includes('monthly_credits');
    expect(without.filter(ofLimit)).toEqual([]);
    expect(limit.filter((text) => !ofLimit(text))).toEqual(without);
    expect(limit.slice(limit.findIndex(ofLimit) + 1)[0]).toBe('commit');
  });

  it('is reported to the member as no fault of theirs', async () => {
    const app = await startApp({ database, env: { MONTHLY_CREDITS_MAX: '10' } });
    try {
      const member = await app.newMember();
      const refusal = await sendOverApi(member, { prompt: 'What now?', modelIds: ['mock/swift'] });
      expect(refusal).toMatchObject({ __typename: 'InsufficientCreditsError', available: 10 });
      expect(refusal.message).toMatch(/^This server’s monthly limit, which all accounts share, is reached: 10 /);
      expect((await member.gql('{ viewer { credits { held } } }')).viewer.credits.held).toBe(0);
      expect(app.errors).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
