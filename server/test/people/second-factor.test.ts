import { symmetricEncrypt } from 'better-auth/crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { cookiesOf, password } from '../setup/members.ts';
import { totpCode } from '../setup/totp.ts';

describeDatabases('a second factor', (database) => {
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    admin = await app.newMember('Admin');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  it('is switched on with the password and a first code, and asked for at the next sign-in, where a code works once', async () => {
    const member = await app.newMember();
    expect((await post('/two-factor/enable', { password: 'not this one' }, member.cookie)).body.code).toBe(
      'INVALID_PASSWORD',
    );
    const { secret, cookie, backupCodes } = await switchOn(member);
    expect(backupCodes).toHaveLength(10);
    expect((await connect(app.url, { cookie }).gql('{ viewer { twoFactor } }')).viewer.twoFactor).toBe(true);
    // The old session has gone, and nothing that is stored shows the secret or a code.
    expect((await member.gql('{ viewer { id } }')).viewer).toBeNull();
    const stored = JSON.stringify(await database().db.selectFrom('two_factor').selectAll().execute());
    for (const word of [secret, ...backupCodes]) expect(stored).not.toContain(word);

    const challenge = await signIn(member);
    expect(challenge.body).toMatchObject({ twoFactorRedirect: true, twoFactorMethods: ['totp'] });
    expect((await viewerOf(challenge.cookie)).viewer).toBeNull();
    const wrong = await post('/two-factor/verify-totp', { code: '000000' }, challenge.cookie);
    expect([wrong.status, wrong.body.code]).toEqual([401, 'INVALID_CODE']);
    const code = totpCode(secret, 1);
    // Two browsers type the same code at the same moment: one gets in.
    const other = await signIn(member);
    const answers = await Promise.all(
      [challenge, other].map(({ cookie }) => post('/two-factor/verify-totp', { code }, cookie)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect(answers.find(({ status }) => status === 401)?.body.code).toBe('CODE_USED');
    const signedIn = answers.find(({ status }) => status === 200)?.cookie ?? '';
    expect((await viewerOf(signedIn)).viewer).toEqual({ email: member.email });
    expect(await actsOf(member)).toEqual(['codeRefused', 'enableTwoFactor', 'passwordRefused']);
  });

  it('is replaced by a backup code, each of which works once, also if two come at the same moment', async () => {
    const member = await app.newMember();
    const { backupCodes } = await switchOn(member);
    const challenges = await Promise.all([signIn(member), signIn(member)]);
    const answers = await Promise.all(
      challenges.map(({ cookie }) => post('/two-factor/verify-backup-code', { code: backupCodes[0] }, cookie)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { cookie } = await signIn(member);
    expect((await post('/two-factor/verify-backup-code', { code: backupCodes[0] }, cookie)).status).toBe(401);
    expect((await post('/two-factor/verify-backup-code', { code: backupCodes[1] }, cookie)).status).toBe(200);
    expect(await actsOf(member)).toEqual(expect.arrayContaining(['useBackupCode', 'enableTwoFactor']));
  });

  it('cannot be guessed: a challenge takes five codes, and the account is locked after ten', async () => {
    const member = await app.newMember();
    const { secret } = await switchOn(member);
    const guess = async (cookie: string, code: string) =>
      (await post('/two-factor/verify-totp', { code }, cookie)).body.code;
    for (const from of [0, 5]) {
      const { cookie } = await signIn(member);
      for (let code = from; code < from + 5; code++) expect(await guess(cookie, `00000${code}`)).toBe('INVALID_CODE');
      expect(await guess(cookie, `99999${from}`)).toMatch(/TOO_MANY_ATTEMPTS|LOCKED/);
    }
    const { cookie } = await signIn(member);
    expect(await guess(cookie, totpCode(secret, 1))).toBe('ACCOUNT_TEMPORARILY_LOCKED');
  });

  it('is not asked of an API key, and no browser is trusted for a month', async () => {
    const member = await app.newMember();
    const { secret: key } = (await member.gql('mutation { createApiKey(name: "k") { secret } }')).createApiKey;
    const { secret } = await switchOn(member);
    expect((await connect(app.url, { key }).gql('{ viewer { email } }')).viewer).toEqual({ email: member.email });
    const { cookie } = await signIn(member);
    const answer = await post('/two-factor/verify-totp', { code: totpCode(secret, 1), trustDevice: true }, cookie);
    expect([answer.status, answer.body.code]).toEqual([400, 'TRUST_DEVICE_NOT_OFFERED']);
  });

  it('says so if it was encrypted with another secret, as after a restore, and works no more until it is removed', async () => {
    const member = await app.newMember();
    const { secret } = await switchOn(member);
    const other = await symmetricEncrypt({ key: 'another secret of more than thirty-two characters', data: secret });
    const { db } = database();
    const owner = db.selectFrom('user').select('id').where('email', '=', member.email);
    await db.updateTable('two_factor').set({ secret: other }).where('user_id', '=', owner).execute();
    const { cookie } = await signIn(member);
    const answer = await post('/two-factor/verify-totp', { code: totpCode(secret, 1) }, cookie);
    expect([answer.status, answer.body.code]).toEqual([401, 'SECOND_FACTOR_UNREADABLE']);
  });

  it('is switched off with the password by its member, or removed by an admin, and both are in the audit log', async () => {
    const member = await app.newMember();
    const { cookie } = await switchOn(member);
    expect((await post('/two-factor/disable', { password: 'not this one' }, cookie)).status).toBe(400);
    const off = await post('/two-factor/disable', { password }, cookie);
    expect(off.status).toBe(200);
    expect((await signIn(member)).body.twoFactorRedirect).toBeUndefined();

    await switchOn({ ...member, cookie: off.cookie }, 1);
    const { users } = (
      await admin.gql('query ($of: String) { admin { users(search: $of) { edges { node { id twoFactor } } } } }', {
        of: member.email,
      })
    ).admin;
    expect(users.edges[0].node.twoFactor).toBe(true);
    const remove = 'mutation ($id: ID!) { removeTwoFactor(userId: $id) { twoFactor } }';
    const { id } = users.edges[0].node;
    expect((await admin.gql(remove, { id })).removeTwoFactor).toEqual({ twoFactor: false });
    expect((await admin.post(remove, { id })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const signedIn = await signIn(member);
    expect((await viewerOf(signedIn.cookie)).viewer).toEqual({ email: member.email });
    expect(await actsOf(member)).toEqual(
      expect.arrayContaining(['removeTwoFactor', 'disableTwoFactor', 'enableTwoFactor']),
    );
  });

  it('leaves sessions to be listed, without their tokens, and ended one by one with their streams', async () => {
    const member = await app.newMember();
    const [one, two] = [await signIn(member), await signIn(member)].map(({ cookie }) => connect(app.url, { cookie }));
    if (!one || !two) throw new Error('No sessions.');
    const list = '{ viewer { sessions { id userAgent address createdAt lastUsedAt expiresAt current } } }';
    const { sessions } = (await one.gql(list)).viewer;
    expect(sessions).toHaveLength(3);
    expect(sessions.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    expect(sessions[0]).toMatchObject({ address: '127.0.0.1', userAgent: 'node' });
    const stream = two.subscribe('ws', 'subscription { creditsChanged { held } }')[Symbol.asyncIterator]();
    await stream.next();
    const ofTwo = (await two.gql(list)).viewer.sessions.find(({ current }: { current: boolean }) => current);
    expect((await one.gql('mutation ($id: ID!) { endSession(id: $id) }', { id: ofTwo.id })).endSession).toBe(ofTwo.id);
    await expect(
      stream.next().then(({ done }) => (done ? Promise.reject(new Error('It ended.')) : stream.next())),
    ).rejects.toBeDefined();
    expect((await two.gql('{ viewer { id } }')).viewer).toBeNull();

    const stranger = await app.newMember();
    const ofOne = sessions.find(({ current }: { current: boolean }) => current).id;
    expect(
      (await stranger.post('mutation ($id: ID!) { endSession(id: $id) }', { id: ofOne })).errors?.[0]?.extensions.code,
    ).toBe('NOT_FOUND');
    const { secret } = (await one.gql('mutation { createApiKey(name: "k") { secret } }')).createApiKey;
    const byKey = await connect(app.url, { key: secret }).post(list);
    expect(byKey.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await one.gql('mutation { endOtherSessions }')).endOtherSessions).toBe(1);
    expect((await one.gql(list)).viewer.sessions).toHaveLength(1);
    expect(await actsOf(member)).toEqual(['endSessions', 'createApiKey', 'endSession']);
  });

  /** Switches the second factor on, as the settings page does. `step`: which 30 seconds the first code is of. */
  async function switchOn({ cookie }: Pick<Client, 'cookie'>, step = 0) {
    const { body } = await post('/two-factor/enable', { password }, cookie);
    const secret = new URL(body.totpURI).searchParams.get('secret') ?? '';
    const answer = await post('/two-factor/verify-totp', { code: totpCode(secret, step) }, cookie);
    expect(answer.status).toBe(200);
    return { secret, backupCodes: body.backupCodes as string[], cookie: answer.cookie };
  }

  function signIn({ email }: Pick<Client, 'email'>) {
    return post('/sign-in/email', { email, password });
  }

  function viewerOf(cookie: string) {
    return connect(app.url, { cookie }).gql('{ viewer { email } }');
  }

  /** The acts of the audit log that are about the member, newest first. */
  async function actsOf({ email }: Pick<Client, 'email'>): Promise<string[]> {
    const entries = database().db.selectFrom('audit_entry').select('action').where('target', '=', email);
    return (await entries.orderBy('id', 'desc').execute()).map(({ action }) => action);
  }

  async function post(path: string, body: object, cookie = '') {
    const response = await fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json(), cookie: cookiesOf(response) };
  }
});
