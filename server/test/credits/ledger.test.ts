import fc from 'fast-check';
import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { describe, expect, it } from 'vitest';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { deleteConversation } from '../../src/domain/conversations/deletion.ts';
import { stopResponses } from '../../src/domain/conversations/turns.ts';
import { DomainError } from '../../src/domain/ground/errors.ts';
import type { TierId } from '../../src/domain/ground/tiers.ts';
import { adjustBalance, lockAccount, renewAccount } from '../../src/domain/money/credits.ts';
import { adjustCredits, setTier } from '../../src/domain/people/administration.ts';
import type { Member } from '../../src/domain/people/members.ts';
import { failureCodes, ModelFailure, type TokenUsage } from '../../src/ports/language-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, type House, startHouse, until } from './house.ts';
import { createScriptedModel, type ScriptedModel } from './scripted-model.ts';

const catalogue = labCatalogue(
  {
    plain: {},
    dear: { prices: { input: 15_000_000, output: 75_000_000, cacheWriteInput: 18_750_001, perRequest: 7_001 } },
    free: { prices: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 } },
    odd: { prices: { input: 333_333, cachedInput: 33_333, output: 1_999_999 }, fallbacks: ['lab/dear', 'lab/plain'] },
  },
  {
    FREE: { monthlyCredits: 200_000, maxOutputTokens: 500 },
    PRO: { monthlyCredits: 900_000 },
    ENTERPRISE: { monthlyCredits: 4_000_000 },
  },
);

/** Numbers in an action choose among what there is when its turn comes. */
type Action =
  | {
      do: 'send';
      member: number;
      house: number;
      models: string[];
      output: number | undefined;
      branch: number | null;
      team: number | null;
    }
  | { do: 'regenerate'; member: number; house: number; response: number; model: string | null }
  | { do: 'write'; call: number; part: 'text' | 'reasoning'; text: string }
  | { do: 'finish'; call: number; usage: TokenUsage | null }
  | { do: 'fail'; call: number; code: (typeof failureCodes)[number]; usage: TokenUsage | null }
  | { do: 'stop'; member: number; house: number; response: number; all: boolean }
  | { do: 'takeOver'; house: number; response: number; status: 'STOPPED' | 'INTERRUPTED' }
  | { do: 'kill'; house: number }
  | { do: 'delete'; member: number; house: number; response: number }
  | { do: 'adjust'; member: number; team: number | null; amount: number }
  | { do: 'tier'; member: number; tier: TierId }
  | { do: 'allow'; team: number; monthlyCredits: number }
  | { do: 'month'; member: number; team: number | null; months: number }
  | { do: 'look'; member: number; team: number | null };

const index = fc.nat(1000);
const model = fc.constantFrom('lab/plain', 'lab/dear', 'lab/free', 'lab/odd');
/** As honest as they come, far beyond what was held, and what no provider should say. */
const tokens = fc.oneof(
  { weight: 6, arbitrary: fc.nat(600) },
  { weight: 2, arbitrary: fc.nat(5_000_000) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300) },
);
const usage = fc.option(
  fc.record({
    inputTokens: tokens,
    cachedInputTokens: tokens,
    cacheWriteInputTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
  }),
  { freq: 4 },
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', '\0', '\ud83d', '👩‍🚀', '漢'),
);
const house = index;
const member = index;
const response = index;
/** Null: the member pays, or is who it is about. */
const team = fc.option(index, { freq: 2 });

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      member,
      house,
      models: fc.array(model, { minLength: 1, maxLength: 3 }),
      output: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
      branch: fc.option(index),
      team,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('regenerate' as const), member, house, response, model: fc.option(model) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      call: index,
      part: fc.constantFrom('text', 'reasoning'),
      text,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('finish' as const), call: index, usage }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      call: index,
      code: fc.constantFrom(...failureCodes),
      usage,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('stop' as const), member, house, response, all: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('takeOver' as const),
      house,
      response,
      status: fc.constantFrom('STOPPED', 'INTERRUPTED'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), house }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), member, house, response }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      member,
      team,
      amount: fc.integer({ min: -300_000, max: 300_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('tier' as const),
      member,
      tier: fc.constantFrom('FREE', 'PRO', 'ENTERPRISE'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('month' as const), member, team, months: fc.constantFrom(-1, -2, -12, 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('allow' as const),
      team: index,
      monthlyCredits: fc.constantFrom(0, 50_000, 400_000, 2_000_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const), member, team }) },
);

/** What is in a batch begins at the same moment. */
const history = fc.array(fc.array(action, { minLength: 1, maxLength: 4, size: 'max' }), {
  minLength: 10,
  maxLength: 30,
  size: 'max',
});

describeDatabases('the ledger', (database) => {
  it('reconciles after every step of any history, whatever happens at the same time', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (batches) => {
        const world = await createWorld(database());
        try {
          for (const batch of batches) {
            await Promise.all(batch.map((one) => world.act(one)));
            await world.expectSound();
          }
        } finally {
          await world.end();
        }
      }),
      // A failure names its seed and path. LEDGER_RUNS is for whoever has changed something and has a while.
      { numRuns: Number(process.env.LEDGER_RUNS ?? 8), endOnFailure: true },
    );
  });
});

describe('what goes into the histories', () => {
  it('is all there is', () => {
    const kinds = new Set(fc.sample(action, 2000).map((one) => one.do));
    expect(kinds.size).toBe(14);
  });
});

/** Two members, two teams and two processes, as far as they can be had in one. */
async function createWorld(database: Parameters<typeof startHouse>[0]['database']) {
  const { db } = database;
  const place = async () => {
    const languageModel = createScriptedModel();
    return { languageModel, house: await startHouse({ database, catalogue, languageModel }) };
  };
  const houses: { house: House; languageModel: ScriptedModel }[] = [await place()];
  // The embedded database takes one process.
  if (database.kind === 'postgres') houses.push(await place());
  const killed: typeof houses = [];
  const members = [await addMember(database), await addMember(database)];
  const ids = members.map(({ id }) => id);
  const teamIds = [newId(), newId()];
  await db
    .insertInto('team')
    .values(teamIds.map((id) => ({ id, name: 'Team', monthly_credits: 400_000 })))
    .execute();
  const seen = new Set<string>();
  const months = new Map([...ids, ...teamIds].map((id) => [id, 1]));

  const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % list.length];
  const houseAt = (at: number) => (pick(houses, at) as (typeof houses)[number]).house;
  const memberAt = async (at: number): Promise<Member> => {
    const { id } = pick(members, at) as Member;
    return db
      .selectFrom('user')
      .select(['id', 'email', 'name', 'role', 'tier'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
  };
  const teamAt = (at: number | null) => (at === null ? null : { teamId: pick(teamIds, at) as string });
  const openCalls = () => [...houses, ...killed].flatMap(({ languageModel }) => languageModel.open);
  const responsesOf = (userId: string) =>
    db
      .selectFrom('response')
      .select(['id', 'turn_id', 'conversation_id'])
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute();

  async function act(one: Action): Promise<void> {
    try {
      await perform(one);
    } catch (error) {
      // Refused, which is an answer too.
      if (!(error instanceof DomainError)) throw error;
    }
  }

  async function perform(one: Action): Promise<void> {
    switch (one.do) {
      case 'send': {
        const asking = await memberAt(one.member);
        const earlier = one.branch === null ? undefined : pick(await responsesOf(asking.id), one.branch);
        await houseAt(one.house).prompts.send(asking, {
          prompt: 'What now?',
          modelIds: one.models,
          parentTurnId: earlier?.turn_id ?? null,
          parameters: { maxOutputTokens: one.output ?? null },
          payer: teamAt(one.team),
        });
        return;
      }
      case 'regenerate': {
        const asking = await memberAt(one.member);
        const earlier = pick(await responsesOf(asking.id), one.response);
        if (earlier) await houseAt(one.house).prompts.regenerate(asking, earlier.id, one.model);
        return;
      }
      case 'write':
        return pick(openCalls(), one.call)?.push({ type: one.part, text: one.text });
      case 'finish':
        return pick(openCalls(), one.call)?.finish(one.usage);
      case 'fail': {
        const call = pick(openCalls(), one.call);
        if (one.usage) call?.push({ type: 'usage', usage: one.usage });
        return call?.fail(new ModelFailure(one.code, 'As the test wants it.'));
      }
      case 'stop': {
        const { id } = await memberAt(one.member);
        const stopped = pick(await responsesOf(id), one.response);
        if (stopped) await stopResponses(houseAt(one.house), id, stopped.turn_id, one.all ? null : [stopped.id]);
        return;
      }
      case 'takeOver': {
        const taken = pick(
          await db.selectFrom('response').select('id').where('user_id', 'in', ids).execute(),
          one.response,
        );
        if (taken) await houseAt(one.house).leases.takeOver(taken.id, one.status);
        return;
      }
      case 'kill':
        return kill(one.house % houses.length);
      case 'delete': {
        const { id } = await memberAt(one.member);
        const deleted = pick(await responsesOf(id), one.response);
        if (deleted) await deleteConversation(houseAt(one.house), id, deleted.conversation_id);
        return;
      }
      case 'adjust': {
        const team = teamAt(one.team);
        if (team) return adjustTeam(team, one.amount);
        const { id } = await memberAt(one.member);
        await adjustCredits(houseAt(0), 'operator', { userId: id, amount: one.amount, note: 'As the test wants it.' });
        return;
      }
      case 'tier': {
        const { id } = await memberAt(one.member);
        await setTier(houseAt(0), 'operator', { userId: id, tier: one.tier });
        return;
      }
      case 'allow':
        await db
          .updateTable('team')
          .set({ monthly_credits: one.monthlyCredits })
          .where('id', '=', pick(teamIds, one.team) as string)
          .execute();
        return;
      case 'month': {
        const id = teamAt(one.team)?.teamId ?? (await memberAt(one.member)).id;
        months.set(id, (months.get(id) ?? 0) + 1);
        await sql`update credit_account set topped_up_month = topped_up_month + ${one.months} * interval '1 month'
          where coalesce(user_id, team_id::text) = ${id}`.execute(db);
        return;
      }
      case 'look': {
        const looking = await memberAt(one.member);
        await renewAccount(db, teamAt(one.team) ?? { userId: looking.id, tier: tierOf(catalogue, looking) });
        return;
      }
    }
  }

  async function adjustTeam(team: { teamId: string }, amount: number): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const { id, balance, held } = await lockAccount(trx, team);
      if (amount === 0 || balance - held + amount < 0) return;
      await adjustBalance(trx, id, { amount, note: 'As the test wants it.' });
    });
  }

  /** What ran there goes on without knowing; another process starts in its place and finds the leases run out. */
  async function kill(at: number): Promise<void> {
    const [gone] = houses.splice(at, 1, await place()) as [(typeof houses)[number]];
    killed.push(gone);
    await gone.house.freeze();
    await sql`update response set lease_until = clock_timestamp() - interval '1 second'
      where lease_owner = ${gone.house.generation.owner} and lease_until is not null`.execute(db);
    await (houses[at] as (typeof houses)[number]).house.leases.recover();
  }

  async function expectSound(): Promise<void> {
    await expectReconciled(db);
    const all = await db.selectFrom('response').select('id').where('user_id', 'in', ids).execute();
    for (const { id } of all) seen.add(id);
    await expectHoldsResolvedOnce();
    const topUps = await db
      .selectFrom('credit_entry')
      .innerJoin('credit_account', 'credit_account.id', 'credit_entry.credit_account_id')
      .select([sql<string>`coalesce(user_id, team_id::text)`.as('owner'), (eb) => eb.fn.countAll<number>().as('count')])
      .where(sql`coalesce(user_id, team_id::text)`, 'in', [...months.keys()])
      .where('note', '=', 'Monthly credits')
      .groupBy('owner')
      .execute();
    for (const { owner, count } of topUps) expect(count).toBeLessThanOrEqual(months.get(owner) ?? 0);
  }

  /** Of every response that there ever was, deleted ones too. */
  async function expectHoldsResolvedOnce() {
    if (seen.size === 0) return;
    const live = await db
      .selectFrom('response')
      .select('id')
      .where('id', 'in', [...seen])
      .where('lease_until', 'is not', null)
      .execute();
    const receipts = await db
      .selectFrom('receipt')
      .select('response_id')
      .where('response_id', 'in', [...seen])
      .execute();
    const accounted = new Set([...receipts.map(({ response_id }) => response_id), ...live.map(({ id }) => id)]);
    expect([...seen].filter((id) => !accounted.has(id))).toEqual([]);
  }

  async function end(): Promise<void> {
    for (const { house } of [...houses, ...killed]) await house.end();
    await until(async () => {
      const { count } = await db
        .selectFrom('response')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('user_id', 'in', ids)
        .where('lease_until', 'is not', null)
        .executeTakeFirstOrThrow();
      return count === 0;
    }, 'everything is settled');
    await expectSound();
  }

  return { act, expectSound, end };
}
