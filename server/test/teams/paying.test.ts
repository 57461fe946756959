import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { accountOf, ask, continueDocument, regenerateDocument, send } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { recordStatements } from '../setup/statements.ts';
import { change, idOf, join, leave, newTeam, seen } from './team-house.ts';

const input = { prompt: 'What now?', modelIds: ['mock/swift'] };
const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 225,
  reasoningTokens: 0,
};

describeDatabases('a prompt that a team pays for', (database) => {
  const model = createScriptedModel();
  let app: TestApp;
  let admin: Client;
  let member: Client;
  const statements = recordStatements();
  /** The most that one prompt costs, and what each answer is charged. */
  let maximum: number;
  let charge: number;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: model }, retryDelayMs: 1 });
    admin = await app.newMember();
    member = await app.newMember();
    maximum = (await quoteOf(member)).maximum;
    await ask(member, input);
    await finishAll();
    charge = 1_000_000_000_000 - (await accountOf(member)).balance;
  });
  afterEach(async () => {
    await finishAll();
    await expectReconciled(database().db);
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  async function finishAll(): Promise<void> {
    await until(async () => {
      for (const call of [...model.open]) call.finish(usage);
      const { rows } = await sql<{ live: number }>`
        select count(*) as live from response where lease_until is not null`.execute(database().db);
      return rows[0]?.live === 0;
    }, 'everything is settled');
  }

  const quoteOf = async (client: Client, of: { payerId?: string; conversationId?: string } = {}) =>
    (
      await client.gql(
        'query ($input: SendPromptInput!) { quote(input: $input) { maximum affordable payer { name } } }',
        { input: { ...input, ...of } },
      )
    ).quote;

  it('holds and charges the team’s credits and not the member’s, and its receipt and usage name the team', async () => {
    const team = await newTeam(admin, { name: 'Payers', monthlyCredits: 10 * maximum }, member);
    const before = await accountOf(member);
    expect(await quoteOf(member, { payerId: team.id })).toEqual({
      maximum,
      affordable: true,
      payer: { name: 'Payers' },
    });
    const { turn, conversation } = await ask(member, { ...input, payerId: team.id });
    expect((await seen(member, team)).credits).toEqual({
      balance: 10 * maximum,
      held: maximum,
      available: 9 * maximum,
    });
    await finishAll();
    expect((await seen(member, team)).credits.balance).toBe(10 * maximum - charge);
    expect(await accountOf(member)).toEqual(before);
    const { node, viewer } = await member.gql(
      `query ($id: ID!) {
        node(id: $id) { ... on Response { receipt { credits team { id name } } turn { conversation { payer { id } } } } }
        viewer { usage(groupBy: PAYER) { rows { credits payer { name } } } }
      }`,
      { id: turn.responses[0]?.id },
    );
    expect(node.receipt).toEqual({ credits: charge, team });
    expect(node.turn.conversation.payer).toEqual({ id: team.id });
    expect(viewer.usage.rows).toContainEqual({ credits: charge, payer: { name: 'Payers' } });
    const csv = await fetch(`${app.url}/export/usage.csv?groupBy=payer`, { headers: { cookie: member.cookie } });
    expect(await csv.text()).toMatch(/^payer,.*\r\n(.*\r\n)*Payers,1,0,/);

    // The conversation keeps its payer until a prompt names another.
    await ask(member, { ...input, conversationId: conversation.id });
    const { held } = (await seen(member, team)).credits;
    expect(held).toBeGreaterThanOrEqual(maximum);
    expect((await quoteOf(member, { conversationId: conversation.id })).payer).toEqual({ name: 'Payers' });
    await ask(member, { ...input, conversationId: conversation.id, payerId: await idOf(member) });
    expect((await seen(member, team)).credits.held).toBe(held);
    expect((await quoteOf(member, { conversationId: conversation.id })).payer).toBeNull();
  });

  it('asks the database about teams only if a team pays', async () => {
    const team = await newTeam(admin, { name: 'Asked', monthlyCredits: 10 * maximum }, member);
    const ofTeams = async (payerId?: string) => {
      statements.length = 0;
      await ask(member, { ...input, ...(payerId !== undefined && { payerId }) });
      await finishAll();
      return statements.filter((text) => /from "?team\b|"team_member"/.test(text));
    };
    expect(await ofTeams()).toEqual([]);
    expect(await ofTeams(await idOf(member))).toEqual([]);
    // The lock, the look, and the settlement's charge.
    expect(await ofTeams(team.id)).toHaveLength(3);
  });

  it('is refused with the name of the team whose credits do not suffice', async () => {
    const poor = await newTeam(admin, { name: 'Poor', monthlyCredits: 10 }, member);
    expect(await send(member, { ...input, payerId: poor.id })).toMatchObject({
      __typename: 'InsufficientCreditsError',
      required: maximum,
      available: 10,
      creditLimit: 'TEAM',
      message: `The team Poor has 10 credits available, and this prompt may cost up to ${maximum.toLocaleString('en')}.`,
    });
    expect(await quoteOf(member, { payerId: poor.id })).toMatchObject({ affordable: false });
  });

  it('counts what a member has spent and holds this month, and forgets it in the next', async () => {
    const other = await app.newMember();
    const limit = 2 * maximum + 50;
    const team = await newTeam(
      admin,
      { name: 'Limited', monthlyCredits: 100 * maximum, memberMonthlyCredits: limit },
      member,
      other,
    );
    const prompt = { ...input, payerId: team.id };
    const results = await Promise.all(Array.from({ length: 6 }, () => send(member, prompt)));
    const refused = results.filter(({ __typename }) => __typename !== 'SendPromptPayload');
    expect(refused).toHaveLength(4);
    expect(refused[0]).toMatchObject({
      __typename: 'InsufficientCreditsError',
      available: 50,
      creditLimit: 'TEAM_MEMBER',
      message: `Each member of the team Limited may spend ${limit.toLocaleString('en')} of its credits a month: 50 of yours are left, and this prompt may cost up to ${maximum.toLocaleString('en')}.`,
    });
    expect((await seen(member, team)).credits.available).toBe(50);
    expect((await seen(other, team)).credits.available).toBe(limit);
    await ask(other, prompt);
    await finishAll();
    expect(await seen(member, team)).toMatchObject({
      credits: { available: limit - 2 * charge },
      members: [{ spentThisMonth: 2 * charge }],
    });

    // Whoever leaves and comes back has spent what they have spent.
    await leave(admin, team, member);
    expect(await send(member, prompt)).toMatchObject({
      __typename: 'NotFoundError',
      message: 'There is no such team.',
    });
    await join(admin, team, member);
    expect((await seen(member, team)).credits.available).toBe(limit - 2 * charge);

    const month = (months: number) =>
      sql`update team_member set charged_month = charged_month + ${months} * interval '1 month'`.execute(database().db);
    await month(-1);
    expect((await seen(member, team)).credits.available).toBe(limit);
    await month(1);
  });

  it('may ask only the models of the team, fallbacks included', async () => {
    const team = await newTeam(
      admin,
      { name: 'Choosy', monthlyCredits: 10 * maximum, modelIds: ['mock/poet'] },
      member,
    );
    expect(await send(member, { ...input, payerId: team.id })).toMatchObject({
      __typename: 'ModelUnavailableError',
      modelId: 'mock/swift',
      message: expect.stringMatching(/ is not among the models that the team Choosy pays for\.$/),
    });
    const { models } = await member.gql('query ($id: ID!) { models { id access(payerId: $id) { allowed denial } } }', {
      id: team.id,
    });
    expect(models.filter(({ access }: { access: { allowed: boolean } }) => access.allowed)).toEqual([
      { id: 'mock/poet', access: { allowed: true, denial: null } },
    ]);
    await ask(member, { ...input, modelIds: ['mock/poet'], payerId: team.id });
  });

  it('is settled after the team is archived or left, which then pays for no new one and no regeneration', async () => {
    const team = await newTeam(admin, { name: 'Ending', monthlyCredits: 10 * maximum }, member);
    const { turn, conversation } = await ask(member, { ...input, payerId: team.id });
    const responseId = turn.responses[0]?.id;
    await change(admin, team, { archived: true });
    await finishAll();
    expect((await seen(member, team)).credits).toMatchObject({ balance: 10 * maximum - charge, held: 0 });
    const archived = {
      __typename: 'InvalidInputError',
      field: 'payerId',
      message: 'The team Ending is archived and pays for nothing more.',
    };
    expect(await send(member, { ...input, payerId: team.id })).toMatchObject(archived);
    expect(await send(member, { ...input, conversationId: conversation.id })).toMatchObject(archived);
    expect((await member.gql(regenerateDocument, { responseId })).regenerateResponse).toMatchObject(archived);
    expect((await member.gql(continueDocument, { responseId })).continueResponse).toMatchObject(archived);

    await change(admin, team, { archived: false });
    expect((await member.gql(regenerateDocument, { responseId })).regenerateResponse).toMatchObject({
      __typename: 'SendPromptPayload',
    });
    expect((await seen(member, team)).credits.held).toBe(maximum);
    await leave(admin, team, member);
    await finishAll();
    expect((await member.gql(regenerateDocument, { responseId })).regenerateResponse).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringMatching(/^The team that paid for this answer does not pay for you any more/),
    });
    expect(await send(member, { ...input, conversationId: conversation.id })).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringMatching(/^The team that paid in this conversation does not pay for you any more/),
    });
    await ask(member, { ...input, conversationId: conversation.id, payerId: await idOf(member) });
  });

  it('cannot be paid by somebody else, or by a team that the member is not in', async () => {
    const stranger = await app.newMember();
    const team = await newTeam(admin, { name: 'Closed', monthlyCredits: 10 * maximum }, member);
    for (const payerId of [team.id, 'VGVhbTox', await idOf(member)]) {
      const { errors, data } = await stranger.post(
        'mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { __typename } }',
        { input: { ...input, payerId } },
      );
      expect(errors).toBeUndefined();
      expect(data?.sendPrompt.__typename).toBe('NotFoundError');
    }
    // An admin makes teams, but spends only the credits of those that they are in.
    expect((await send(admin, { ...input, payerId: team.id })).__typename).toBe('NotFoundError');
  });

  it('tops the team’s account up once a month, and at once for higher monthly credits', async () => {
    const team = await newTeam(admin, { name: 'Monthly', monthlyCredits: 5 * maximum }, member);
    await ask(member, { ...input, payerId: team.id });
    await finishAll();
    const balance = async () => (await seen(member, team)).credits.balance;
    expect(await balance()).toBe(5 * maximum - charge);
    await sql`update credit_account set topped_up_month = topped_up_month - interval '1 month'
      where team_id is not null`.execute(database().db);
    await ask(member, { ...input, payerId: team.id });
    expect(await balance()).toBe(5 * maximum);
    await change(admin, team, { monthlyCredits: 7 * maximum });
    expect(await balance()).toBe(7 * maximum);
    await change(admin, team, { monthlyCredits: maximum });
    expect(await balance()).toBe(7 * maximum);
  });

  it('comes from a key that is bound to the team, or by a program’s header, at every door', async () => {
    const team = await newTeam(
      admin,
      { name: 'Programs', monthlyCredits: 100 * maximum, modelIds: ['mock/swift'] },
      member,
    );
    const keyOf = async (payerId?: string) =>
      (
        await member.gql(
          'mutation ($payerId: ID) { createApiKey(name: "Program", payerId: $payerId) { secret apiKey { payer { name } } } }',
          { payerId },
        )
      ).createApiKey;
    const bound = await keyOf(team.id);
    expect(bound.apiKey.payer).toEqual({ name: 'Programs' });
    const free = await keyOf();
    const call = async (path: string, key: string, body: object, headers: Record<string, string> = {}) => {
      const answer = fetch(app.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body: JSON.stringify(body),
      });
      let answered = false;
      void answer.then(() => {
        answered = true;
      });
      await until(() => {
        for (const open of [...model.open]) open.finish(usage);
        return answered;
      }, 'it is answered');
      return answer;
    };
    const messages = [{ role: 'user', content: 'What now?' }];
    const doors: [string, object][] = [
      ['/v1/chat/completions', { model: 'mock/swift', messages }],
      ['/v1/chat/completions', { model: 'mock/swift', messages, store: true }],
      ['/v1/responses', { model: 'mock/swift', input: 'What now?' }],
      ['/v1/messages', { model: 'mock/swift', messages, max_tokens: 50 }],
      ['/api/v1/chat', { prompt: 'What now?', models: ['mock/swift'] }],
    ];
    const spent = async () => (await seen(member, team)).members[0]?.spentThisMonth;
    const own = await accountOf(member);
    for (const [index, [path, body]] of doors.entries()) {
      expect([path, (await call(path, bound.secret, body)).status]).toEqual([path, 200]);
      const header = { 'x-polylogue-payer': team.id };
      expect([path, (await call(path, free.secret, body, header)).status]).toEqual([path, 200]);
      await finishAll();
      expect([path, await spent()]).toEqual([path, 2 * (index + 1) * charge]);
    }
    expect(await accountOf(member)).toEqual(own);
    const listed = await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${bound.secret}` } });
    expect((await listed.json()).data.map(({ id }: { id: string }) => id)).toEqual(['mock/swift']);

    const refused = await call('/v1/chat/completions', bound.secret, doors[0]?.[1] as object, {
      'x-polylogue-payer': await idOf(member),
    });
    expect(refused.status).toBe(403);
    const unknown = await call('/v1/chat/completions', free.secret, doors[0]?.[1] as object, {
      'x-polylogue-payer': 'nobody',
    });
    expect(unknown.status).toBe(404);
    const program = connect(app.url, { key: bound.secret });
    await ask(program, input);
    expect((await seen(member, team)).credits.held).toBe(maximum);
    const { errors } = await program.post(
      'mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { __typename } }',
      { input: { ...input, payerId: await idOf(member) } },
    );
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
  });
});
