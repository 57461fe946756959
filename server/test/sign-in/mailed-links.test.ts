import { afterAll, beforeAll, expect, it } from 'vitest';
import { setPassword } from '../../src/domain/people/administration.ts';
import { type MailServer, type ReceivedMail, startMailServer } from '../mail/mail-server.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';

describeDatabases('links by mail', (database) => {
  let mail: MailServer;
  let app: TestApp;
  let admin: Client;

  beforeAll(async () => {
    mail = await startMailServer();
    app = await start();
    // The first account needs no confirmation: mail may not work yet.
    admin = await signUpAndIn('root@example.org');
  });
  afterAll(async () => {
    await app?.close();
    await mail?.close();
  });

  /** What is done while the next password is compared. */
  let meanwhile: (() => Promise<unknown>) | null = null;
  const passwords = {
    hash: quickPasswords.hash,
    async verify(given: { hash: string; password: string }) {
      const isRight = await quickPasswords.verify(given);
      const work = meanwhile;
      meanwhile = null;
      await work?.();
      return isRight;
    },
  };

  const start = () =>
    startApp({
      database: database(),
      passwords,
      env: { SMTP_URL: mail.url, PUBLIC_URL: 'https://chat.example.org' },
    });

  async function post(path: string, body: object, cookie = '') {
    const response = await fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
    const cookies = response.headers.getSetCookie().map((set) => set.split(';')[0]);
    return { status: response.status, cookie: cookies.join('; '), body: await response.json() };
  }

  const signUp = (email: string) => post('/sign-up/email', { name: 'Somebody', email, password: 'the first word' });
  const signIn = (email: string, password: string) => post('/sign-in/email', { email, password });

  async function signUpAndIn(email: string, password = 'the first word'): Promise<Client> {
    expect((await signUp(email)).status).toBe(200);
    const { cookie, status } = await signIn(email, password);
    expect(status).toBe(200);
    return connect(app.url, { cookie, email });
  }

  const tokenIn = ({ text }: ReceivedMail) => {
    const url = new URL(/https:\S+/.exec(text)?.[0] ?? '');
    expect(url.origin).toBe('https://chat.example.org');
    return url.hash.slice(1);
  };
  const mailTo = (email: string, subject: RegExp) => mail.mailTo(email, (one) => subject.test(one.subject));

  const confirmed = async (email: string) => {
    await signUp(email);
    const token = tokenIn(await mailTo(email, /Confirm/));
    expect((await post('/email/confirm', { token })).status).toBe(200);
  };

  it('confirm a new member’s address, who cannot sign in before', async () => {
    const made = await signUp('new@example.org');
    expect(made).toMatchObject({ status: 200, cookie: '', body: { token: null } });
    expect((await signIn('new@example.org', 'the first word')).body.code).toBe('EMAIL_NOT_VERIFIED');
    expect((await post('/email/resend', { email: 'new@example.org' })).status).toBe(200);
    const token = tokenIn(await mailTo('new@example.org', /Confirm/));
    expect((await post('/email/confirm', { token: `${token}x` })).body.code).toBe('LINK_INVALID');
    expect((await post('/email/confirm', { token })).status).toBe(200);
    expect((await post('/email/confirm', { token })).body.code).toBe('LINK_INVALID');
    expect((await signIn('new@example.org', 'the first word')).status).toBe(200);
  });

  it('are asked of nobody who was there before mail was set', async () => {
    const early = await app.newMember('Early');
    const hash = await quickPasswords.hash('an old password');
    await database()
      .db.updateTable('account')
      .set({ password: hash })
      .where('user_id', 'in', (eb) => eb.selectFrom('user').select('id').where('email', '=', early.email))
      .execute();
    expect((await signIn(early.email, 'an old password')).status).toBe(200);
  });

  it('tell the owner of an address, and not whoever types it, that there is an account', async () => {
    await confirmed('taken@example.org');
    const again = await signUp('taken@example.org');
    const other = await signUp('untaken@example.org');
    const shape = ({ status, body }: typeof again) => [status, body.token, Object.keys(body.user).sort()];
    expect(shape(again)).toEqual(shape(other));
    await mailTo('taken@example.org', /already/);
  });

  it('set a new password once, and end the sessions', async () => {
    await confirmed('ann@example.org');
    const { cookie } = await signIn('ann@example.org', 'the first word');
    const known = await post('/password/forgot', { email: 'Ann@example.org' });
    const unknown = await post('/password/forgot', { email: 'nobody@example.org' });
    expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
    const token = tokenIn(await mailTo('ann@example.org', /Set a new password/));
    expect((await post('/password/reset', { token, newPassword: 'short' })).body.code).toBe('PASSWORD_TOO_SHORT');
    const both = await Promise.all(
      ['the second word', 'another word'].map((newPassword) => post('/password/reset', { token, newPassword })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    const set = both[0]?.status === 200 ? 'the second word' : 'another word';
    expect((await signIn('ann@example.org', set)).status).toBe(200);
    expect((await signIn('ann@example.org', 'the first word')).status).toBe(401);
    expect(await connect(app.url, { cookie }).gql('{ viewer { id } }')).toEqual({ viewer: null });
    await mailTo('ann@example.org', /was changed/);
    const stored = await database().db.selectFrom('one_time_link').selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(mail.mails.filter(({ to }) => to.includes('nobody@example.org'))).toEqual([]);
  });

  it('are refused once they have expired', async () => {
    await confirmed('late@example.org');
    await post('/password/forgot', { email: 'late@example.org' });
    const token = tokenIn(await mailTo('late@example.org', /Set a new password/));
    await database()
      .db.updateTable('one_time_link')
      .set({ expires_at: new Date(0) })
      .execute();
    expect((await post('/password/reset', { token, newPassword: 'the second word' })).body.code).toBe('LINK_INVALID');
  });

  it('change an address for whoever knows the password and reads the new mailbox', async () => {
    await confirmed('before@example.org');
    const { cookie } = await signIn('before@example.org', 'the first word');
    const change = { newEmail: 'after@example.org', password: 'the first word' };
    expect((await post('/email/change', { ...change, password: 'wrong' }, cookie)).body.code).toBe('INVALID_PASSWORD');
    expect((await post('/email/change', change)).status).toBe(401);
    expect((await post('/email/change', change, cookie)).status).toBe(200);
    const token = tokenIn(await mailTo('after@example.org', /Confirm/));
    expect((await signIn('before@example.org', 'the first word')).status).toBe(200);
    expect((await post('/email/confirm', { token })).status).toBe(200);
    expect((await signIn('after@example.org', 'the first word')).status).toBe(200);
    await mailTo('before@example.org', /another e-mail address/);
    // An address that is somebody's is not mailed to, and the answer is the same.
    expect((await post('/email/change', { ...change, newEmail: 'root@example.org' }, cookie)).status).toBe(200);
  });

  it('change no address once the password was set anew, however far the change had come', async () => {
    await confirmed('held@example.org');
    const { cookie } = await signIn('held@example.org', 'the first word');
    const { id } = await database()
      .db.selectFrom('user')
      .select('id')
      .where('email', '=', 'held@example.org')
      .executeTakeFirstOrThrow();
    const change = (newEmail: string) => post('/email/change', { newEmail, password: 'the first word' }, cookie);
    const hash = await quickPasswords.hash('the next word');
    const administration = { db: database().db, notifications: { publish() {} } };
    const setAnew = () => setPassword(administration, 'operator', { userId: id, hash });
    // The link was mailed before.
    expect((await change('thief-1@example.org')).status).toBe(200);
    const token = tokenIn(await mailTo('thief-1@example.org', /Confirm/));
    await setAnew();
    expect((await post('/email/confirm', { token })).body.code).toBe('LINK_INVALID');
    // The password was still being compared.
    const again = await signIn('held@example.org', 'the next word');
    expect(again.status).toBe(200);
    meanwhile = setAnew;
    const late = { newEmail: 'thief-2@example.org', password: 'the next word' };
    expect((await post('/email/change', late, again.cookie)).status).toBe(200);
    expect(meanwhile).toBe(null);
    await app.close();
    const links = await database().db.selectFrom('one_time_link').select('email').where('user_id', '=', id).execute();
    expect(links).toEqual([]);
    expect(mail.mails.filter(({ to }) => to.includes('thief-2@example.org'))).toEqual([]);
    app = await start();
    admin = connect(app.url, admin);
  });

  it('are handed over by admins only, who leave a trace and tell the member', async () => {
    await confirmed('carl@example.org');
    const { id } = await database()
      .db.selectFrom('user')
      .select('id')
      .where('email', '=', 'carl@example.org')
      .executeTakeFirstOrThrow();
    const make = 'mutation ($id: ID!) { createPasswordResetLink(userId: $id) { url expiresAt } }';
    const variables = { id: Buffer.from(`User:${id}`).toString('base64') };
    const { cookie } = await signIn('carl@example.org', 'the first word');
    const refused = await connect(app.url, { cookie }).post(make, variables);
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    const { createPasswordResetLink: link } = await admin.gql(make, variables);
    expect(Date.parse(link.expiresAt) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
    await mailTo('carl@example.org', /An admin made a link/);
    const token = new URL(link.url).hash.slice(1);
    expect((await post('/password/reset', { token, newPassword: 'the second word' })).status).toBe(200);
    const acts = await database()
      .db.selectFrom('audit_entry')
      .select(['action', 'note'])
      .where('target', '=', 'carl@example.org')
      .execute();
    expect(acts.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['createPasswordResetLink', 'resetPassword']),
    );
  });

  it('are sent to one address five times an hour', async () => {
    const asked = [];
    for (let count = 0; count < 6; count += 1) asked.push(await post('/email/resend', { email: 'flood@example.org' }));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
  });
});
