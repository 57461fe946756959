import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../mail/mail-server.ts';
import { connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { freePort } from '../setup/free-port.ts';
import { quickPasswords } from '../setup/members.ts';
import { CookieJar } from './cookie-jar.ts';
import { type OidcServer, startOidcServer } from './oidc-server.ts';

describeDatabases('signing in at a server below a path', (database) => {
  let oidc: OidcServer;
  let mail: MailServer;
  let app: TestApp;
  /** PUBLIC_URL. The path is one of the API's too, as the server must not mistake it. */
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}/chat`;
    oidc = await startOidcServer([`${url}/api/auth/callback/test`]);
    mail = await startMailServer();
    const env = { ...oidc.settings(url), SMTP_URL: mail.url };
    app = await startApp({ database: database(), passwords: quickPasswords, port, env });
    await app.newMember('Root');
    await oidc.know('ann', { email: 'ann@example.org', email_verified: true, name: 'Ann' });
  });
  afterAll(async () => {
    await app?.close();
    await oidc?.close();
    await mail?.close();
    expect(app?.errors).toEqual([]);
  });

  const addressOf = async (cookie: string) =>
    (await connect(url, { cookie }).gql('{ viewer { email } }')).viewer?.email ?? null;

  it.each([
    { name: 'anew', query: '?to=%2Fusage%3Fby%3Dkey', end: '/usage?by=key' },
    { name: 'again, from a page that names none', query: '', end: '/' },
  ])('leads through the provider and back $name', async ({ query, end }) => {
    const jar = new CookieJar();
    const isAnswer = ({ href }: URL) => href.startsWith(`${url}/api/auth/callback/test?`);
    const who = await jar.follow(`${url}/api/auth/oidc/test${query}`, (at) => !at.pathname.startsWith('/who/'));
    expect(jar.paths(url)).toEqual({ 'polylogue.oidc': '/chat/api/auth/callback' });
    who.searchParams.set('as', 'ann');
    const answer = await jar.follow(who, (at) => !isAnswer(at));
    expect(isAnswer(answer)).toBe(true);
    expect((await jar.get(answer)).to?.href).toBe(url + end);
    expect(jar.paths(url)).toEqual({ 'polylogue.session_token': '/chat' });
    expect(await addressOf(jar.header(url))).toBe('ann@example.org');
  });

  it('comes back to the form below the path with a reason if the person turns back', async () => {
    const jar = new CookieJar();
    const who = await jar.follow(`${url}/api/auth/oidc/test`, (at) => !at.pathname.startsWith('/who/'));
    who.searchParams.set('as', '');
    const page = await jar.follow(who, (at) => !at.href.startsWith(`${url}/sign-in`));
    expect(page.href).toBe(`${url}/sign-in?error=SIGN_IN_CANCELLED&with=test`);
  });

  it('goes with a password too, by links in mails and by invitations that have the path', async () => {
    const post = async (path: string, body: object, cookie = '') => {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(url).origin, ...(cookie && { cookie }) },
        body: JSON.stringify(body),
      });
      return { status: response.status, cookies: response.headers.getSetCookie() };
    };
    const boss = await app.newMember('Boss');
    await database().db.updateTable('user').set({ role: 'ADMIN' }).where('email', '=', boss.email).execute();
    const { createInvitation } = await connect(url, { cookie: boss.cookie }).gql(
      'mutation { createInvitation(input: {}) { url } }',
    );
    const invited = new URL(createInvitation.url);
    expect(invited.href.startsWith(`${url}/sign-up?`)).toBe(true);
    const person = { name: 'Bob', email: 'bob@example.org', password: 'a long password' };
    const invitation = invited.searchParams.get('invitation');
    expect((await post('/api/auth/sign-up/email', { ...person, invitation })).status).toBe(200);
    const { text } = await mail.mailTo('bob@example.org');
    const [, token] = new RegExp(`${url}/confirm-email#(\\S+)`).exec(text) ?? [];
    expect((await post('/api/auth/email/confirm', { token })).status).toBe(200);
    const { status, cookies } = await post('/api/auth/sign-in/email', person);
    expect(status).toBe(200);
    expect(cookies.map((cookie) => /Path=([^;]*)/i.exec(cookie)?.[1])).toEqual(['/chat']);
    const cookie = cookies.map((set) => set.split(';')[0]).join('; ');
    expect(await addressOf(cookie)).toBe('bob@example.org');
    expect((await post('/api/auth/sign-out', {}, cookie)).status).toBe(200);
    expect(await addressOf(cookie)).toBe(null);
  });
});
