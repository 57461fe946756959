import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, connect, signUp as register, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { quickPasswords } from '../../setup/members.ts';
import { change, newTeam, type Team } from '../../teams/team-house.ts';

const setRule =
  'mutation ($rule: SignUpRule!, $domains: [String!]) { setSignUpRule(rule: $rule, domains: $domains) { rule domains fixed spendsMoney } }';
const warnings = '{ admin { warnings { kind subject share at } } }';

/** The model is free, and has a price if a key is there. */
const paid = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:1/v1' }],
  models: [
    {
      id: 'lab/paid',
      name: 'Paid',
      minimumTier: 'FREE',
      contextWindow: 1000,
      maxOutputTokens: 100,
      inputPriceUsd: 1,
      outputPriceUsd: 1,
    },
  ],
};

describeDatabases('the house', (database) => {
  let app: TestApp;
  let replica: TestApp;
  let admin: Client;

  const start = (env: Record<string, string>, more = {}) =>
    startApp({ database: database(), passwords: quickPasswords, env, ...more });

  beforeAll(async () => {
    app = await start({ SIGN_UP: '' });
    replica = await start({ SIGN_UP: '' });
    admin = await app.newMember('Ann');
  });
  afterAll(async () => {
    await replica?.close();
    await app?.close();
  });

  it('lets an admin say who may sign up, on all replicas at once', async () => {
    await register(app.url);
    expect((await admin.gql(setRule, { rule: 'INVITE' })).setSignUpRule).toEqual({
      rule: 'INVITE',
      domains: [],
      fixed: false,
      spendsMoney: false,
    });
    for (const { url } of [app, replica]) await expect(register(url)).rejects.toThrow('INVITATION_NEEDED');
    await admin.gql(setRule, { rule: 'DOMAINS', domains: ['Example.org', 'example.com'] });
    await register(replica.url);
    const { auditLog } = (await admin.gql('{ admin { auditLog(first: 1) { edges { node { action target } } } } }'))
      .admin;
    expect(auditLog.edges[0].node).toEqual({ action: 'setSignUpRule', target: 'domains:Example.org,example.com' });
  });

  it('refuses domains that are none, and members who are no admins', async () => {
    const refused = await admin.post(setRule, { rule: 'DOMAINS', domains: ['no domain'] });
    expect(refused.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'domains' } }]);
    const member = await app.newMember();
    expect((await member.post(setRule, { rule: 'OPEN' })).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    expect((await member.post(warnings)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('shows members what credits are worth in USD only if an admin wishes it, on all replicas', async () => {
    const worth = '{ server { creditsPerUsd } }';
    const member = await app.newMember();
    expect((await member.gql(worth)).server).toEqual({ creditsPerUsd: null });
    const show = 'mutation ($shown: Boolean!) { setDollarsShown(shown: $shown) { creditsPerUsd } }';
    expect((await member.post(show, { shown: true })).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect((await admin.gql(show, { shown: true })).setDollarsShown).toEqual({ creditsPerUsd: 1_000_000 });
    expect((await clientAt(replica, member).gql(worth)).server).toEqual({ creditsPerUsd: 1_000_000 });
    expect((await admin.gql(show, { shown: false })).setDollarsShown).toEqual({ creditsPerUsd: null });
  });

  it('does not let strangers in any more once answers cost money, unless an admin says so then', async () => {
    await admin.gql(setRule, { rule: 'OPEN' });
    await register(replica.url);
    const costly = await start({ SIGN_UP: '' }, { catalogue: paid });
    try {
      await expect(register(costly.url)).rejects.toThrow('INVITATION_NEEDED');
      const there = clientAt(costly, admin);
      const lapsed = '{ admin { signUp { rule lapsed } warnings { kind } } }';
      expect((await there.gql(lapsed)).admin).toMatchObject({
        signUp: { rule: 'INVITE', lapsed: true },
        warnings: expect.arrayContaining([{ kind: 'SIGN_UP_LAPSED' }]),
      });
      expect((await there.gql(setRule, { rule: 'OPEN' })).setSignUpRule).toMatchObject({
        rule: 'OPEN',
        spendsMoney: true,
      });
      expect((await there.gql(lapsed)).admin.signUp).toEqual({ rule: 'OPEN', lapsed: false });
      await register(costly.url);
    } finally {
      await costly.close();
    }
  });

  it('keeps to SIGN_UP, which nobody can change', async () => {
    const fixed = await start({ SIGN_UP: 'invite' });
    try {
      const there = clientAt(fixed, admin);
      expect((await there.post(setRule, { rule: 'OPEN' })).errors).toMatchObject([
        { message: 'SIGN_UP says who may sign up on this server.' },
      ]);
      expect((await there.gql('{ admin { signUp { rule fixed } } }')).admin.signUp).toEqual({
        rule: 'INVITE',
        fixed: true,
      });
    } finally {
      await fixed.close();
    }
  });

  it('warns of mock models, of keys that expire within a week, and of budgets that near their end', async () => {
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const late = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const create = 'mutation ($name: String!, $at: DateTime) { createApiKey(name: $name, expiresAt: $at) { secret } }';
    await admin.gql(create, { name: 'Soon', at: soon });
    await admin.gql(create, { name: 'Late', at: late });
    const nearing = await newTeam(admin, { name: 'Nearing', monthlyCredits: 1_000_000 });
    await newTeam(admin, { name: 'Well off', monthlyCredits: 1_000_000 });
    const spent = await newTeam(admin, { name: 'Spent long ago', monthlyCredits: 1_000_000 });
    const gone = await newTeam(admin, { name: 'Gone', monthlyCredits: 1_000_000 });
    for (const team of [nearing, spent, gone]) await takeCredits(admin, team, 870_000);
    await change(admin, gone, { archived: true });
    // It is topped up when it is next looked at.
    await sql`update credit_account set topped_up_month = topped_up_month - interval '1 month'
      from team where team.id = team_id and team.name = 'Spent long ago'`.execute(database().db);
    const poor = await start({ MONTHLY_CREDITS_MAX: '0' });
    try {
      const there = clientAt(poor, admin);
      expect((await there.gql(warnings)).admin.warnings).toEqual([
        { kind: 'BUDGET', subject: null, share: 1, at: null },
        { kind: 'TEAM_BUDGET', subject: 'Nearing', share: 0.87, at: null },
        { kind: 'KEY_EXPIRES', subject: `Soon (${admin.email})`, share: null, at: soon },
        { kind: 'MOCK_MODELS', subject: null, share: null, at: null },
      ]);
    } finally {
      await poor.close();
    }
  });

  it('warns of a provider that is down', async () => {
    const broken = await start({ MOCK_PROVIDER: 'off' }, { catalogue: paid });
    try {
      const there = clientAt(broken, admin);
      const { sendPrompt } = await there.gql(
        'mutation { sendPrompt(input: { prompt: "Hello?", modelIds: ["lab/paid"], parameters: { maxOutputTokens: 10 } }) { ... on SendPromptPayload { turn { id } } } }',
      );
      const events = 'subscription ($id: ID!) { streamResponse(turnId: $id) { __typename } }';
      for await (const _event of there.subscribe('ws', events, { id: sendPrompt.turn.id }));
      expect((await there.gql(warnings)).admin.warnings[0]).toMatchObject({ kind: 'PROVIDER_DOWN', subject: 'Lab' });
    } finally {
      await broken.close();
    }
  });
});

function takeCredits(admin: Client, { id: teamId }: Team, credits: number): Promise<unknown> {
  const take =
    'mutation ($teamId: ID!, $amount: Credits!) { adjustTeamCredits(teamId: $teamId, amount: $amount, note: "Spent") { id } }';
  return admin.gql(take, { teamId, amount: -credits });
}

/** The same member at another replica. */
function clientAt({ url }: TestApp, { cookie, email }: Client): Client {
  return connect(url, { cookie, email });
}
