import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { getCurrentAuthContextAsyncLocalStorage, getRequestStateAsyncLocalStorage } from '@better-auth/core/context';
import { getMigrations } from 'better-auth/db/migration';
import fc from 'fast-check';
import { Kysely, PostgresDialect } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLimiterMaker } from '../../src/database/attempt-count.ts';
import type { Database } from '../../src/database/database.ts';
import { createApiKey } from '../../src/domain/people/api-keys.ts';
import { addressBlock } from '../../src/http/address-block.ts';
import { type Auth, createAuth } from '../../src/http/auth/auth.ts';
import { type AuthOptions, betterAuthOptions } from '../../src/http/auth/options.ts';
import { createProxyWarning } from '../../src/http/proxy-warning.ts';
import { createOriginPolicy } from '../../src/http/security.ts';
import { authOptions } from '../setup/auth-options.ts';
import { describeDatabases, openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { password, quickPasswords } from '../setup/members.ts';

describeDatabases('accounts', (database) => {
  const site = useSite(database);
  const makeKey = (user: { id: string; email: string }, name: string) => createApiKey(database().db, user, { name });

  it('have every table and column that better-auth requires', async () => {
    const { toBeCreated, toBeAdded, toBeAddedIndexes, schemaProblems } = await getMigrations({
      ...betterAuthOptions(optionsFor(database())),
      logger: { disabled: true },
    });
    expect({ toBeCreated, toBeAdded, toBeAddedIndexes, schemaProblems }).toEqual({
      toBeCreated: [],
      toBeAdded: [],
      toBeAddedIndexes: [],
      schemaProblems: [],
    });
  });

  it('include exactly one admin if twelve people sign up at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => site().post('/sign-up/email', signUp(`first${index}`))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    const users = await database().db.selectFrom('user').selectAll().execute();
    expect(users.filter(({ role }) => role === 'ADMIN')).toHaveLength(1);
    expect(users.filter(({ role }) => role === 'USER')).toHaveLength(11);
    expect(answers.filter(({ body }) => body.user.role === 'ADMIN')).toHaveLength(1);
  });

  it('leave no AsyncLocalStorage enabled, which would slow every promise of the process', async () => {
    await Promise.all(['one', 'two'].map((name) => site().post('/sign-up/email', signUp(`stored.${name}`))));
    for (const storage of await Promise.all([
      getCurrentAuthContextAsyncLocalStorage(),
      getRequestStateAsyncLocalStorage(),
    ])) {
      // Node before 24 has this field; later storages cost nothing.
      expect((storage as { enabled?: boolean }).enabled ?? false).toBe(false);
    }
  });

  it('cannot choose their own role, tier or suspension', async () => {
    const answer = await site().post('/sign-up/email', {
      ...signUp('greedy'),
      role: 'ADMIN',
      tier: 'ENTERPRISE',
      suspended: true,
    });
    const again = await site().post('/sign-up/email', signUp('greedy2'));
    const raised = await site().post(
      '/update-user',
      { role: 'ADMIN', tier: 'PRO', name: 'G' },
      { cookie: again.cookie },
    );
    expect(answer.body.user).toMatchObject({ role: 'USER', tier: 'FREE', suspended: false });
    expect(raised.status).toBe(400);
    const users = await database()
      .db.selectFrom('user')
      .select(['role', 'tier'])
      .where('email', 'like', 'greedy%')
      .execute();
    expect(users).toEqual([
      { role: 'USER', tier: 'FREE' },
      { role: 'USER', tier: 'FREE' },
    ]);
  });

  it('can sign up, are known by their cookie, sign out at once and sign in again', async () => {
    const up = await site().post('/sign-up/email', signUp('Round.Trip'));
    expect(up.status).toBe(200);
    expect(up.setCookie).toMatch(/^polylogue\.session_token=[^;]+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await site().viewer({ cookie: up.cookie })).toMatchObject({
      email: 'round.trip@example.com',
      name: 'Round.Trip',
      role: 'USER',
      tier: 'FREE',
      sessionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    });

    expect((await site().post('/sign-out', {}, { cookie: up.cookie })).status).toBe(200);
    expect(await site().viewer({ cookie: up.cookie })).toBeNull();

    const back = await site().post('/sign-in/email', { email: 'round.trip@EXAMPLE.com', password });
    expect(back.status).toBe(200);
    expect(await site().viewer({ cookie: back.cookie })).toMatchObject({ email: 'round.trip@example.com' });
  });

  it('are refused with a wrong password, a taken address or a forged cookie', async () => {
    const { cookie } = await site().post('/sign-up/email', signUp('plain'));
    expect(
      (await site().post('/sign-in/email', { email: 'plain@example.com', password: 'wrong password' })).status,
    ).toBe(401);
    expect((await site().post('/sign-up/email', signUp('plain'))).status).toBe(422);
    const [name, value = ''] = cookie.split('=');
    const [token] = decodeURIComponent(value).split('.');
    for (const forged of ['', 'x', token, `${token}.`, `${token}.AAAA`, `.${token}`, '%', `${value}x`, `x${value}`]) {
      expect(await site().viewer({ cookie: `${name}=${forged}` })).toBeNull();
    }
    expect(await site().viewer({ cookie: `other=1; ${name}=stale.AAAA; ${cookie}` })).toMatchObject({ name: 'plain' });
  });

  it('are refused with an expired session', async () => {
    const { cookie } = await site().post('/sign-up/email', signUp('late'));
    const { db } = database();
    const { id } = await db.selectFrom('user').select('id').where('name', '=', 'late').executeTakeFirstOrThrow();
    await db
      .updateTable('session')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .where('user_id', '=', id)
      .execute();
    expect(await site().viewer({ cookie })).toBeNull();

    await site().post('/sign-in/email', { email: 'late@example.com', password });
    expect(await db.selectFrom('session').select('id').where('user_id', '=', id).execute()).toHaveLength(1);
  });

  it('are refused everywhere while they are suspended', async () => {
    const { cookie, body } = await site().post('/sign-up/email', signUp('suspended'));
    const { secret } = await makeKey(body.user, 'mine');
    const suspend = (suspended: boolean) =>
      database().db.updateTable('user').set({ suspended }).where('id', '=', body.user.id).execute();
    await suspend(true);
    expect(await site().viewer({ cookie })).toBeNull();
    expect(await site().viewer({ 'x-api-key': secret })).toBeNull();
    expect((await site().get('/get-session', { cookie })).body).toBeNull();
    const change = { currentPassword: password, newPassword: 'something else' };
    expect((await site().post('/change-password', change, { cookie })).status).toBe(401);
    const signIn = await site().post('/sign-in/email', { email: 'suspended@example.com', password });
    expect(signIn).toMatchObject({ status: 403, body: { code: 'ACCOUNT_SUSPENDED' } });

    await suspend(false);
    expect(await site().viewer({ 'x-api-key': secret })).toMatchObject({ name: 'suspended' });
  });

  it('can change their password with the current one, which ends all other sessions', async () => {
    const { cookie, body } = await site().post('/sign-up/email', signUp('changing'));
    const other = await site().post('/sign-in/email', { email: 'changing@example.com', password });
    const change = (currentPassword: string, newPassword: string) =>
      site().post('/change-password', { currentPassword, newPassword, revokeOtherSessions: true }, { cookie });
    expect(await change('not this one', 'something else')).toMatchObject({
      status: 400,
      body: { code: 'INVALID_PASSWORD' },
    });
    expect(await change(password, 'short')).toMatchObject({ status: 400, body: { code: 'PASSWORD_TOO_SHORT' } });
    expect(await site().viewer({ cookie: other.cookie })).not.toBeNull();
    endedSessionsOf.length = 0;

    const changed = await change(password, 'something else');
    expect(changed.status).toBe(200);
    expect(await site().viewer({ cookie: changed.cookie })).toMatchObject({ name: 'changing' });
    for (const before of [cookie, other.cookie]) expect(await site().viewer({ cookie: before })).toBeNull();
    expect(endedSessionsOf).toContain(body.user.id);
    const signIn = (word: string) => site().post('/sign-in/email', { email: 'changing@example.com', password: word });
    expect((await signIn(password)).status).toBe(401);
    expect((await signIn('something else')).status).toBe(200);
  });

  it('may use an API key until it is deleted, disabled or expired, and its secret is not stored', async () => {
    const { db } = database();
    const { body } = await site().post('/sign-up/email', signUp('programmer'));
    const { apiKeyId: id, secret } = await makeKey(body.user, 'CI');
    expect(secret).toMatch(/^plk_\w{64}$/);
    const row = () => db.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(await row()).toMatchObject({
      name: 'CI',
      start: secret.slice(0, 10),
      user_id: body.user.id,
      last_request: null,
    });
    expect(JSON.stringify(await row())).not.toContain(secret);

    const byKey = { id: body.user.id, name: 'programmer', sessionId: null };
    expect(await site().viewer({ 'x-api-key': secret })).toMatchObject(byKey);
    expect(await site().viewer({ authorization: `Bearer ${secret}` })).toMatchObject(byKey);
    const used = (await row()).last_request;
    expect(used).toBeInstanceOf(Date);
    await site().viewer({ 'x-api-key': secret });
    expect((await row()).last_request).toEqual(used);

    expect(await site().viewer({ 'x-api-key': `${secret}x` })).toBeNull();
    expect(await site().viewer({ 'x-api-key': (await row()).key })).toBeNull();
    const change = (values: { enabled?: boolean; expires_at?: Date | null }) =>
      db.updateTable('api_key').set(values).where('id', '=', id).execute();
    await change({ enabled: false });
    expect(await site().viewer({ 'x-api-key': secret })).toBeNull();
    await change({ enabled: true, expires_at: new Date(Date.now() - 1000) });
    expect(await site().viewer({ 'x-api-key': secret })).toBeNull();
    await change({ expires_at: null });
    expect(await site().viewer({ 'x-api-key': secret })).toMatchObject(byKey);
    await db.deleteFrom('api_key').where('id', '=', id).execute();
    expect(await site().viewer({ 'x-api-key': secret })).toBeNull();
  });

  it('are identified by an API key rather than the cookie beside it, and not at all with a wrong key', async () => {
    const [one, two] = [
      await site().post('/sign-up/email', signUp('one')),
      await site().post('/sign-up/email', signUp('two')),
    ];
    const { secret } = await makeKey(two.body.user, 'key');
    expect(await site().viewer({ cookie: one.cookie, 'x-api-key': secret })).toMatchObject({ name: 'two' });
    expect(await site().viewer({ cookie: one.cookie, 'x-api-key': 'plk_wrong' })).toBeNull();
    expect(await site().viewer({ cookie: one.cookie, authorization: 'Basic abc' })).toMatchObject({ name: 'one' });
  });

  it('have storable names and no picture', async () => {
    const nasty = { ...signUp('nasty'), name: ' a\u0000b\ud800c\n ', image: 'javascript:alert(1)' };
    expect((await site().post('/sign-up/email', nasty)).body.user).toMatchObject({ name: 'a b c', image: null });
    expect((await site().post('/sign-up/email', { ...signUp('nameless'), name: '' })).body.user.name).toBe('nameless');
    const long = await site().post('/sign-up/email', { ...signUp('long'), name: 'x'.repeat(10_000) });
    expect(long).toMatchObject({ status: 400, body: { code: 'NAME_TOO_LONG' } });
  });

  it('can be made for an address whose first sign-up was killed half-way', async () => {
    const { db } = database();
    const half = (email: string, minutes: number) =>
      db
        .insertInto('user')
        .values({
          id: email,
          name: 'half',
          email,
          image: null,
          created_at: new Date(Date.now() - minutes * 60_000),
        })
        .execute();
    await half('half@example.com', 2);
    await half('fresh@example.com', 0);
    expect((await site().post('/sign-up/email', signUp('half'))).status).toBe(200);
    expect((await site().post('/sign-up/email', signUp('fresh'))).status).toBe(422);
  });
});

describeDatabases('several processes', (database) => {
  const sites = [useSite(database), useSite(database)];

  it('count wrong passwords together', async () => {
    const [one, other] = sites.map((site) => site()) as [Site, Site];
    await one.post('/sign-up/email', signUp('spread'));
    const email = 'spread@example.com';
    const guesses = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        (index % 2 === 0 ? one : other).post('/sign-in/email', { email, password: `guess ${index}` }),
      ),
    );
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    for (const site of [one, other]) {
      expect(await site.post('/sign-in/email', { email, password })).toMatchObject({ status: 429 });
    }
  });

  it('delete expired counts of attempts, and store no address or e-mail address in clear', async () => {
    const { db } = database();
    const [site] = sites.map((site) => site()) as [Site];
    const rows = await db.selectFrom('attempt_count').selectAll().execute();
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toMatch(/spread|127\.0\.0\.1/);
    await db
      .updateTable('attempt_count')
      .set({ expire: Date.now() - 1 })
      .execute();
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000);
    try {
      await site.post('/sign-in/email', { email: 'nobody@example.com', password });
    } finally {
      vi.restoreAllMocks();
    }
    const left = await db.selectFrom('attempt_count').select('expire').execute();
    expect(left.every(({ expire }) => (expire ?? 0) > Date.now())).toBe(true);
  });
});

describe('a limiter', () => {
  it('counts in its own process while the database is away, so guesses are neither free nor locked out', async () => {
    const broken = new Kysely<Database>({
      dialect: new PostgresDialect({ pool: { connect: () => Promise.reject(new Error('away')), end: async () => {} } }),
    });
    const limiter = createLimiterMaker(
      broken,
      pino({ level: 'silent' }),
    )({ keyPrefix: 'test', points: 3, duration: 60 });
    for (let count = 0; count < 3; count++) await limiter.consume('key');
    await expect(limiter.consume('key')).rejects.toMatchObject({ remainingPoints: 0 });
    await limiter.consume('other key');
  });

  it('counts an IPv6 network of 64 bits as one address, and an IPv4 address the same in every spelling', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }),
        fc.nat(3),
        fc.ipV4(),
        (groups, at, four) => {
          const write = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
          // The address is none of those that embed an IPv4 address.
          const six = [(groups[0] ?? 0) | 0x2000, ...groups.slice(1)];
          const neighbour = [...six.slice(0, 4), ...groups.slice(0, 4)];
          const stranger = six.map((part, index) => (index === at ? part ^ 1 : part));
          expect(addressBlock(write(neighbour))).toBe(addressBlock(write(six)));
          expect(addressBlock(write(six).toUpperCase())).toBe(addressBlock(write(six)));
          expect(addressBlock(write(stranger))).not.toBe(addressBlock(write(six)));
          const [a = 0, b = 0, c = 0, d = 0] = four.split('.').map(Number);
          expect(addressBlock(`::ffff:${four}`)).toBe(four);
          expect(addressBlock(`::FFFF:${write([a * 256 + b, c * 256 + d])}`)).toBe(four);
          expect(addressBlock(four)).toBe(four);
        },
      ),
    );
    expect(addressBlock('fe80::1%eth0')).toBe(addressBlock('fe80::2%eth1'));
    expect(addressBlock('')).toBe('');
  });
});

describe('a proxy in front of the server', () => {
  const ask = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;

  it('causes one warning if it is not configured, whatever header it sets', () => {
    for (const header of ['x-forwarded-for', 'forwarded']) {
      const warned: string[] = [];
      const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) });
      const warn = createProxyWarning({ trustedProxies: 0, log });
      warn(ask({ host: 'localhost' }));
      expect(warned).toEqual([]);
      for (let count = 0; count < 3; count++) warn(ask({ [header]: '192.0.2.1' }));
      expect(warned).toHaveLength(1);
      expect(warned[0]).toContain('TRUSTED_PROXIES');
    }
  });

  it('causes no warning if it is configured', () => {
    const warned: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) });
    createProxyWarning({ trustedProxies: 1, log })(ask({ 'x-forwarded-for': '192.0.2.1' }));
    expect(warned).toEqual([]);
  });
});

describe('signing in', () => {
  const site = useOwnSite();

  it('works for programs without Origin, with a cookie or without, and for pages of this server under any of its names', async () => {
    const { port } = site();
    const origins = [
      undefined,
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      `http://192.168.1.7:${port}`,
      `http://nas:${port}`,
      `http://nas.local:${port}`,
      `http://[::1]:${port}`,
      'https://chat.example.org',
      'https://friend.example.org',
    ];
    for (const [index, origin] of origins.entries()) {
      const host = origin && !origin.includes('example.org') ? new URL(origin).host : `127.0.0.1:${port}`;
      const headers = { host, ...(origin ? { origin } : {}) };
      const up = await site().post('/sign-up/email', signUp(`page${index}`), headers);
      expect([origin, up.status]).toEqual([origin, 200]);
      const cookie = { ...headers, cookie: up.cookie };
      expect(
        (await site().post('/sign-in/email', { email: `page${index}@example.com`, password }, cookie)).status,
      ).toBe(200);
      expect((await site().post('/sign-out', {}, cookie)).status).toBe(200);
    }
  });

  it('is refused to foreign pages, whatever name they have for this machine', async () => {
    const { port } = site();
    const { cookie } = await site().post('/sign-up/email', signUp('victim'));
    const pages: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://evil.example:${port}`, host: `evil.example:${port}` },
      { origin: 'http://127.0.0.1:1' },
      { origin: 'https://chat.example.org.evil.example' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ];
    for (const page of pages) {
      const answer = await site().post('/sign-in/email', { email: 'victim@example.com', password }, page);
      expect([page, answer.status, answer.cookie]).toEqual([page, 403, '']);
      expect([page, (await site().post('/sign-out', {}, { ...page, cookie })).status]).toEqual([page, 403]);
    }
    expect(await site().viewer({ cookie })).toMatchObject({ name: 'victim' });
  });

  it('is blocked after ten wrong passwords, for that account and address only', async () => {
    await site().post('/sign-up/email', signUp('guessed'));
    await site().post('/sign-up/email', signUp('neighbour'));
    const attempt = (name: string, word: string) =>
      site().post('/sign-in/email', { email: `${name}@example.com`, password: word });
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, index) => attempt('guessed', `guess ${index}`)));
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
    const refused = guesses.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20);
    expect(refused[0]).toMatchObject({ body: { code: 'TOO_MANY_ATTEMPTS' } });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await attempt('guessed', password)).status).toBe(429);
    expect((await attempt('neighbour', password)).status).toBe(200);
  });

  it('is blocked for verify-password after ten wrong passwords', async () => {
    const { cookie } = await site().post('/sign-up/email', signUp('borrowed'));
    const verify = (word: string) => site().post('/verify-password', { password: word }, { cookie });
    expect((await verify(password)).status).toBe(200);
    const guesses = await Promise.all(Array.from({ length: 30 }, (_, index) => verify(`guess ${index}`)));
    expect(guesses.filter(({ status }) => status === 400)).toHaveLength(10);
    expect(await verify(password)).toMatchObject({ status: 429, body: { code: 'TOO_MANY_ATTEMPTS' } });
  });

  it('is blocked for change-password after ten wrong passwords, whatever else is sent along', async () => {
    const { cookie } = await site().post('/sign-up/email', signUp('stolen'));
    const change = (currentPassword: string, index = 0) =>
      site().post(
        '/change-password',
        { currentPassword, newPassword: 'something else', email: `${index}@example.com` },
        { cookie: `${cookie}; again=${index}`, 'x-polylogue-user': String(index) },
      );
    for (let count = 0; count < 10; count++) expect((await change(`guess ${count}`, count)).status).toBe(400);
    expect(await change(password)).toMatchObject({ status: 429, body: { code: 'TOO_MANY_ATTEMPTS' } });
    expect((await site().post('/sign-in/email', { email: 'stolen@example.com', password })).status).toBe(200);
  });

  it('is not blocked after many right passwords, and a header does not disguise the address', async () => {
    await site().post('/sign-up/email', signUp('often'));
    const often = (headers = {}) => site().post('/sign-in/email', { email: 'often@example.com', password }, headers);
    for (let count = 0; count < 25; count++) expect((await often()).status).toBe(200);
    for (let count = 0; count < 12; count++) {
      const headers = { 'x-forwarded-for': `10.0.0.${count}`, 'x-polylogue-client-address': `10.0.1.${count}` };
      await site().post('/sign-in/email', { email: 'often@example.com', password: 'wrong password' }, headers);
    }
    expect((await often()).status).toBe(429);
  });

  it('sixty sign-ups in a row from one address are accepted', { timeout: 90_000 }, async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => site().post('/sign-up/email', signUp(`many${index}`))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('refuses bodies that are too large, malformed or of another type, and unknown paths', async () => {
    const large = await site().post('/sign-up/email', { ...signUp('large'), name: 'x'.repeat(100_000) });
    expect(large).toMatchObject({ status: 413, body: { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] } });
    expect((await site().send('POST', '/sign-up/email', '{', {})).status).toBe(400);
    expect(
      (await site().send('POST', '/sign-up/email', 'email=a', { 'content-type': 'application/x-www-form-urlencoded' }))
        .status,
    ).toBe(415);
    expect((await site().send('TRACE', '/sign-up/email', '', {})).status).toBe(405);
    expect((await site().post('/api-key/create', { name: 'x' })).status).toBe(404);
    expect((await site().post('/request-password-reset', { email: 'a@b.co' })).status).toBe(404);
    expect((await site().get('/nothing')).status).toBe(404);
  });

  it('sets Secure cookies if the public URL is https', async () => {
    const database = await openTestDatabase('pglite');
    const auth = await createAuth(optionsFor(database, 'https://chat.example.org'));
    const { server, port } = await serve(auth);
    const headers = { origin: 'https://chat.example.org' };
    const answer = await exchange(port, 'POST', '/api/auth/sign-up/email', JSON.stringify(signUp('secure')), headers);
    const cookie = answer.setCookie;
    server.close();
    expect(cookie).toMatch(/^__Secure-polylogue\.session_token=.*; Secure/);
    expect(await auth.getViewer(new Headers({ cookie: cookie.split(';')[0] ?? '' }))).toMatchObject({ name: 'secure' });
    await database.close();
  });
});

const endedSessionsOf: string[] = [];

function optionsFor(database: TestDatabase, publicUrl = 'https://chat.example.org'): AuthOptions {
  return authOptions(database, {
    publicUrl,
    allowedOrigins: ['https://friend.example.org'],
    onSessionEnd: (userId) => endedSessionsOf.push(userId),
    passwords: quickPasswords,
  });
}

function signUp(name: string) {
  return { name, email: `${name}@example.com`, password };
}

interface Site {
  port: number;
  auth: Auth;
  viewer(headers: Record<string, string>): ReturnType<Auth['getViewer']>;
  send(method: string, path: string, body: string, headers: Record<string, string>): Promise<Answer>;
  post(path: string, body: object, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
}

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  // biome-ignore lint/suspicious/noExplicitAny: the shape of the body varies
  body: any;
  setCookie: string;
  /** The cookie that a browser would send back. */
  cookie: string;
}

function useOwnSite(): () => Site {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
  });
  const site = useSite(() => database);
  afterAll(() => database.close());
  return site;
}

/** A server with nothing but /api/auth, over real HTTP, so that the test controls every header. */
function useSite(database: () => TestDatabase): () => Site {
  let server: Server;
  let site: Site;
  beforeAll(async () => {
    const publicUrl = 'http://localhost:3000';
    const auth = await createAuth({
      ...optionsFor(database(), publicUrl),
      origins: createOriginPolicy({
        publicUrl,
        allowedOrigins: ['https://friend.example.org', 'https://chat.example.org'],
      }),
    });
    const served = await serve(auth);
    server = served.server;
    const { port } = served;
    const send = (method: string, path: string, body: string, headers: Record<string, string>) =>
      exchange(port, method, `/api/auth${path}`, body, headers);
    site = {
      port,
      auth,
      send,
      viewer: (headers) => auth.getViewer(headers),
      post: (path, body, headers = {}) => send('POST', path, JSON.stringify(body), headers),
      get: (path, headers = {}) => send('GET', path, '', headers),
    };
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => site;
}

async function serve(auth: Auth): Promise<{ server: Server; port: number }> {
  const server = createServer((req, res) => {
    auth.handle(req, res).catch((error) => res.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}

async function exchange(
  port: number,
  method: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<Answer> {
  const defaults = body
    ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
    : {};
  const req = httpRequest({ host: '127.0.0.1', port, method, path, headers: { ...defaults, ...headers } });
  req.end(body);
  const [res] = await once(req, 'response');
  let text = '';
  for await (const chunk of res) text += chunk;
  const setCookie = String(res.headers['set-cookie'] ?? '');
  const cookie = setCookie.split(';')[0] ?? '';
  return { status: res.statusCode, headers: res.headers, body: parse(text), setCookie, cookie };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
