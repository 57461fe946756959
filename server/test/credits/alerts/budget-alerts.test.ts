import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { alertSentence, dismissAlert, findBudgetAlerts } from '../../../src/domain/money/alerts/budget-alerts.ts';
import { budgetParts, crossedParts } from '../../../src/domain/money/alerts/budget-parts.ts';
import { adjustCredits } from '../../../src/domain/people/administration.ts';
import { createApiKey, findApiKeys } from '../../../src/domain/people/api-keys.ts';
import type { Asking, Member } from '../../../src/domain/people/members.ts';
import type { Mail, Mailer } from '../../../src/ports/mailer.ts';
import { createHttpWebhook } from '../../../src/webhook/http-webhook.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { labCatalogue } from '../catalogue.ts';
import { addMember, type House, startHouse, until } from '../house.ts';
import { createScriptedModel } from '../scripted-model.ts';

describe('the parts of a budget', () => {
  it('are crossed once each, however the spending is cut into charges', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500)), fc.integer({ min: 1, max: 3000 }), (charges, budget) => {
        let spent = 0;
        const crossed = charges.flatMap((charge) => {
          spent += charge;
          return crossedParts(spent - charge, spent, budget);
        });
        expect(crossed).toEqual(budgetParts.filter((percent) => spent * 100 >= percent * budget));
      }),
    );
  });
});

const catalogue = labCatalogue({ plain: {} }, { FREE: { growingHolds: true, monthlyCredits: 4_000 } });

interface Hook {
  url: string;
  bodies: Record<string, unknown>[];
  /** What the next requests are answered with: a status, or nothing at all. The rest get 200. */
  answers: (number | 'nothing')[];
  close(): Promise<void>;
}

async function startHook(): Promise<Hook> {
  const bodies: Record<string, unknown>[] = [];
  const answers: (number | 'nothing')[] = [];
  const server: Server = createServer(async (req, res) => {
    let text = '';
    for await (const piece of req) text += piece;
    const answer = answers.shift() ?? 200;
    if (answer === 'nothing') return;
    if (answer === 200) bodies.push(JSON.parse(text));
    res.writeHead(answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/secret`,
    bodies,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describeDatabases('budget alerts', (database) => {
  const languageModel = createScriptedModel();
  const houses: House[] = [];
  let hook: Hook;
  beforeAll(async () => {
    hook = await startHook();
  });
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.end();
    hook.bodies.splice(0);
  });
  afterAll(() => hook.close());

  async function start(options: Partial<Parameters<typeof startHouse>[0]> = {}): Promise<House> {
    const house = await startHouse({ database: database(), catalogue, languageModel, ...options });
    houses.push(house);
    return house;
  }

  /** Has an answer charged exactly so many credits. */
  async function spend(house: House, asking: Asking, credits: number, payer?: { teamId: string }): Promise<void> {
    const before = languageModel.requests.length;
    const turn = await house.prompts.send(asking, {
      prompt: 'What now?',
      modelIds: ['lab/plain'],
      ...(payer && { payer }),
    });
    await until(() => languageModel.requests.length > before, 'the model is asked');
    const none = { cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
    languageModel.open[0]?.finish({ inputTokens: credits - 4, outputTokens: 1, ...none });
    await until(async () => {
      const row = database().db.selectFrom('response').select(['finished_at', 'credits_charged']);
      const answer = await row.where('turn_id', '=', turn.id).executeTakeFirstOrThrow();
      if (answer.finished_at) expect(answer.credits_charged).toBe(credits);
      return answer.finished_at !== null;
    }, 'the answer is paid');
  }

  /** A member who can spend more than their monthly credits. */
  async function addRichMember(): Promise<Member> {
    const member = await addMember(database());
    const options = { db: database().db, catalogue, notifications: { publish: () => {} } };
    await adjustCredits(options, 'operator', { userId: member.id, amount: 20_000, note: 'As the test wants it.' });
    return member;
  }

  const seenBy = (member: Member, serverBudget: number | null = null) =>
    findBudgetAlerts(database().db, member.id, { isAdmin: member.role === 'ADMIN', serverBudget });
  const partsSeenBy = async (member: Member) => (await seenBy(member)).map(({ percent }) => percent);

  it('tell a member once when 50, 80 and 100 % of the monthly credits are spent', async () => {
    const [house, member, other] = [await start(), await addRichMember(), await addRichMember()];
    await spend(house, member, 1_900);
    expect(await partsSeenBy(member)).toEqual([]);
    await spend(house, member, 100);
    expect(await partsSeenBy(member)).toEqual([50]);
    await spend(house, member, 10);
    const [half] = await seenBy(member);
    expect(half).toMatchObject({ scope: 'MEMBER', budget: 4_000, spent: 2_000, name: member.email });
    expect(half && alertSentence(half, true)).toBe('You have used 50 % of this month’s 4,000 credits.');
    await dismissAlert(database().db, member.id, half?.id ?? '');
    expect(await partsSeenBy(member)).toEqual([]);
    await spend(house, member, 2_500);
    const [used] = await seenBy(member);
    expect(used?.percent).toBe(100);
    expect(used && alertSentence(used, true)).toBe('You have used up this month’s 4,000 credits; 19,490 are left.');
    const all = await database().db.selectFrom('budget_alert').select('percent').orderBy('percent').execute();
    expect(all.map(({ percent }) => percent)).toEqual([50, 80, 100]);
    expect(await partsSeenBy(other)).toEqual([]);
  });

  it('tell the owners of a team of its monthly credits, and nobody else in it', async () => {
    const { db } = database();
    const [house, owner, member] = [await start(), await addMember(database()), await addMember(database())];
    const teamId = newId();
    await db.insertInto('team').values({ id: teamId, name: 'Lab', monthly_credits: 6_000 }).execute();
    await db
      .insertInto('team_member')
      .values([
        { team_id: teamId, user_id: owner.id, owner: true },
        { team_id: teamId, user_id: member.id },
      ])
      .execute();
    await spend(house, member, 3_200, { teamId });
    expect(await seenBy(owner)).toMatchObject([{ scope: 'TEAM', percent: 50, name: 'Lab', budget: 6_000 }]);
    expect(await seenBy(member)).toEqual([]);
  });

  it('tell admins of the credits of a team that nobody owns any more, also by mail', async () => {
    const mails: Mail[] = [];
    const mailer: Mailer = { send: async (mail) => void mails.push(mail), close: async () => {} };
    const { db } = database();
    const house = await start({ mailer });
    const [admin, member] = [await addMember(database(), { role: 'ADMIN' }), await addMember(database())];
    const gone = await addMember(database());
    const [teamId, ownedId] = [newId(), newId()];
    for (const [id, name] of [
      [teamId, 'Lost'],
      [ownedId, 'Owned'],
    ] as const) {
      await db.insertInto('team').values({ id, name, monthly_credits: 6_000 }).execute();
      await db
        .insertInto('team_member')
        .values([
          { team_id: id, user_id: gone.id, owner: id === ownedId, ...(id === teamId && { left_at: new Date() }) },
          { team_id: id, user_id: member.id },
        ])
        .execute();
      await spend(house, member, 3_200, { teamId: id });
    }
    // Alerts of before, which nobody could be mailed about then, are mailed too.
    const texts = () => new Map(mails.map(({ to, text }) => [to, text]));
    await until(() => texts().has(admin.email) && texts().has(gone.email), 'both are mailed');
    expect(texts().get(admin.email)).toContain('The team Lost has used 50 %');
    expect(texts().get(gone.email)).toContain('The team Owned has used 50 %');
    expect(texts().has(member.email)).toBe(false);
    expect(await seenBy(admin)).toMatchObject([{ scope: 'TEAM', name: 'Lost' }]);
    expect(await seenBy(gone)).toMatchObject([{ scope: 'TEAM', name: 'Owned' }]);
    expect(await seenBy(member)).toEqual([]);
  });

  it('reach a program, and do not keep the server from ending, while the mail server does not answer', async () => {
    let asked = 0;
    const mailer: Mailer = { send: () => new Promise(() => (asked += 1)), close: async () => {} };
    const house = await start({ mailer, alertWebhook: createHttpWebhook({ url: hook.url, fetch }) });
    const member = await addRichMember();
    await spend(house, member, 2_000);
    const told = () => hook.bodies.filter(({ name }) => name === member.email).map(({ percent }) => percent);
    await until(() => asked === 1 && told().length === 1, 'the first alert is delivered');
    await spend(house, member, 1_200);
    await until(() => told().length === 2, 'the second alert is delivered');
    await house.end();
    expect([asked, told()]).toEqual([1, [50, 80]]);
  });

  it('watch a budget anew when it was raised', async () => {
    const { db } = database();
    const [house, member] = [await start(), await addRichMember()];
    await createApiKey(db, member, { name: 'Raised', monthlyCredits: 6_000 });
    const keyOf = async () => ({ ...member, apiKey: (await findApiKeys(db, member.id))[0] ?? null });
    const ofKey = async () => (await seenBy(member)).filter(({ scope }) => scope === 'KEY');
    await spend(house, await keyOf(), 3_000);
    expect(await ofKey()).toMatchObject([{ percent: 50, budget: 6_000 }]);
    await sql`update api_key set monthly_credits = 10000 where user_id = ${member.id}`.execute(db);
    expect(await ofKey()).toEqual([]);
    await spend(house, await keyOf(), 2_500);
    expect(await ofKey()).toMatchObject([{ percent: 50, budget: 10_000, spent: 5_500 }]);
  });

  it('are delivered to a webhook that failed before, each by one replica, and none from before it was set', async () => {
    const webhook = createHttpWebhook({ url: hook.url, fetch, timeoutMs: 200 });
    const replicas = [await start({ alertWebhook: webhook })];
    if (database().kind === 'postgres') replicas.push(await start({ alertWebhook: webhook }));
    hook.answers.push(500, 'nothing', 302);
    const member = await addRichMember();
    for (const house of replicas) await spend(house, member, 1_000);
    await spend(replicas[0] as House, member, 1_400);
    const expected = replicas.length === 2 ? [50, 80] : [50];
    await until(() => hook.bodies.length >= expected.length, 'the alerts are delivered');
    expect(hook.bodies.map(({ percent }) => percent).sort()).toEqual(expected);
    expect(hook.bodies.find(({ percent }) => percent === 50)).toEqual({
      type: 'budget.alert',
      id: expect.any(String),
      text: `${member.email} has used 50 % of this month’s 4,000 credits.`,
      scope: 'member',
      name: member.email,
      percent: 50,
      budgetCredits: 4_000,
      spentCredits: expect.any(Number),
      month: expect.stringMatching(/^\d{4}-\d{2}$/),
      createdAt: expect.any(String),
    });
  });

  it('tell the owner of an API key of its limit, and admins of the server’s, also by mail', async () => {
    const mails: Mail[] = [];
    const mailer: Mailer = { send: async (mail) => void mails.push(mail), close: async () => {} };
    const { db } = database();
    const spent = await db.selectFrom('credit_account').select('charged').execute();
    const earlier = spent.reduce((sum, { charged }) => sum + charged, 0);
    const serverBudget = 2 * (earlier + 600);
    const house = await start({ mailer, monthlyCreditsMax: serverBudget });
    const admin = await addMember(database(), { role: 'ADMIN' });
    const member = await addRichMember();
    await createApiKey(db, member, { name: 'Nightly', monthlyCredits: 3_000 });
    const [apiKey] = await findApiKeys(db, member.id);
    await spend(house, { ...member, apiKey: apiKey ?? null }, 1_500);
    const [alert] = await seenBy(member);
    expect(alert).toMatchObject({ scope: 'KEY', percent: 50, name: 'Nightly', budget: 3_000, spent: 1_500 });
    const ofServer = async () => (await seenBy(admin, serverBudget)).filter(({ scope }) => scope === 'SERVER');
    await until(async () => (await ofServer()).length > 0, 'the server’s budget is watched');
    expect(await ofServer()).toMatchObject([{ scope: 'SERVER', percent: 50 }]);
    expect(await seenBy(member)).toHaveLength(1);
    await until(() => mails.some(({ to }) => to === admin.email), 'the admin is mailed');
    expect(mails.filter(({ to }) => to === member.email)).toEqual([
      {
        to: member.email,
        subject: '50 % of this month’s credits are used',
        text: expect.stringContaining('The API key Nightly has used 50 % of its 3,000 credits of this month.'),
      },
    ]);
  });
});
