import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkAuditChain } from '../../src/domain/people/audit-chain.ts';
import { type LanguageModel, type ModelRequest, textOf } from '../../src/ports/language-model.ts';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { ask, converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { cookiesOf, password } from '../setup/members.ts';

/** The prompt that is answered at the pace of a real model, over many seconds. */
const slowly = 'Take your time over it.';

describeDatabases('a member who leaves', (database) => {
  let app: TestApp;
  let admin: Client;
  const quick = createMockModels({ pace: 50 });
  const slow = createMockModels();
  const isSlow = ({ messages }: ModelRequest) => messages.map(textOf).at(-1) === slowly;
  const mock: LanguageModel = {
    ...quick,
    stream: (request, onPart) => (isSlow(request) ? slow : quick).stream(request, onPart),
  };
  const start = () => startApp({ database: database(), languageModels: { mock } });
  beforeAll(async () => {
    app = await start();
    admin = await app.newMember('Admin');
  });
  afterAll(async () => {
    await app?.close();
    await expectReconciled(database().db);
    expect(app?.errors).toEqual([]);
  });

  const reports = `{ admin {
    users(first: 100) { edges { node { email } } }
    byUser: usage(groupBy: USER) { total { credits responses } rows { credits user { name email deleted credits { balance } } } }
    byKey: usage(groupBy: KEY) { rows { apiKey { name prefix } } }
    auditLog(first: 100) { edges { node { action target note erased actor { name email } } } }
  } }`;

  it('takes everything of theirs along but the books, in which they have no name', async () => {
    const member = await app.newMember('Leaver Lastname');
    const { viewer } = await member.gql('{ viewer { id } }');
    await converse(member, { prompt: 'One secret thought', modelIds: ['mock/swift', 'mock/poet'] });
    const { secret } = (
      await member.gql('mutation { createApiKey(name: "Leaver’s laptop", scopes: [PROMPT, READ]) { secret } }')
    ).createApiKey;
    await converse(connect(app.url, { key: secret }), { prompt: 'By key', modelIds: ['mock/swift'] });
    await admin.gql('mutation ($id: ID!) { setTier(userId: $id, tier: PRO) { id } }', { id: await idOf(member) });
    const { turn } = await ask(member, { prompt: slowly, modelIds: ['mock/sage'] });
    const stream = member.subscribe('sse', 'subscription ($id: ID!) { streamResponse(turnId: $id) { __typename } }', {
      id: turn.id,
    });
    const streaming = (async () => {
      for await (const _ of stream);
    })().catch(() => {});
    const before = (await admin.gql(reports)).admin.byUser;

    expect((await leave(member, 'not this one')).status).toBe(400);
    expect((await leave(member, undefined)).status).toBe(400);
    const answer = await leave(member, password);
    expect([answer.status, await answer.json()]).toEqual([200, { deleted: true }]);
    expect(cookiesOf(answer)).toContain('session_token=');
    await streaming;
    expect((await member.gql('{ viewer { id } }')).viewer).toBeNull();
    expect((await connect(app.url, { key: secret }).gql('{ viewer { id } }')).viewer).toBeNull();
    expect((await signIn(member)).status).toBe(401);

    const { db } = database();
    const userId = Buffer.from(viewer.id, 'base64').toString().split(':')[1] ?? '';
    await until(async () => {
      const left = await sql<{ count: number }>`
        select (select count(*) from turn where user_id = ${userId}) + (select count(*) from response where user_id = ${userId})
          + (select count(*) from conversation where user_id = ${userId}) as count`.execute(db);
      return Number(left.rows[0]?.count) === 0;
    }, 'everything is deleted');
    const account = await db
      .selectFrom('credit_account')
      .selectAll()
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow();
    expect(account.held).toBe(0);

    const after = (await admin.gql(reports)).admin;
    expect(after.users.edges.map(({ node }: { node: Client }) => node.email)).not.toContain(member.email);
    const row = after.byUser.rows.find(({ user }: { user: { name: string } }) => user.name === 'Deleted member');
    expect(row.user).toMatchObject({
      email: `deleted member ${userId.slice(-12)}`,
      deleted: true,
      credits: { balance: 0 },
    });
    // The answer that was stopped was settled and counts too.
    expect(after.byUser.total.responses).toBe(before.total.responses + 1);
    expect(after.byUser.rows.reduce((sum: number, { credits }: { credits: number }) => sum + credits, 0)).toBe(
      after.byUser.total.credits,
    );
    expect(after.byKey.rows.map(({ apiKey }: { apiKey: { name: string } | null }) => apiKey?.name)).toContain(
      'key of a deleted member',
    );
    const csv = await (
      await fetch(`${app.url}/export/admin/usage.csv?groupBy=user`, { headers: { cookie: admin.cookie } })
    ).text();
    expect(csv).toContain(row.user.email);

    const entries = after.auditLog.edges.map(({ node }: { node: object }) => node);
    expect(entries[0]).toEqual({
      action: 'deleteAccount',
      target: row.user.email,
      note: null,
      erased: false,
      actor: { name: 'Deleted member', email: row.user.email },
    });
    expect(
      entries.filter(({ erased }: { erased: boolean }) => erased).map(({ action }: { action: string }) => action),
    ).toEqual(expect.arrayContaining(['setTier', 'createApiKey', 'passwordRefused']));
    expect(await checkAuditChain(db)).toMatchObject({ broken: null });
    // No table has the name, the address, the key's name or a text any more.
    const tables = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = current_schema()
      and table_type = 'BASE TABLE'`.execute(db);
    for (const { name } of tables.rows) {
      const found = await sql<{ row: string }>`
        select whole::text as row from ${sql.table(name)} as whole
        where whole::text ~ ${`Leaver|${member.email}|secret thought|By key`}`.execute(db);
      expect([name, found.rows]).toEqual([name, []]);
    }
    // The address is free for a new account.
    const again = await fetch(`${app.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Another', email: member.email, password }),
    });
    expect(again.status).toBe(200);
  });

  it('cannot be the last admin, and may be sent away by an admin, who cannot bring them back', async () => {
    const last = await leave(admin, password);
    expect([last.status, (await last.json()).code]).toEqual([403, 'LAST_ADMIN']);
    const member = await app.newMember();
    const id = await idOf(member);
    const remove = 'mutation ($id: ID!) { deleteMember(userId: $id) }';
    expect((await member.post(remove, { id })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await admin.post(remove, { id: await idOf(admin) })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await admin.gql(remove, { id })).deleteMember).toBe(id);
    for (const document of [
      remove,
      'mutation ($id: ID!) { setSuspended(userId: $id, suspended: false) { id } }',
      'mutation ($id: ID!) { setRole(userId: $id, role: ADMIN) { id } }',
    ]) {
      expect((await admin.post(document, { id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });

  it('needs a fresh sign-in where no password can be asked for', async () => {
    const { db } = database();
    const member = await app.newMember();
    const id =
      Buffer.from(await idOf(member), 'base64')
        .toString()
        .split(':')[1] ?? '';
    await db.updateTable('account').set({ provider_id: 'company', password: null }).where('user_id', '=', id).execute();
    await sql`update session set created_at = now() - interval '11 minutes' where user_id = ${id}`.execute(db);
    const stale = await leave(member, undefined);
    expect([stale.status, (await stale.json()).code]).toEqual([403, 'SESSION_NOT_FRESH']);
    await sql`update session set created_at = now() - interval '9 minutes' where user_id = ${id}`.execute(db);
    expect((await leave(member, undefined)).status).toBe(200);
  });

  it('leaves nothing behind if the process ends in between: the next one goes on', async () => {
    const { db } = database();
    const member = await app.newMember();
    const id =
      Buffer.from(await idOf(member), 'base64')
        .toString()
        .split(':')[1] ?? '';
    await converse(member, { prompt: 'One', modelIds: ['mock/swift'] });
    await sql`
      insert into turn (id, conversation_id, user_id, parent_id, depth, prompt, created_at)
      select ('00000000-0000-7000-8000-' || lpad(index::text, 12, '0'))::uuid, conversation_id, user_id,
        case when index = 1 then turn.id else ('00000000-0000-7000-8000-' || lpad((index - 1)::text, 12, '0'))::uuid end,
        index, 'Again', clock_timestamp()
      from turn, generate_series(1, 2000) as index where user_id = ${id} order by index`.execute(db);
    await app.close();
    const { email } = member;
    await sql`
      update "user" set deleted_at = now() - interval '10 minutes', suspended = true, name = 'Deleted member'
      where email = ${email}`.execute(db);
    app = await start();
    admin = connect(app.url, admin);
    const purged = async () =>
      (await db.selectFrom('user').select('purged_at').where('id', '=', id).executeTakeFirstOrThrow()).purged_at;
    await until(async () => (await purged()) !== null, 'all is purged');
    expect(await db.selectFrom('turn').select('id').where('user_id', '=', id).execute()).toEqual([]);
  });

  it('may take all of their data along as JSON, a large answer included, and no secret or data of others', async () => {
    const member = await app.newMember('Careful');
    const other = await app.newMember('Other');
    await converse(other, { prompt: 'Nobody else’s business', modelIds: ['mock/swift'] });
    await converse(member, { prompt: 'Dear diary “ünï” \u0000', modelIds: ['mock/swift', 'mock/poet'] });
    const { db } = database();
    await sql`
      with made as (insert into team (id, name) values (gen_random_uuid(), 'Careful people') returning id)
      insert into team_member (team_id, user_id, owner)
      select made.id, "user".id, true from made, "user" where email = ${member.email}`.execute(db);
    const long = `${'long and 😀 '.repeat(60_000)}`;
    await sql`
      update response set text = ${long} where model_id = 'mock/poet' and user_id = (select id from "user" where email = ${member.email})`.execute(
      db,
    );
    const { secret } = (await member.gql('mutation { createApiKey(name: "k", scopes: [READ, ADMIN]) { secret } }'))
      .createApiKey;
    const get = (headers: Record<string, string>) => fetch(`${app.url}/export/my-data.json`, { headers });
    const response = await get({ cookie: member.cookie });
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="polylogue-my-data.json"');
    const text = await response.text();
    const data = JSON.parse(text);
    expect(data).toMatchObject({
      format: 'polylogue.my-data',
      version: 1,
      profile: { name: 'Careful', email: member.email, role: 'USER', signsInBy: ['credential'] },
      conversations: [
        { turns: [{ prompt: expect.stringContaining('Dear diary “ünï”'), responses: [{}, { text: long }] }] },
      ],
      teams: [{ team: 'Careful people', owner: true, leftAt: null }],
      apiKeys: [{ name: 'k' }],
      sessions: [{ address: '127.0.0.1' }],
      auditEntries: [
        { action: 'createApiKey', own: true },
        { action: 'downloadData', own: true, note: 'from 127.0.0.1' },
      ],
    });
    expect(data.receipts.map(({ modelId }: { modelId: string }) => modelId).sort()).toEqual([
      'mock/poet',
      'mock/swift',
    ]);
    expect(data.ledger.map(({ kind }: { kind: string }) => kind)).toEqual(['GRANT', 'CHARGE', 'CHARGE']);
    expect(text).not.toContain('Nobody else');
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/scrypt|token"|"password"|"key":/);

    expect((await get({})).status).toBe(401);
    const reader = (await member.gql('mutation { createApiKey(name: "r", scopes: [READ]) { secret } }')).createApiKey
      .secret;
    expect((await get({ 'x-api-key': reader })).status).toBe(403);
    expect(
      (await fetch(`${app.url}/export/my-data.json`, { method: 'POST', headers: { cookie: member.cookie } })).status,
    ).toBe(405);
    const statuses = [];
    for (let index = 0; index < 5; index++) {
      const { status, body } = await get({ 'x-api-key': secret });
      // A client that leaves in the middle ends the download, and is no fault.
      await body?.cancel();
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });

  async function idOf({ email }: Client): Promise<string> {
    const search = 'query ($of: String) { admin { users(search: $of) { edges { node { id } } } } }';
    return (await admin.gql(search, { of: email })).admin.users.edges[0].node.id;
  }

  function leave({ cookie }: Client, word: string | undefined) {
    return post('/delete-account', { password: word }, cookie);
  }

  function signIn({ email }: Client) {
    return post('/sign-in/email', { email, password }, '');
  }

  function post(path: string, body: object, cookie: string) {
    return fetch(`${app.url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
      body: JSON.stringify(body),
    });
  }
});
