import { v7 as newId } from 'uuid';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { InsufficientCreditsError, TeamMemberLimitError } from '../../../src/domain/ground/errors.ts';
import type { Asking } from '../../../src/domain/people/members.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { recordStatements } from '../../setup/statements.ts';
import { expectReconciled } from '../audit.ts';
import { labCatalogue } from '../catalogue.ts';
import { addMember, type House, startHouse, until } from '../house.ts';
import { createScriptedModel, type ScriptedModel } from '../scripted-model.ts';
import { ask, begin as beginAnswer, ended, type HeldAnswer, tell, usageOf } from './held-answers.ts';

/** A token of input costs 1 credit, one of an answer 4. */
const catalogue = labCatalogue(
  { plain: {} },
  {
    FREE: { growingHolds: true, monthlyCredits: 3_000 },
    PRO: { growingHolds: true, monthlyCredits: 2_500 },
  },
);

describeDatabases('credits that answers share', (database) => {
  let house: House;
  let languageModel: ScriptedModel;
  const statements = recordStatements();
  // Nobody ends a wait of this length but what is tested.
  const start = () => startHouse({ database: database(), catalogue, languageModel, creditPatienceMs: 600_000 });
  beforeAll(async () => {
    languageModel = createScriptedModel();
    house = await start();
  });
  afterEach(() => expectReconciled(database().db));
  afterAll(() => house.end());

  const begin = (asking: Asking, payer?: { teamId: string }) =>
    beginAnswer({ house, languageModel, db: database().db }, asking, payer && { payer });
  const waits = ({ row }: HeldAnswer) =>
    until(async () => (await row()).waits_for_credits, 'the answer waits for credits');

  /** Two answers of a member; the second has cost more than could be seen of it, and waits for what the first one holds. */
  async function oneThatWaitsAtItsEnd() {
    const member = await addMember(database(), { tier: 'PRO' });
    const [first, second] = [await begin(member), await begin(member)];
    tell(first.call, 3);
    await until(async () => (await first.row()).credits_held > 1_000, 'the first answer holds more');
    second.call.push({ type: 'text', text: 'Briefly.' });
    second.call.finish(usageOf(500));
    await waits(second);
    return { first, second };
  }

  it('are waited for at the end of an answer no longer than until somebody stops it', async () => {
    const { first, second } = await oneThatWaitsAtItsEnd();
    const { id } = await second.row();
    await house.generation.stop([id], 'STOPPED');
    const row = await second.row();
    expect(row).toMatchObject({ status: 'COMPLETED', text: 'Briefly.' });
    expect(row.credits_charged).toBe(row.credits_held);
    expect(row.credits_charged).toBeLessThan(2_010);
    first.call.finish(usageOf(40));
    expect(await ended(first)).toMatchObject({ status: 'COMPLETED' });
  });

  it('are waited for no longer than until the process is to end, which leaves nothing unsettled', async () => {
    const { first, second } = await oneThatWaitsAtItsEnd();
    await house.end();
    expect(await second.row()).toMatchObject({ status: 'COMPLETED', text: 'Briefly.' });
    expect((await second.row()).finished_at).not.toBe(null);
    expect(await first.row()).toMatchObject({ status: 'INTERRUPTED' });
    house = await start();
  });

  it('go to the prompt that came first, although a later one would need less', async () => {
    const member = await addMember(database());
    const first = await begin(member);
    tell(first.call, 4);
    await until(async () => (await first.row()).credits_held > 1_200, 'the first answer holds more');
    statements.length = 0;
    const order: string[] = [];
    const send = async (name: string, maxOutputTokens: number) => {
      const turn = await house.prompts.send(member, { ...ask, parameters: { maxOutputTokens } });
      order.push(name);
      return turn;
    };
    const large = send('large', 1_000);
    const looks = () => statements.filter((text) => text.includes('not waits_for_credits')).length;
    await until(() => looks() >= 2, 'the large prompt waits');
    const small = send('small', 16);
    const seen = statements.length;
    await until(() => statements.slice(seen).some((text) => text.startsWith('rollback')), 'the small prompt waits');
    expect(order).toEqual([]);
    first.call.finish(usageOf(1));
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    await until(() => languageModel.open.length === 2, 'both are asked');
    for (const call of [...languageModel.open]) call.finish(usageOf(1));
    await until(async () => (await openResponses()).length === 0, 'everything is settled');
  });

  it('are waited for by a prompt no longer than until it is called off', async () => {
    const member = await addMember(database());
    const first = await begin(member);
    tell(first.call, 4);
    await until(async () => (await first.row()).credits_held > 1_200, 'the first answer holds more');
    statements.length = 0;
    const ending = new AbortController();
    const large = house.prompts.send(member, { ...ask, parameters: { maxOutputTokens: 1_000 } }, ending.signal);
    const refused = expect(large).rejects.toThrow(InsufficientCreditsError);
    await until(() => statements.some((text) => text.includes('not waits_for_credits')), 'the prompt waits');
    ending.abort();
    await refused;
    first.call.finish(usageOf(1));
    await until(async () => (await openResponses()).length === 0, 'everything is settled');
  });

  const openResponses = () =>
    database().db.selectFrom('response').select('id').where('lease_until', 'is not', null).execute();

  /** A team with plenty, of which each member may spend so much. */
  async function teamOf(memberMonthlyCredits: number, ...members: { id: string }[]) {
    const { db } = database();
    const teamId = newId();
    await db
      .insertInto('team')
      .values({
        id: teamId,
        name: `Lab ${teamId}`,
        monthly_credits: 1_000_000,
        member_monthly_credits: memberMonthlyCredits,
      })
      .execute();
    await db
      .insertInto('team_member')
      .values(members.map(({ id }) => ({ team_id: teamId, user_id: id })))
      .execute();
    return { teamId };
  }

  it('of a team pay an answer up to the last word of its member’s limit, whatever the team has', async () => {
    const member = await addMember(database());
    const team = await teamOf(2_500, member);
    const answer = await begin(member, team);
    expect(answer.call.request.maxOutputTokens).toBeLessThan(630);
    tell(answer.call, 60);
    const row = await ended(answer);
    expect(row).toMatchObject({ status: 'COMPLETED', finish_reason: 'LENGTH', shortened_by: 'CREDITS' });
    expect(row.credits_charged).toBeGreaterThan(2_400);
    expect(row.credits_held).toBeLessThanOrEqual(2_500);
    await expect(house.prompts.send(member, { ...ask, payer: team })).rejects.toThrow(TeamMemberLimitError);
  });

  it('of a team are waited for within a member’s limit only while that member’s own answers are written', async () => {
    const [member, other] = [await addMember(database()), await addMember(database())];
    const team = await teamOf(2_500, member, other);
    const others = await begin(other, team);
    const [first, second] = [await begin(member, team), await begin(member, team)];
    tell(first.call, 3);
    await until(async () => (await first.row()).credits_held > 1_000, 'the first answer holds more');
    tell(second.call, 5);
    await waits(second);
    first.call.finish(usageOf(40));
    await ended(first);
    // The rest is what the first one gave back.
    second.call.finish(usageOf(500));
    expect(await ended(second)).toMatchObject({ shortened_by: null, credits_charged: 2_010 });
    // What is left does not pay another one's end, and the other member's answer gives nothing of it back.
    const third = await begin(member, team).catch((error: unknown) => error);
    expect(third).toBeInstanceOf(TeamMemberLimitError);
    others.call.finish(usageOf(10));
    await ended(others);
  });
});
