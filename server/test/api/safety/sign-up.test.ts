import { sql } from 'kysely';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Client, connect, startApp, type TestApp, type TestAppOptions } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { password, quickPasswords } from '../../setup/members.ts';

const kinds = inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

describe.each(kinds)('signing up (%s)', (kind) => {
  let database: TestDatabase;
  let app: TestApp;

  /** Starts the app on an empty database. */
  async function start(env: Record<string, string>, options: Partial<TestAppOptions> = { passwords: quickPasswords }) {
    database = await openTestDatabase(kind);
    app = await startApp({ database, env, ...options });
  }
  afterEach(async () => {
    await app?.close();
    await database?.close();
  });

  const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const cookie = response.headers
      .getSetCookie()
      .map((set) => set.split(';', 1)[0])
      .join('; ');
    return { status: response.status, body: (await response.json()) as Answer['body'], cookie };
  };
  let people = 0;
  const signUp = (more: { email?: string; invitation?: unknown } = {}, headers: Record<string, string> = {}) =>
    post('/sign-up/email', { name: 'N', email: `n${++people}@example.org`, password, ...more }, headers);
  const client = ({ cookie }: Answer) => connect(app.url, { cookie });
  const server = async () => (await connect(app.url).gql(serverDocument)).server;
  const secretOf = (url: string) => new URL(url).searchParams.get('invitation') ?? '';
  const invite = async (admin: Client, input: object = {}) => {
    const { createInvitation } = await admin.gql(createDocument, { input });
    return { ...createInvitation, secret: secretOf(createInvitation.url) };
  };
  const codes = (answers: Answer[]) => answers.map(({ status, body }) => (status === 200 ? 200 : body.code)).sort();
  const countUsers = async () => (await database.db.selectFrom('user').select('id').execute()).length;

  it('a quick start with a provider key admits only the first stranger, and members cannot change their plan', async () => {
    await start({ SIGN_UP: '', OPENAI_API_KEY: 'sk-of-the-operator' });
    expect(await server()).toMatchObject({ signUp: 'INVITE', firstAccount: true, planChanges: false, signInWith: [] });

    const rush = await Promise.all(Array.from({ length: 6 }, () => signUp()));
    expect(codes(rush)).toEqual([200, ...Array(5).fill('INVITATION_NEEDED')]);
    expect(app.errors).toEqual([]);
    expect(await countUsers()).toBe(1);
    expect(await server()).toMatchObject({ signUp: 'INVITE', firstAccount: false });
    expect(await signUp()).toMatchObject({ status: 403, body: { code: 'INVITATION_NEEDED' } });

    const admin = client(rush.find(({ status }) => status === 200) as Answer);
    expect((await admin.gql('{ viewer { role } }')).viewer.role).toBe('ADMIN');
    const member = client(await signUp({ invitation: (await invite(admin)).secret }));
    for (const tier of ['PRO', 'ENTERPRISE']) {
      const { errors } = await member.post(`mutation { changePlan(tier: ${tier}) { id } }`);
      expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    expect((await member.gql('{ viewer { role tier { id } planChanges } }')).viewer).toEqual({
      role: 'USER',
      tier: { id: 'FREE' },
      planChanges: false,
    });
  });

  it('a quick start without a provider key admits everybody, and the first member becomes the admin', async () => {
    await start({ SIGN_UP: '' }, {});
    expect(await server()).toMatchObject({ signUp: 'OPEN', firstAccount: true, planChanges: true });
    expect(codes([await signUp(), await signUp()])).toEqual([200, 200]);
  });

  it('an invitation grants its plan as many times as it allows, however many people come at once, and is logged', async () => {
    await start({ SIGN_UP: 'invite' });
    const first = await signUp({ email: 'ada@example.org' });
    const admin = client(first);
    const once = await invite(admin, { tier: 'PRO' });
    expect(once).toMatchObject({ tier: 'PRO', uses: 0, usesMax: 1, expiresAt: null, status: 'USABLE' });
    expect(once.url).toMatch(/^http:\/\/localhost:3000\/sign-up\?invitation=[\w-]{54}$/);
    const three = await invite(admin, { usesMax: 3 });
    const many = await invite(admin, { usesMax: null });

    const [rush, crowd] = await Promise.all([
      Promise.all(Array.from({ length: 5 }, () => signUp({ invitation: once.secret }))),
      Promise.all(Array.from({ length: 5 }, () => signUp({ invitation: three.secret }))),
    ]);
    expect(codes(rush)).toEqual([200, ...Array(4).fill('INVITATION_INVALID')]);
    expect(codes(crowd)).toEqual([200, 200, 200, 'INVITATION_INVALID', 'INVITATION_INVALID']);
    expect(rush.find(({ status }) => status === 200)?.body.user).toMatchObject({ tier: 'PRO', role: 'USER' });
    expect(codes([await signUp({ invitation: many.secret, email: 'bob@example.org' })])).toEqual([200]);

    const { invitations } = await admin.gql(listDocument);
    expect(invitations).toMatchObject([
      { id: many.id, uses: 1, usesMax: null, status: 'USABLE' },
      { id: three.id, uses: 3, usesMax: 3, status: 'USED_UP', url: three.url, createdBy: { email: 'ada@example.org' } },
      { id: once.id, uses: 1, usesMax: 1, status: 'USED_UP' },
    ]);
    const { edges } = (await admin.gql('{ admin { auditLog { edges { node { action target actor { email } } } } } }'))
      .admin.auditLog;
    const log = edges.map(({ node }: { node: Logged }) => `${node.actor.email} ${node.action} ${node.target}`);
    expect(log[0]).toBe('ada@example.org invite bob@example.org');
    expect(log.filter((line: string) => line.includes(' invite '))).toHaveLength(5);
    expect(log.filter((line: string) => line.includes(' createInvitation '))).toHaveLength(3);
    expect(JSON.stringify(edges)).not.toContain(many.secret.slice(-32));
  });

  it('fails with a revoked, expired or made-up invitation, and a guesser has to wait', async () => {
    await start({ SIGN_UP: 'invite', TRUSTED_PROXIES: '1' });
    const admin = client(await signUp());
    const revoked = await invite(admin);
    const expired = await invite(admin, { expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
    const good = await invite(admin);
    const { revokeInvitation } = await admin.gql('mutation ($id: ID!) { revokeInvitation(id: $id) }', {
      id: revoked.id,
    });
    expect(revokeInvitation).toBe(revoked.id);
    await sql`update invitation set expires_at = now() - interval '1 second' where expires_at is not null`.execute(
      database.db,
    );
    const of = (address: string) => ({ 'x-forwarded-for': address });
    const flipped = good.secret.slice(0, -1) + (good.secret.endsWith('A') ? 'Q' : 'A');
    for (const invitation of [
      revoked.secret,
      expired.secret,
      flipped,
      'x',
      5,
      { toString: 1 },
      good.secret.slice(0, 22),
    ]) {
      expect(await signUp({ invitation }, of('192.0.2.1'))).toMatchObject({
        status: 403,
        body: { code: 'INVITATION_INVALID' },
      });
    }
    // An IPv4 address counts the same when it is written as IPv6. An IPv6 address counts by its first 64 bits.
    for (let guess = 7; guess < 20; guess++) await signUp({ invitation: 'guess' }, of('::ffff:192.0.2.1'));
    expect(await signUp({ invitation: good.secret }, of('192.0.2.1'))).toMatchObject({
      status: 429,
      body: { code: 'TOO_MANY_ATTEMPTS' },
    });
    expect(codes([await signUp({ invitation: good.secret }, of('192.0.2.2'))])).toEqual([200]);
    const { invitations } = await admin.gql(listDocument);
    expect(invitations.map(({ status }: { status: string }) => status).sort()).toEqual([
      'EXPIRED',
      'REVOKED',
      'USED_UP',
    ]);
  });

  it('frees the place in an invitation if an earlier sign-up by it was killed half-way', async () => {
    await start({ SIGN_UP: 'invite' });
    const admin = client(await signUp());
    const { secret } = await invite(admin);
    expect((await signUp({ invitation: secret, email: 'half@example.org' })).status).toBe(200);
    // A process that is killed between the two inserts leaves a user without an account.
    await sql`delete from account where user_id in (select id from "user" where email = 'half@example.org')`.execute(
      database.db,
    );
    expect(await signUp({ invitation: secret })).toMatchObject({ body: { code: 'INVITATION_INVALID' } });
    await sql`update "user" set created_at = now() - interval '2 minutes' where email = 'half@example.org'`.execute(
      database.db,
    );
    expect(codes([await signUp({ invitation: secret })])).toEqual([200]);
    expect((await admin.gql(listDocument)).invitations).toMatchObject([{ uses: 1, status: 'USED_UP' }]);
  });

  it('stays possible for an admin if the first sign-up was killed half-way', async () => {
    await start({ SIGN_UP: 'invite' });
    await signUp({ email: 'first@example.org' });
    await sql`delete from account`.execute(database.db);
    expect(await server()).toMatchObject({ firstAccount: true });
    expect(await signUp()).toMatchObject({ body: { code: 'INVITATION_NEEDED' } });
    await sql`update "user" set created_at = now() - interval '2 minutes'`.execute(database.db);
    expect((await signUp()).body.user).toMatchObject({ role: 'ADMIN' });
  });

  it('takes no place in an invitation if the address already has an account', async () => {
    await start({ SIGN_UP: 'invite' });
    const admin = client(await signUp({ email: 'ada@example.org' }));
    const { secret } = await invite(admin);
    expect((await signUp({ invitation: secret, email: 'ada@example.org' })).status).toBe(422);
    expect((await signUp({ invitation: secret, email: 'no address' })).status).toBe(400);
    expect((await admin.gql(listDocument)).invitations).toMatchObject([{ uses: 0, status: 'USABLE' }]);
    // Without an invitation the answer does not reveal whether the address has an account.
    for (const email of ['ada@example.org', 'nobody@example.org']) {
      expect(await signUp({ email })).toMatchObject({ status: 403, body: { code: 'INVITATION_NEEDED' } });
    }
  });

  it('is open to addresses of the operator’s domains and to invited people', async () => {
    await start({ SIGN_UP: 'domains:Example.com, a.example.org' });
    const admin = client(await signUp({ email: 'ada@elsewhere.org' }));
    expect(await server()).toMatchObject({ signUp: 'DOMAINS' });
    const admitted = ['b@example.com', 'c@EXAMPLE.com', 'd@a.example.org'];
    for (const email of admitted) expect(codes([await signUp({ email })])).toEqual([200]);
    for (const email of ['e@sub.example.com', 'f@example.com.evil.org', 'g@xexample.com', 'example.com@evil.org']) {
      expect(await signUp({ email })).toMatchObject({ status: 403, body: { code: 'DOMAIN_NOT_ADMITTED' } });
    }
    expect(codes([await signUp({ email: 'h@evil.org', invitation: (await invite(admin)).secret })])).toEqual([200]);
  });

  it('is closed to everybody if the operator closes it, even with an invitation', async () => {
    await start({ SIGN_UP: 'closed' });
    expect(await signUp()).toMatchObject({ status: 403, body: { code: 'SIGN_UP_CLOSED' } });
    expect(await signUp({ invitation: 'x' })).toMatchObject({ status: 403, body: { code: 'SIGN_UP_CLOSED' } });
    expect(await countUsers()).toBe(0);
  });

  it('is limited to a hundred an hour from one address, without an effect on other addresses', async () => {
    await start({ SIGN_UP: 'open', TRUSTED_PROXIES: '1' });
    const from = (address: string) => signUp({}, { 'x-forwarded-for': address });
    expect(codes([await from('2001:db8:1:2::1')])).toEqual([200]);
    await sql`update attempt_count set points = 99 where key like 'sign-up:%'`.execute(database.db);
    // Failed sign-ups do not count.
    await signUp({ email: 'no address' }, { 'x-forwarded-for': '2001:db8:1:2::2' });
    const hostile = { email: { toString: 1 } as never };
    expect((await signUp(hostile, { 'x-forwarded-for': '2001:db8:1:2::2' })).status).toBe(400);
    expect(codes([await from('2001:db8:1:2:ffff::3')])).toEqual([200]);
    expect(codes([await from('2001:db8:1:2::4')])).toEqual(['TOO_MANY_ATTEMPTS']);
    expect(codes([await from('2001:db8:1:3::1')])).toEqual([200]);
  });

  it('leaves invitations to admins', async () => {
    await start({ SIGN_UP: 'open' });
    const admin = client(await signUp());
    const member = client(await signUp());
    const { id } = await invite(admin);
    const refusal = (code: string) => [{ extensions: { code } }];
    const attempts: [string, object?][] = [
      [listDocument],
      [createDocument, { input: {} }],
      ['mutation ($id: ID!) { revokeInvitation(id: $id) }', { id }],
    ];
    for (const [query, variables] of attempts) {
      const asked = variables as Record<string, unknown> | undefined;
      expect((await member.post(query, asked)).errors).toMatchObject(refusal('FORBIDDEN'));
      expect((await connect(app.url).post(query, asked)).errors).toMatchObject(refusal('UNAUTHENTICATED'));
    }
    const node = 'query ($id: ID!) { node(id: $id) { ... on Invitation { url } } }';
    expect(JSON.stringify(await member.post(node, { id }))).not.toContain('invitation=');
    expect((await admin.gql(node, { id })).node.url).toContain('invitation=');
    expect((await admin.gql(listDocument)).invitations).toMatchObject([{ status: 'USABLE' }]);
  });

  it('refuses an admin’s malformed invitations', async () => {
    await start({ SIGN_UP: 'open' });
    const admin = client(await signUp());
    const past = new Date(Date.now() - 1000).toISOString();
    for (const [input, field] of [
      [{ usesMax: 0 }, 'usesMax'],
      [{ usesMax: -1 }, 'usesMax'],
      [{ usesMax: 100_001 }, 'usesMax'],
      [{ expiresAt: past }, 'expiresAt'],
    ] as const) {
      const { errors } = await admin.post(createDocument, { input });
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field } }]);
    }
    const unknown = await admin.post('mutation { revokeInvitation(id: "x") }');
    expect(unknown.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    expect((await admin.gql(listDocument)).invitations).toEqual([]);
  });
});

const serverDocument = '{ server { signUp firstAccount signInWith { id } planChanges version } }';
const createDocument = `mutation ($input: CreateInvitationInput!) {
  createInvitation(input: $input) { id url tier uses usesMax expiresAt status }
}`;
const listDocument = '{ invitations { id url tier uses usesMax expiresAt status createdBy { email } } }';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of the body varies
  body: any;
  cookie: string;
}

interface Logged {
  action: string;
  target: string;
  actor: { email: string };
}
