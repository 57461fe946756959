import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeGuest } from '../../../src/domain/people/guests.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { curl, doneOf, faultOf, json, mock, oneMessage, programOf } from './program.ts';

describeDatabases('a guest of ai-chat-kit’s protocol', (database) => {
  let app: TestApp;
  let program: ReturnType<typeof programOf>;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      env: { CHAT_KIT: 'anonymous' },
      languageModels: { mock: mock() },
    });
    program = programOf(app.url);
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
    await expectReconciled(database().db);
  });

  it('makes no user to read, and none of a body that is not valid', async () => {
    const users = async () => (await database().db.selectFrom('user').select('id').execute()).length;
    const before = await users();
    const userId = 'nobody yet';
    expect((await program.get('/chat/history', { userId })).body).toEqual({ userId, messages: [] });
    expect((await program.get('/chat/conversations', { userId })).body).toEqual({ userId, conversations: [] });
    await program.order('/chat/clear', { userId });
    expect((await program.post('/chat/stream', { userId, messages: 'Hello' })).status).toBe(422);
    expect(await users()).toBe(before);
  });

  it('refuses a key that is not valid, rather than making its program a guest', async () => {
    const stranger = programOf(app.url, { authorization: 'Bearer plk_wrong' });
    expect((await stranger.post('/chat/stream', { userId: 'u', messages: oneMessage })).status).toBe(401);
  });

  it('refuses pages of other sites, also where their own name leads here', async () => {
    const line = (header: string) =>
      `curl -X POST "$HOST/chat/stream" -H '${header}' -H "Content-Type: application/json" -d '{"userId":"u1","messages":[]}'`;
    const statuses: number[] = [];
    for (const header of ['Origin: https://evil.example', 'Host: evil.example', 'Origin: null'])
      statuses.push((await curl(app.url, line(header))).status);
    expect(statuses).toEqual([403, 403, 403]);
  });

  it('makes guests who can neither sign in nor become an admin, and does not take them for the first account', async () => {
    const { db } = database();
    const guests = () => db.selectFrom('user').selectAll().where('guest_key', 'is not', null).execute();
    await program.ask('guest', 'Hello');
    const [guest] = await guests();
    expect(guest).toMatchObject({ role: 'USER', tier: 'FREE', admitted_as: 'GUEST' });
    const { email } = guest as { email: string };
    const signIn = await fetch(`${app.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email, password: 'correct horse battery staple' }),
    });
    expect(signIn.status).toBe(401);
    const admin = await app.newMember('Admin');
    expect((await admin.gql('{ viewer { role } }')).viewer.role).toBe('ADMIN');
    const id = btoa(`User:${guest?.id}`);
    const promote = 'mutation ($id: ID!) { setRole(userId: $id, role: ADMIN) { role } }';
    expect((await admin.post(promote, { id })).errors?.[0]?.message).toBe('A guest cannot be an admin.');
    expect((await guests()).every(({ role }) => role === 'USER')).toBe(true);
  });

  it('hears nothing more from a guest who is suspended', async () => {
    const { id } = await makeGuest(database().db, 'loud', 10_000);
    await database().db.updateTable('user').set({ suspended: true }).where('id', '=', id).execute();
    const { status, text } = await program.post('/chat/stream', { userId: 'loud', messages: oneMessage });
    expect(faultOf({ status, text })).toContain('suspended');
    expect((await program.get('/chat/history', { userId: 'loud' })).status).toBe(403);
  });

  it('has room for so many guests and no more', async () => {
    const { db } = database();
    const { count } = await db
      .selectFrom('user')
      .select(sql<number>`count(*) filter (where guest_key is not null)`.as('count'))
      .executeTakeFirstOrThrow();
    const made = ['a', 'b', 'c', 'a'].map((name) => makeGuest(db, `full ${name}`, count + 2));
    const outcomes = await Promise.allSettled(made);
    const guests = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value.id : []));
    expect(new Set(guests).size).toBe(2);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'ForbiddenError' },
    });
  });

  it('lets one address bring only so many new users in an hour', async () => {
    await program.ask('keeper', 'Hello');
    const faults: string[] = [];
    for (let number = 0; number < 25 && faults.length === 0; number++) {
      const { status, text } = await program.post('/chat/stream', { userId: `new ${number}`, messages: [] });
      const fault = faultOf({ status, text });
      if (fault.includes('Too many')) faults.push(fault);
    }
    expect(faults).toEqual([
      expect.stringMatching(/^Too many new users come from this address\. Try again in \d+ s\.$/),
    ]);
    expect((await program.get('/chat/history', { userId: 'keeper' })).body.messages).toHaveLength(2);
    doneOf((await program.post('/chat/stream', { userId: 'keeper', messages: oneMessage })).text);
  });
});
