import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { freePort } from '../setup/free-port.ts';
import { quickPasswords } from '../setup/members.ts';
import { CookieJar } from './cookie-jar.ts';
import { type OidcServer, startOidcServer } from './oidc-server.ts';

describeDatabases('signing in with a provider', (database) => {
  let oidc: OidcServer;
  let app: TestApp;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    oidc = await startOidcServer([`${url}/api/auth/callback/test`]);
    app = await startApp({
      database: database(),
      passwords: quickPasswords,
      port,
      env: {
        ...oidc.settings(url),
        OIDC_TEST_ADMIN_GROUPS: 'admins',
        OIDC_TEST_AUDITOR_GROUPS: 'books',
        OIDC_TEST_TEAM_GROUPS: 'dev=Engineering,ops=Operations',
        OIDC_TEST_TIER_GROUPS: 'staff=PRO,board=ENTERPRISE',
      },
    });
    // The first account is the admin's.
    await app.newMember('Root');
  });
  afterAll(async () => {
    await app?.close();
    await oidc?.close();
  });

  /** Goes to the provider, says who one is, and stops at the address of the answer. */
  async function answerFor(jar: CookieJar, account: string, query = ''): Promise<URL> {
    const isAnswer = (at: URL) => at.href.startsWith(`${url}/api/auth/callback/`);
    const goesOn = (at: URL) => !isAnswer(at) && !at.pathname.startsWith('/who/');
    const who = await jar.follow(`${url}/api/auth/oidc/test${query}`, goesOn);
    // A provider that knows the browser from before asks nothing.
    if (isAnswer(who)) return who;
    who.searchParams.set('as', account);
    return jar.follow(who, (at) => !isAnswer(at));
  }

  /** Signs in; returns the page that the browser ends at. */
  async function signIn(account: string, { jar = new CookieJar(), query = '' } = {}) {
    const { to } = await jar.get(await answerFor(jar, account, query));
    return { jar, to: to as URL, error: to?.searchParams.get('error') ?? null };
  }

  const viewerOf = async (jar: CookieJar) => {
    const { viewer } = await connect(url, { cookie: jar.header(url) }).gql(
      '{ viewer { id email name role tier { id } } }',
    );
    return viewer && { ...viewer, tier: viewer.tier.id };
  };

  const userOf = (email: string) =>
    database().db.selectFrom('user').selectAll().where('email', '=', email).executeTakeFirstOrThrow();

  const signUpByPassword = async (email: string) => {
    const jar = new CookieJar();
    const response = await fetch(`${url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Early', email, password: 'a long password' }),
    });
    expect(response.status).toBe(200);
    return {
      jar,
      cookie: response.headers
        .getSetCookie()
        .map((set) => set.split(';')[0])
        .join('; '),
    };
  };

  it('makes an account the first time, finds it the second time, and keeps the way back', async () => {
    await oidc.know('ann', { email: 'Ann@Example.org', email_verified: true, name: 'Ann\u202e Lee' });
    const first = await signIn('ann', { query: '?to=%2Fusage%3Fby%3Dkey' });
    expect(first.to.href).toBe(`${url}/usage?by=key`);
    const viewer = await viewerOf(first.jar);
    expect(viewer).toMatchObject({ email: 'ann@example.org', name: 'Ann Lee', role: 'USER', tier: 'FREE' });
    expect(await userOf('ann@example.org')).toMatchObject({ email_verified: true, admitted_as: 'PROVIDER' });

    // The address may change at the provider: the subject counts.
    await oidc.know('ann', { email: 'lee@example.org', email_verified: true, name: 'Ann' });
    const second = await signIn('ann', { query: '?to=https://evil.example/' });
    expect(second.to.href).toBe(`${url}/`);
    expect((await viewerOf(second.jar)).id).toBe(viewer.id);
    const noted = await database().db.selectFrom('audit_entry').select(['action', 'note']).execute();
    expect(noted).toContainEqual({ action: 'signUpWithProvider', note: 'Example Login' });
  });

  let adminClient: Awaited<ReturnType<TestApp['newMember']>> | undefined;
  async function admin() {
    adminClient ??= await app.newMember('Boss');
    await database().db.updateTable('user').set({ role: 'ADMIN' }).where('email', '=', adminClient.email).execute();
    return adminClient;
  }

  it('refuses a wrong state, a stolen code, a code that was used, and one that is too old', async () => {
    await oidc.know('bob', { email: 'bob@example.org', email_verified: true });
    const jar = new CookieJar();
    const answer = await answerFor(jar, 'bob');
    const wrong = new URL(answer);
    wrong.searchParams.set('state', 'another');
    const refused = async (browser: CookieJar, at: URL) => (await browser.get(at)).to as URL;
    expect((await refused(jar, wrong)).href).toBe(`${url}/sign-in?error=SIGN_IN_ELSEWHERE&with=test`);
    expect((await refused(new CookieJar(), answer)).searchParams.get('error')).toBe('SIGN_IN_ELSEWHERE');
    const thief = new CookieJar();
    await answerFor(thief, 'bob');
    expect((await refused(thief, answer)).searchParams.get('error')).toBe('SIGN_IN_ELSEWHERE');
    // Nothing of that has used the code up.
    expect((await refused(jar, answer)).href).toBe(`${url}/`);
    expect((await refused(jar, answer)).searchParams.get('error')).toBe('SIGN_IN_ELSEWHERE');

    // A thief with a flow of their own puts the stolen code into it: its verifier and nonce are not that flow's.
    const stolen = await answerFor(new CookieJar(), 'bob');
    const own = await answerFor(thief, 'bob');
    own.searchParams.set('code', stolen.searchParams.get('code') as string);
    expect((await refused(thief, own)).searchParams.get('error')).toBe('CODE_REFUSED');

    await oidc.setCodeSeconds(1);
    const late = new CookieJar();
    const old = await answerFor(late, 'bob');
    await oidc.setCodeSeconds(60);
    await expect.poll(() => oidc.isGood(old.searchParams.get('code') as string), { timeout: 10_000 }).toBe(false);
    expect((await refused(late, old)).searchParams.get('error')).toBe('CODE_REFUSED');
  });

  it('refuses an answer of another issuer, and says so if the person turned back', async () => {
    const jar = new CookieJar();
    const answer = await answerFor(jar, 'bob');
    answer.searchParams.set('iss', 'https://evil.example');
    expect((await jar.get(answer)).to?.searchParams.get('error')).toBe('ANSWER_INVALID');
    expect((await signIn('')).error).toBe('SIGN_IN_CANCELLED');
  });

  it('opens a member’s account only with an address that the provider has verified', async () => {
    const { cookie } = await signUpByPassword('carl@example.org');
    await oidc.know('mallory', { email: 'carl@example.org', email_verified: false });
    await oidc.know('silent', { email: 'carl@example.org' });
    expect((await signIn('mallory')).error).toBe('ACCOUNT_NOT_LINKED');
    expect((await signIn('silent')).error).toBe('ACCOUNT_NOT_LINKED');

    // Whoever made the account first, without a confirmed address, is shut out when the owner comes.
    await oidc.know('carl', { email: 'carl@example.org', email_verified: true });
    const { jar } = await signIn('carl');
    expect(await viewerOf(jar)).toMatchObject({ email: 'carl@example.org', name: 'Early' });
    expect(await connect(url, { cookie }).gql('{ viewer { id } }')).toEqual({ viewer: null });
    const response = await fetch(`${url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'carl@example.org', password: 'a long password' }),
    });
    expect(response.status).toBe(401);
  });

  it('keeps the password of a member who is signed in while linking', async () => {
    const { cookie } = await signUpByPassword('dora@example.org');
    await oidc.know('dora', { email: 'dora@example.org', email_verified: true });
    const jar = new CookieJar();
    const answer = await answerFor(jar, 'dora');
    const own = await fetch(answer, {
      redirect: 'manual',
      headers: { cookie: `${jar.header(url)}; ${cookie}` },
    });
    expect(own.headers.get('location')).toBe(`${url}/`);
    expect((await connect(url, { cookie }).gql('{ viewer { email } }')).viewer.email).toBe('dora@example.org');
  });

  it('refuses suspended members, and people without an address', async () => {
    await oidc.know('eve', { email: 'eve@example.org', email_verified: true });
    await signIn('eve');
    await database().db.updateTable('user').set({ suspended: true }).where('email', '=', 'eve@example.org').execute();
    expect((await signIn('eve')).error).toBe('ACCOUNT_SUSPENDED');
    await oidc.know('nobody', { name: 'Nobody' });
    expect((await signIn('nobody')).error).toBe('NO_EMAIL');
  });

  it('gives role and plan by the groups at each sign-in, and takes back only what it gave', async () => {
    const groups = async (...names: string[]) => {
      await oidc.know('fay', { email: 'fay@example.org', email_verified: true, groups: names });
      const { role, tier } = await viewerOf((await signIn('fay')).jar);
      return `${role} ${tier}`;
    };
    expect(await groups('others')).toBe('USER FREE');
    expect(await groups('admins', 'staff', 'board')).toBe('ADMIN ENTERPRISE');
    expect(await groups('books')).toBe('AUDITOR FREE');
    expect(await groups('staff')).toBe('USER PRO');
    const { id } = await userOf('fay@example.org');
    const boss = await admin();
    const set =
      'mutation ($id: ID!) { setTier(userId: $id, tier: ENTERPRISE) { id } setRole(userId: $id, role: ADMIN) { id } }';
    await boss.gql(set, { id: Buffer.from(`User:${id}`).toString('base64') });
    // What an admin has set since is the admin's, unless a group says otherwise.
    expect(await groups()).toBe('ADMIN ENTERPRISE');
    expect(await groups('staff')).toBe('ADMIN PRO');
    expect(await groups()).toBe('ADMIN ENTERPRISE');
  });

  it('puts members into the teams of their groups, and takes back only what it gave', async () => {
    const teams = async (...groups: string[]) => {
      await oidc.know('hal', { email: 'hal@example.org', email_verified: true, groups });
      const { jar } = await signIn('hal');
      const { viewer } = await connect(url, { cookie: jar.header(url) }).gql('{ viewer { teams { name } } }');
      return viewer.teams.map(({ name }: { name: string }) => name);
    };
    expect(await teams('dev', 'others')).toEqual(['Engineering']);
    expect(await teams('dev', 'ops')).toEqual(['Engineering', 'Operations']);
    const { id } = await userOf('hal@example.org');
    const own = await database().db.selectFrom('team').selectAll().where('name', '=', 'Operations').execute();
    await database()
      .db.updateTable('team_member')
      .set({ owner: true })
      .where('user_id', '=', id)
      .where('team_id', '=', own[0]?.id as string)
      .execute();
    expect(await teams()).toEqual(['Operations']);
    await database().db.updateTable('team').set({ archived: true }).where('name', '=', 'Engineering').execute();
    expect(await teams('dev')).toEqual(['Operations']);
    const named = await database().db.selectFrom('team').selectAll().where('name', '=', 'Engineering').execute();
    expect(named).toHaveLength(1);
  });

  it('makes one account if somebody signs in twice at the same moment', async () => {
    await oidc.know('gil', { email: 'gil@example.org', email_verified: true });
    const jars = [new CookieJar(), new CookieJar(), new CookieJar()];
    const answers = await Promise.all(jars.map((jar) => answerFor(jar, 'gil')));
    await Promise.all(jars.map((jar, index) => jar.get(answers[index] as URL)));
    const ids = await Promise.all(jars.map(async (jar) => (await viewerOf(jar)).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('admits by the rule for sign-ups where the operator wants that, and no password where passwords are off', async () => {
    const settings = { ...oidc.settings(url), OIDC_TEST_SIGN_UP: 'rule', SIGN_UP: 'invite', PASSWORDS: 'off' };
    await app.close();
    const strict = await startApp({ database: database(), port: Number(new URL(url).port), env: settings });
    try {
      await oidc.know('ida', { email: 'ida@example.org', email_verified: true });
      expect((await signIn('ida')).error).toBe('INVITATION_NEEDED');
      const boss = connect(url, { cookie: (await admin()).cookie });
      const made = await boss.gql('mutation { createInvitation(input: { tier: PRO }) { url } }');
      const invitation = new URL(made.createInvitation.url).searchParams.get('invitation');
      const { jar } = await signIn('ida', { query: `?invitation=${invitation}` });
      expect(await viewerOf(jar)).toMatchObject({ email: 'ida@example.org', tier: 'PRO' });
      await oidc.know('jo', { email: 'jo@example.org', email_verified: true });
      expect((await signIn('jo', { query: `?invitation=${invitation}` })).error).toBe('INVITATION_INVALID');

      for (const path of ['sign-in/email', 'sign-up/email', 'change-password', 'password/forgot', 'password/reset']) {
        const response = await fetch(`${url}/api/auth/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: 'ida@example.org', password: 'a long password', name: 'I' }),
        });
        expect([path, response.status, (await response.json()).code]).toEqual([path, 403, 'PASSWORDS_OFF']);
      }
      expect(await connect(url).gql('{ server { passwords sendsMail signInWith { id name } } }')).toEqual({
        server: { passwords: false, sendsMail: false, signInWith: [{ id: 'test', name: 'Example Login' }] },
      });
      const link = await boss.post('mutation { createPasswordResetLink(userId: "VXNlcjp4") { url } }');
      expect(link.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    } finally {
      await strict.close();
    }
  });

  it('answers an unreachable provider with a sentence, and works again when it is back', async () => {
    const other = await startApp({ database: database(), env: { ...oidc.settings(url), SIGN_UP: 'closed' } });
    try {
      await oidc.setReachable(false);
      const jar = new CookieJar();
      const { to } = await jar.get(`${other.url}/api/auth/oidc/test?to=/usage`);
      expect(to?.search).toBe('?error=PROVIDER_UNREACHABLE&with=test&to=%2Fusage');
      await oidc.setReachable(true);
      expect((await jar.get(`${other.url}/api/auth/oidc/test`)).to?.origin).toBe(oidc.issuer);
      expect((await jar.get(`${other.url}/api/auth/oidc/other`)).status).toBe(404);
      expect(other.errors).toEqual([]);
    } finally {
      await oidc.setReachable(true);
      await other.close();
    }
  });
});
