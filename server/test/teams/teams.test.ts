import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { change, join, leave, memberDocument, newTeam, seen, teamsOf, userIdOf } from './team-house.ts';

describeDatabases('a team', (database) => {
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      languageModels: { mock: createMockModels({ pace: Number.POSITIVE_INFINITY }) },
    });
    admin = await app.newMember('Admin');
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  const codeOf = async (client: Client, query: string, variables: Record<string, unknown>) =>
    (await client.post(query, variables)).errors?.[0]?.extensions.code ?? null;

  it('is made, changed, funded and archived by admins, who find each act in the audit log', async () => {
    const team = await newTeam(admin, { name: ' Labs ', monthlyCredits: 1000, modelIds: ['mock/swift'] });
    expect(team.name).toBe('Labs');
    const create = 'mutation ($input: TeamInput!) { createTeam(input: $input) { id } }';
    for (const input of [
      {},
      { name: '' },
      { name: 'x'.repeat(101) },
      { name: 'LABS' },
      { name: 'Negative', monthlyCredits: -1 },
      { name: 'Negative', memberMonthlyCredits: -1 },
      { name: 'Empty', modelIds: [] },
      { name: 'Forgetful', retentionDays: 0 },
      { name: 'Unknown', modelIds: ['mock/nothing'] },
    ]) {
      expect(await codeOf(admin, create, { input }), JSON.stringify(input)).toMatch(/BAD_USER_INPUT|MODEL_UNAVAILABLE/);
    }
    const adjust = `mutation ($id: ID!, $amount: Credits!) {
      adjustTeamCredits(teamId: $id, amount: $amount, note: "A gift") { credits { balance entries(first: 1) { edges { node { amount note } } } } }
    }`;
    const { adjustTeamCredits } = await admin.gql(adjust, { id: team.id, amount: 500 });
    expect(adjustTeamCredits.credits).toEqual({
      balance: 1500,
      entries: { edges: [{ node: { amount: 500, note: 'A gift' } }] },
    });
    expect(await codeOf(admin, adjust, { id: team.id, amount: -1501 })).toBe('BAD_USER_INPUT');
    await change(admin, team, { name: 'Labs 2', memberMonthlyCredits: 70 });
    await change(admin, team, { archived: true });
    // The name of an archived team is free.
    await newTeam(admin, { name: 'labs 2' });
    expect(
      await codeOf(admin, 'mutation ($id: ID!) { updateTeam(id: $id, input: { archived: false }) { id } }', team),
    ).toBe('BAD_USER_INPUT');
    const { teams, admin: acts } = await admin.gql(`{
      teams { name archived monthlyCredits memberMonthlyCredits models { id } }
      admin { auditLog(first: 6) { edges { node { action target note } } } }
    }`);
    expect(teams.at(-1)).toEqual({
      name: 'Labs 2',
      archived: true,
      monthlyCredits: 1000,
      memberMonthlyCredits: 70,
      models: [{ id: 'mock/swift' }],
    });
    expect(acts.auditLog.edges.map(({ node }: { node: object }) => Object.values(node))).toEqual(
      [
        ['createTeam', 'labs 2', '0 credits a month'],
        ['archiveTeam', 'Labs 2', '1,000 credits a month, 70 for each member, only mock/swift'],
        ['updateTeam', 'Labs 2', 'Labs → Labs 2: 1,000 credits a month, 70 for each member, only mock/swift'],
        ['adjustTeamCredits', 'Labs', '+500: A gift'],
        ['createTeam', 'Labs', '1,000 credits a month, only mock/swift'],
        expect.anything(),
      ].slice(0, acts.auditLog.edges.length),
    );
  });

  it('has its members managed by its owners and admins, and by nobody else', async () => {
    const [owner, member, other] = [await app.newMember(), await app.newMember(), await app.newMember()];
    const team = await newTeam(admin, { name: 'Managed' }, member);
    await join(admin, team, owner, { owner: true });
    await join(owner, team, other);
    const set = async (client: Client, of: object) =>
      codeOf(client, memberDocument, { teamId: team.id, userId: await userIdOf(other), member: true, ...of });
    expect(await set(member, { member: false })).toBe('FORBIDDEN');
    expect(await set(await app.newMember(), { member: false })).toBe('NOT_FOUND');
    expect(await set(owner, { owner: true })).toBeNull();
    expect(await set(other, { owner: false })).toBeNull();
    expect(await set(other, { owner: true })).toBe('FORBIDDEN');
    await leave(owner, team, other);
    expect(await teamsOf(other)).toEqual([]);
    const add = 'mutation ($id: ID!, $email: String!) { addTeamMember(teamId: $id, email: $email) { id } }';
    expect(await codeOf(owner, add, { id: team.id, email: 'nobody@example.org' })).toBe('BAD_USER_INPUT');
    const update = 'mutation ($id: ID!) { updateTeam(id: $id, input: { monthlyCredits: 5 }) { id } }';
    expect(await codeOf(owner, update, team)).toBe('FORBIDDEN');
    expect(await codeOf(owner, '{ teams { id } }', {})).toBe('FORBIDDEN');
  });

  it('shows its usage by member and model to its owners, and no conversation, ledger or balance beyond that', async () => {
    const [owner, member, stranger] = [await app.newMember('Olive'), await app.newMember('Mia'), await app.newMember()];
    const team = await newTeam(admin, { name: 'Watched', monthlyCredits: 1_000_000 }, member);
    await join(admin, team, owner, { owner: true });
    const { turn, conversation } = await converse(member, {
      prompt: 'A secret',
      modelIds: ['mock/swift'],
      payerId: team.id,
    });
    const report = `query ($id: ID!) { node(id: $id) { ... on Team {
      name viewerOwns ownerNames
      members { owner spentThisMonth user { name email } }
      byMember: usage(groupBy: USER) { rows { credits user { name } } }
      byModel: usage(groupBy: MODEL) { rows { responses model { id } } }
      credits { balance entries(first: 1) { edges { node { amount receipt { credits } response { text } } } } }
    } } }`;
    const { node } = await owner.gql(report, { id: team.id });
    const spent = 1_000_000 - node.credits.balance;
    expect(spent).toBeGreaterThan(0);
    expect(node).toMatchObject({
      viewerOwns: true,
      ownerNames: ['Olive'],
      members: [
        { owner: true, spentThisMonth: 0, user: { name: 'Olive', email: owner.email } },
        { owner: false, spentThisMonth: spent, user: { name: 'Mia', email: member.email } },
      ],
      byMember: { rows: [{ credits: spent, user: { name: 'Mia' } }] },
      byModel: { rows: [{ responses: 1, model: { id: 'mock/swift' } }] },
      credits: { entries: { edges: [{ node: { amount: -spent, receipt: { credits: spent }, response: null } }] } },
    });
    for (const id of [conversation.id, turn.id, turn.responses[0]?.id]) {
      expect((await owner.gql('query ($id: ID!) { node(id: $id) { id } }', { id })).node).toBeNull();
    }
    const ofMember = async (field: string) =>
      codeOf(owner, `query ($id: ID!) { node(id: $id) { ... on User { ${field} } } }`, {
        id: await userIdOf(member),
      });
    expect(await ofMember('name email')).toBeNull();
    for (const field of ['credits { balance }', 'role', 'suspended', 'createdAt', 'tier { id }'])
      expect([field, await ofMember(field)]).toEqual([field, 'FORBIDDEN']);
    expect(
      await codeOf(
        owner,
        'query ($id: ID!) { node(id: $id) { ... on Team { usage(groupBy: KEY) { total { credits } } } } }',
        team,
      ),
    ).toBe('BAD_USER_INPUT');

    // A member sees themself and the balance; a stranger sees nothing at all.
    const own =
      'query ($id: ID!) { node(id: $id) { ... on Team { members { user { name } } credits { balance } ownerNames } } }';
    expect((await member.gql(own, { id: team.id })).node).toEqual({
      members: [{ user: { name: 'Mia' } }],
      credits: { balance: 1_000_000 - spent },
      ownerNames: ['Olive'],
    });
    for (const field of ['usage { total { credits } }', 'credits { entries { totalCount } }'])
      expect(await codeOf(member, `query ($id: ID!) { node(id: $id) { ... on Team { ${field} } } }`, team)).toBe(
        'FORBIDDEN',
      );
    expect((await stranger.gql(own, { id: team.id })).node).toBeNull();
    expect((await seen(stranger, team)) ?? null).toBeNull();
  });

  it('tells its members when its balance changes, until they leave it', async () => {
    const [member, stranger] = [await app.newMember(), await app.newMember()];
    const team = await newTeam(admin, { name: 'Followed', monthlyCredits: 400 }, member);
    const document = 'subscription ($id: ID!) { creditsChanged(payerId: $id) { balance available team { name } } }';
    for (const over of ['ws', 'sse'] as const) {
      const refused = await stranger.subscribe(over, document, team)[Symbol.asyncIterator]().next();
      expect(refused.value.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
    const events = member.subscribe('ws', document, team)[Symbol.asyncIterator]();
    const next = async () => (await events.next()).value?.data?.creditsChanged;
    expect(await next()).toEqual({ balance: 400, available: 400, team: { name: 'Followed' } });
    await change(admin, team, { monthlyCredits: 600 });
    expect(await next()).toMatchObject({ balance: 600, available: 600 });
    await change(admin, team, { memberMonthlyCredits: 10 });
    expect(await next()).toMatchObject({ balance: 600, available: 10 });
    await leave(admin, team, member);
    expect((await events.next()).done).toBe(true);
  });

  it('is joined by those who sign up with an invitation to it', async () => {
    const team = await newTeam(admin, { name: 'Inviting' });
    const invite = async () => {
      const { createInvitation } = await admin.gql(
        'mutation ($id: ID!) { createInvitation(input: { teamId: $id }) { url team { name } } }',
        { id: team.id },
      );
      expect(createInvitation.team).toEqual({ name: 'Inviting' });
      return new URL(createInvitation.url).searchParams.get('invitation');
    };
    const accept = async (email: string, invitation: string | null) => {
      const answer = await fetch(`${app.url}/api/auth/sign-up/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: app.url },
        body: JSON.stringify({ name: 'Ivy', email, password: 'a long password', invitation }),
      });
      expect(answer.status).toBe(200);
    };
    const [first, second] = [await invite(), await invite()];
    await accept('invited@example.org', first);
    await change(admin, team, { archived: true });
    // The account is made all the same.
    await accept('late@example.org', second);
    const { node } = await admin.gql(
      'query ($id: ID!) { node(id: $id) { ... on Team { members { user { email } } } } }',
      team,
    );
    expect(node.members).toEqual([{ user: { email: 'invited@example.org' } }]);
    expect(await codeOf(admin, 'mutation ($id: ID!) { createInvitation(input: { teamId: $id }) { id } }', team)).toBe(
      'BAD_USER_INPUT',
    );
  });
});
