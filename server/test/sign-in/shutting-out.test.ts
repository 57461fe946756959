import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deleteSessions } from '../../src/database/accounts.ts';
import type { Role } from '../../src/database/auth-tables.ts';
import type { Database } from '../../src/database/database.ts';
import { findUserByEmail, lockUser, type UserRow } from '../../src/database/users.ts';
import { setPassword } from '../../src/domain/people/administration.ts';
import { createApiKey } from '../../src/domain/people/api-keys.ts';
import { createInvitationLinks } from '../../src/domain/people/invitation-links.ts';
import { signInByProvider } from '../../src/domain/people/sign-in/provider-sign-in.ts';
import type { SignInProvider } from '../../src/domain/people/sign-in/sign-in-providers.ts';
import { createSignUp } from '../../src/domain/people/sign-up.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, testLog as log } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';

const word = 'a long password';

describeDatabases('whoever is shut out', (database) => {
  let app: TestApp;
  /** Keeps a comparison of a password waiting. */
  let gate: { reached: () => void; opens: Promise<void> } | null = null;
  const passwords = {
    hash: quickPasswords.hash,
    async verify(given: { hash: string; password: string }) {
      const isRight = await quickPasswords.verify(given);
      gate?.reached();
      await gate?.opens;
      return isRight;
    },
  };
  beforeAll(async () => {
    app = await startApp({ database: database(), passwords });
    await app.newMember('Root');
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const notifications = { publish() {} };

  /** Signs in with a provider that has verified the address. */
  function comeByProvider(email: string, { name = 'one', groups = [] as string[] } = {}): Promise<UserRow> {
    const { db } = database();
    const links = createInvitationLinks({ secret: 's'.repeat(32), publicUrl: app.url });
    const signUp = createSignUp({ db, rule: () => ({ kind: 'OPEN' }), refreshRule: async () => {}, links });
    const provider: SignInProvider = {
      id: name,
      name,
      issuer: `https://${name}.example`,
      clientId: 'client',
      clientSecret: null,
      scopes: 'openid',
      admitsAll: true,
      links: true,
      groups: {
        claim: 'groups',
        adminGroups: ['admins'],
        auditorGroups: ['books'],
        tierGroups: new Map(),
        teamGroups: new Map(),
      },
    };
    const identity = { issuer: provider.issuer, subject: email, email, emailVerified: true, name: 'Owner', groups };
    const arrival = { invitation: null, signedInAs: null };
    return signInByProvider(
      { db, catalogue: labCatalogue({}), notifications, signUp, log },
      provider,
      identity,
      arrival,
    );
  }

  /** Sends a request, and does the work while the request's password is compared. */
  async function during(request: () => Promise<Response>, work: () => Promise<unknown>): Promise<Response> {
    let open = () => {};
    const opens = new Promise<void>((resolve) => (open = resolve));
    const reached = new Promise<void>((resolve) => (gate = { reached: resolve, opens }));
    const answer = request();
    await Promise.race([reached, answer]);
    gate = null;
    await work();
    open();
    return answer;
  }

  function post(path: string, body: object, cookie = ''): Promise<Response> {
    return fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
  }

  async function squatter(email: string) {
    const response = await post('/sign-up/email', { name: 'Early', email, password: word });
    expect(response.status).toBe(200);
    const cookie = response.headers
      .getSetCookie()
      .map((set) => set.split(';')[0])
      .join('; ');
    return {
      client: connect(app.url, { cookie, email }),
      cookie,
      user: (await findUserByEmail(database().db, email)) as UserRow,
    };
  }

  const signIn = (email: string, password = word) => post('/sign-in/email', { email, password });
  const countSessions = async ({ id }: UserRow) =>
    (await database().db.selectFrom('session').select('id').where('user_id', '=', id).execute()).length;

  it('gets no session for a password that was still being compared when the owner came', async () => {
    const { user } = await squatter('ann@example.org');
    const late = await during(
      () => signIn('ann@example.org'),
      () => comeByProvider('ann@example.org'),
    );
    expect([late.status, (await late.json()).code]).toEqual([401, 'CREDENTIALS_CHANGED']);
    expect(await countSessions(user)).toBe(0);
  });

  it('cannot change the password, or keep a session, while the owner or an admin sets another', async () => {
    const { db } = database();
    const { user, cookie } = await squatter('bob@example.org');
    const change = { currentPassword: word, newPassword: 'another long word', revokeOtherSessions: true };
    const hash = await quickPasswords.hash('the new password');
    const reset = () => setPassword({ db, notifications }, 'operator', { userId: user.id, hash });
    const late = await during(() => post('/change-password', change, cookie), reset);
    expect(late.status).toBe(401);
    expect(await countSessions(user)).toBe(0);
    expect((await signIn('bob@example.org', change.newPassword)).status).toBe(401);
    expect((await during(() => signIn('bob@example.org', 'the new password'), reset)).status).toBe(401);
    // Whoever begins afterwards gets in, and may change it, with one session that goes on.
    const again = await signIn('bob@example.org', 'the new password');
    expect(again.status).toBe(200);
    const own = again.headers
      .getSetCookie()
      .map((set) => set.split(';')[0])
      .join('; ');
    const next = { ...change, currentPassword: 'the new password' };
    expect((await post('/change-password', next, own)).status).toBe(200);
    expect(await countSessions(user)).toBe(1);
    expect((await signIn('bob@example.org', change.newPassword)).status).toBe(200);
  });

  it('gets no session either if that happens just before it is inserted', async () => {
    const { db, url } = database();
    // The embedded database has one connection: all of the request comes after the transaction.
    if (url === null) return;
    const { user } = await squatter('gus@example.org');
    let late: Promise<Response> | undefined;
    await db.transaction().execute(async (trx) => {
      await lockUser(trx, user.id);
      await deleteSessions(trx, user.id);
      late = signIn('gus@example.org');
      await untilAsked(trx);
    });
    const answer = (await late) as Response;
    expect([answer.status, (await answer.json()).code]).toEqual([401, 'CREDENTIALS_CHANGED']);
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('user').set({ suspended: true }).where('id', '=', user.id).execute();
      late = signIn('gus@example.org');
      await untilAsked(trx);
    });
    const suspended = (await late) as Response;
    expect([suspended.status, (await suspended.json()).code]).toEqual([403, 'ACCOUNT_SUSPENDED']);
    expect(await countSessions(user)).toBe(0);
  });

  /** Waits until another connection waits for a row of this transaction. */
  async function untilAsked(trx: Transaction<Database>): Promise<void> {
    for (let waiting = false; !waiting; ) {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(trx);
      waiting = rows.length > 0;
    }
  }

  it('gets no API key by a request that waited meanwhile, and none of the links that were made', async () => {
    const { db } = database();
    const { user } = await squatter('carl@example.org');
    const session = await db
      .selectFrom('session')
      .select('id')
      .where('user_id', '=', user.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('one_time_link')
      .values({
        hash: 'x',
        user_id: user.id,
        purpose: 'CONFIRM',
        email: 'else@example.org',
        expires_at: new Date(Date.now() + 60_000),
      })
      .execute();
    await comeByProvider('carl@example.org');
    const asking = { ...user, apiKey: null, sessionId: session.id };
    await expect(createApiKey(db, asking, { name: 'late' })).rejects.toThrow('Sign in again');
    expect(await db.selectFrom('one_time_link').selectAll().where('user_id', '=', user.id).execute()).toEqual([]);
  });

  it('has an account that the owner cannot open yet, as long as the password is not stored', async () => {
    const { user } = await squatter('dora@example.org');
    await database().db.deleteFrom('account').where('user_id', '=', user.id).execute();
    await expect(comeByProvider('dora@example.org')).rejects.toMatchObject({ code: 'ACCOUNT_NOT_LINKED' });
  });

  it('has no role any more once each of two providers has taken it back, in any order', async () => {
    const email = 'eve@example.org';
    const come = async (name: string, ...groups: string[]): Promise<Role> =>
      (await comeByProvider(email, { name, groups })).role;
    expect(await come('one', 'admins')).toBe('ADMIN');
    expect(await come('two', 'admins')).toBe('ADMIN');
    // The other one still says so.
    expect(await come('one')).toBe('ADMIN');
    expect(await come('two')).toBe('USER');
    expect([await come('one', 'admins'), await come('two', 'books')]).toEqual(['ADMIN', 'AUDITOR']);
    expect([await come('two'), await come('one')]).toEqual(['ADMIN', 'USER']);
  });

  it('gets a role from the groups once, if several sign-ins of one person come at once', async () => {
    const come = (...groups: string[]) => comeByProvider('fay@example.org', { groups });
    await come();
    const roles = await Promise.all([come('admins'), come('admins'), come('admins')]);
    expect(new Set(roles.map(({ role }) => role))).toEqual(new Set(['ADMIN']));
    expect((await come()).role).toBe('USER');
  });
});
