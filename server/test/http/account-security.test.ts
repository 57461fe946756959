import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { betterAuth } from 'better-auth';
import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { Database } from '../../src/database/database.ts';
import { betterAuthOptions } from '../../src/http/auth/options.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { authOptions } from '../setup/auth-options.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';

const password = 'correct horse battery staple';

/** The routes of better-auth that are offered. */
const offered = [
  'GET /get-session',
  'GET /list-sessions',
  'POST /change-password',
  'POST /delete-account',
  'POST /revoke-other-sessions',
  'POST /revoke-session',
  'POST /revoke-sessions',
  'POST /sign-in/email',
  'POST /sign-out',
  'POST /sign-up/email',
  'POST /two-factor/disable',
  'POST /two-factor/enable',
  'POST /two-factor/generate-backup-codes',
  'POST /two-factor/verify-backup-code',
  'POST /two-factor/verify-totp',
  'POST /update-user',
  'POST /verify-password',
];

/**
 * The routes of better-auth that are not offered. After an update of better-auth its new routes must be added to one of
 * the lists.
 */
const withheld = [
  'GET /account-info',
  'GET /callback/:id',
  'GET /delete-user/callback',
  'GET /error',
  'GET /list-accounts',
  'GET /ok',
  'GET /reset-password/:token',
  'GET /verify-email',
  'POST /callback/:id',
  'POST /change-email',
  'POST /delete-user',
  'POST /get-access-token',
  'POST /get-session',
  'POST /link-social',
  'POST /refresh-token',
  'POST /request-password-reset',
  'POST /reset-password',
  'POST /send-verification-email',
  'POST /sign-in/social',
  'POST /two-factor/get-totp-uri',
  'POST /two-factor/send-otp',
  'POST /two-factor/verify-otp',
  'POST /unlink-account',
  'POST /update-session',
];

describeDatabases('the security of accounts', (database) => {
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    admin = await app.newMember('Admin');
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors.filter((line) => !line.includes('a hand of the test'))).toEqual([]);
  });

  it('offers exactly the listed routes of better-auth', async () => {
    const { api } = betterAuth(betterAuthOptions(authOptions(database(), { publicUrl: 'http://localhost:3000' })));
    const routes = Object.values(api).flatMap(({ path, options }: { path?: string; options: { method?: unknown } }) =>
      path === undefined ? [] : [options.method].flat().map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([...offered, ...withheld].sort());
    const statusOf = async (route: string) => {
      const [method = '', path = ''] = route.split(' ');
      return (await send(method, `/api/auth${path}`, '{}')).status;
    };
    for (const route of offered) expect([route, await statusOf(route)]).not.toEqual([route, 404]);
    for (const route of withheld.filter((route) => !route.endsWith(' /get-session'))) {
      expect([route, await statusOf(route)]).toEqual([route, 404]);
    }
    expect(await statusOf('POST /get-session')).toBe(405);
  });

  it.each([
    '/api/auth',
    '/api/auth/',
    '/api/auth/sign-in/email/',
    '/api/auth//sign-in/email',
    '/api/auth/sign-in//email',
    '/api/auth/sign-in%2Femail',
    '/api/auth/Sign-In/email',
    '/api/auth/sign%2din/email',
    '/api/auth/sign-in/email;x',
    '/api/auth/request-password-reset?x=/sign-in/email',
    '/api/auth/api-key/create',
  ])('includes one spelling for each route, so %s is not found', async (path) => {
    const body = JSON.stringify({ email: admin.email, password });
    expect((await send('POST', path, body)).status).toBe(404);
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('refuses %s where a POST is required', async (method) => {
    const answer = await send(method, '/api/auth/sign-in/email', '');
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
  });

  it('ends the sessions of a suspended member for good, and lets API keys work again after reinstatement', async () => {
    const member = await app.newMember();
    const { secret } = (await member.gql('mutation { createApiKey(name: "Script") { secret } }')).createApiKey;
    await suspend(member, true);
    expect(await viewerOf(connect(app.url, { key: secret }))).toBeNull();
    await suspend(member, false);
    expect(await viewerOf(member)).toBeNull();
    expect(await viewerOf(connect(app.url, { key: secret }))).toEqual({ email: member.email });
    const again = await signIn(member.email, password);
    expect(await viewerOf(connect(app.url, again))).toEqual({ email: member.email });
  });

  it('refuses a session that was requested before a suspension and is created after it', async () => {
    const member = await app.newMember();
    const { db } = database();
    const { id } = await db.selectFrom('user').select('id').where('email', '=', member.email).executeTakeFirstOrThrow();
    const begin = (on = db) =>
      on
        .insertInto('session')
        .values({
          id: `late-${id}`,
          user_id: id,
          token: `late-${id}`,
          expires_at: new Date(Date.now() + 60_000),
        } as never)
        .execute();
    const { url } = database();
    if (url === null) {
      await db.updateTable('user').set({ suspended: true }).where('id', '=', id).execute();
      await expect(begin()).rejects.toThrow('the user is suspended');
      return;
    }
    const other = await openDatabase({ databaseUrl: url, dataDir: '', log: testLog });
    let late: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('user').set({ suspended: true }).where('id', '=', id).execute();
      late = begin(other.db).catch((error) => error);
      await untilWaiting(trx);
    });
    expect(await late).toMatchObject({ message: 'the user is suspended' });
    await other.close();
  });

  it('limits e-mail addresses to 254 characters, and stores no longer one', async () => {
    const domain = `${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}`;
    const emailOf = (length: number) => `${'a'.repeat(length - domain.length - 5)}@${domain}.org`;
    const attempt = (path: string, email: string) => post(path, { name: 'Long', email, password });
    for (const email of [emailOf(255), `${'a'.repeat(30_000)}@example.org`]) {
      for (const path of ['/sign-up/email', '/sign-in/email']) {
        const answer = await attempt(path, email);
        expect(answer).toMatchObject({ status: 400, body: { code: 'EMAIL_TOO_LONG' } });
        expect(answer.body.message).toBe('An e-mail address has at most 254 characters.');
      }
    }
    expect((await attempt('/sign-up/email', emailOf(254))).status).toBe(200);
    const { rows } = await sql<{ longest: number }>`select max(length(email)) as longest from "user"`.execute(
      database().db,
    );
    expect(rows).toEqual([{ longest: 254 }]);
  });

  it('removes direction marks and invisible characters from names and titles', async () => {
    const nasty = 'Ann\u202e\u2066\u061c\u200f\u200b\u00ad\ufeff\u2028 \u{e0041}Lee';
    const up = await post('/sign-up/email', { name: nasty, email: 'nasty-name@example.org', password });
    expect(up.body.user.name).toBe('Ann Lee');
    await post('/update-user', { name: '\u202e\u2066حسن\u2069' }, up.cookie);
    const viewer = '{ viewer { name } }';
    expect((await connect(app.url, up).gql(viewer)).viewer.name).toBe('حسن');
    await post('/update-user', { name: '👩\u200d🚀 \u200d\u200c' }, up.cookie);
    expect((await connect(app.url, up).gql(viewer)).viewer.name).toBe('👩\u200d🚀');
    const title = 'mutation ($title: String!) { createConversation(input: { title: $title }) { title } }';
    const { createConversation } = await connect(app.url, up).gql(title, { title: '\u202eחתול cat\u2069' });
    expect(createConversation.title).toBe('חתול cat');
  });

  it('revokes the API keys with a change of password if asked, and ends their subscriptions', async () => {
    const member = await app.newMember();
    const key = connect(app.url, { key: await makeKey(member, 'one') });
    await makeKey(member, 'two');
    const opened = key.subscribe('ws', 'subscription { creditsChanged { held } }')[Symbol.asyncIterator]();
    await opened.next();
    const change = (currentPassword: string, newPassword: string, revokeApiKeys?: boolean) =>
      post('/change-password', { currentPassword, newPassword, revokeApiKeys }, member.cookie);
    expect((await change('not this one', 'something else', true)).status).toBe(400);
    expect((await change(password, 'something else')).status).toBe(200);
    expect(await viewerOf(key)).toEqual({ email: member.email });
    expect((await change('something else', 'something new', true)).status).toBe(200);
    expect(await viewerOf(key)).toBeNull();
    for (let next: { done?: boolean } = {}; !next.done; ) next = await opened.next().catch(() => ({ done: true }));
    expect((await member.gql('{ viewer { apiKeys { id } } }')).viewer.apiKeys).toEqual([]);
    expect(await entriesOf(member, 'changePassword')).toEqual([
      { actor: member.email, note: 'API keys revoked: 2', occurrences: 1 },
      { actor: member.email, note: null, occurrences: 1 },
    ]);
  });

  it('keeps the old password if the API keys cannot be revoked', async () => {
    const member = await app.newMember();
    await makeKey(member, 'stays');
    const { db } = database();
    await sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'a hand of the test'; end $$`.execute(
      db,
    );
    await sql`create trigger refuse before delete on api_key execute function refuse()`.execute(db);
    const change = { currentPassword: password, newPassword: 'something else', revokeApiKeys: true };
    const { status } = await post('/change-password', change, member.cookie);
    await sql`drop trigger refuse on api_key`.execute(db);
    await sql`drop function refuse()`.execute(db);
    expect(status).toBe(500);
    expect((await post('/sign-in/email', { email: member.email, password })).status).toBe(200);
    expect(await entriesOf(member, 'changePassword')).toEqual([]);
  });

  it('counts failed sign-ins in one audit entry, and logs nothing for an unknown address', async () => {
    const member = await app.newMember();
    const guess = (email: string) => post('/sign-in/email', { email, password: 'a guess at it' });
    const answers = await Promise.all([...Array(8)].map(() => guess(member.email.toUpperCase())));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(401));
    await guess('my-own-password@example.org');
    const entries = await entriesOf(member, 'signInFailed');
    // There are two entries if a quarter of an hour ended in between.
    expect(entries.length).toBeLessThanOrEqual(2);
    expect(entries.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(8);
    expect(entries[0]?.note).toMatch(/^(\d times, last )?from 127\.0\.0\.1$/);
    const { rows } = await sql`select from audit_entry where concat(target, note) like '%my-own%'`.execute(
      database().db,
    );
    expect(rows).toEqual([]);
  });

  it('logs a refused password of a signed-in member, and the ending of other sessions', async () => {
    const member = await app.newMember();
    await signIn(member.email, password);
    const wrong = { currentPassword: 'not this one', newPassword: 'something else' };
    expect((await post('/change-password', wrong, member.cookie)).status).toBe(400);
    expect(await entriesOf(member, 'passwordRefused')).toMatchObject([{ note: 'from 127.0.0.1', occurrences: 1 }]);
    expect(await entriesOf(member, 'endSessions')).toEqual([]);
    expect((await post('/revoke-other-sessions', {}, member.cookie)).status).toBe(200);
    expect(await entriesOf(member, 'endSessions')).toMatchObject([{ note: 'from 127.0.0.1', occurrences: 1 }]);
    const { auditLog } = (
      await admin.gql('{ admin { auditLog(first: 1) { edges { node { actor { email } action target note } } } } }')
    ).admin;
    expect(auditLog.edges[0].node).toEqual({
      actor: { email: member.email },
      action: 'endSessions',
      target: member.email,
      note: 'from 127.0.0.1',
    });
  });

  async function makeKey(client: Client, name: string): Promise<string> {
    return (await client.gql('mutation ($name: String!) { createApiKey(name: $name) { secret } }', { name }))
      .createApiKey.secret;
  }

  async function viewerOf(client: Client): Promise<{ email: string } | null> {
    return (await client.gql('{ viewer { email } }')).viewer;
  }

  async function suspend({ email }: Client, suspended: boolean): Promise<void> {
    const search = 'query ($email: String) { admin { users(search: $email) { edges { node { id } } } } }';
    const { id } = (await admin.gql(search, { email })).admin.users.edges[0].node;
    const document =
      'mutation ($id: ID!, $suspended: Boolean!) { setSuspended(userId: $id, suspended: $suspended) { id } }';
    await admin.gql(document, { id, suspended });
  }

  async function signIn(email: string, word: string): Promise<{ cookie: string; email: string }> {
    const { status, cookie } = await post('/sign-in/email', { email, password: word });
    expect(status).toBe(200);
    return { cookie, email };
  }

  /** The audit entries about the client, newest first. */
  async function entriesOf({ email }: Client, action: string) {
    return database()
      .db.selectFrom('audit_entry')
      .innerJoin('user', 'user.id', 'audit_entry.actor_id')
      .select(['user.email as actor', 'note', 'occurrences'])
      .where('target', '=', email)
      .where('action', '=', action)
      .orderBy('audit_entry.id', 'desc')
      .execute();
  }

  function post(path: string, body: object, cookie = '') {
    return send('POST', `/api/auth${path}`, JSON.stringify(body), cookie);
  }

  /** Sends the path unchanged; fetch would normalise it. */
  async function send(method: string, path: string, body: string, cookie = '') {
    const { port } = new URL(app.url);
    const headers = {
      ...(body && method !== 'GET' && { 'content-type': 'application/json' }),
      ...(cookie && { cookie }),
    };
    const req = httpRequest({ host: '127.0.0.1', port, method, path, headers });
    req.end(method === 'GET' ? undefined : body);
    const [res] = await once(req, 'response');
    let text = '';
    for await (const chunk of res) text += chunk;
    const cookies: string[] = res.headers['set-cookie'] ?? [];
    return {
      status: res.statusCode as number,
      headers: res.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
      cookie: cookies.map((set) => set.split(';', 1)[0]).join('; '),
    };
  }
});

/** Waits until another connection waits for a lock of this transaction. */
async function untilWaiting(trx: Transaction<Database>) {
  for (;;) {
    const { rows } = await sql`select from pg_locks where not granted`.execute(trx);
    if (rows.length > 0) return;
  }
}
