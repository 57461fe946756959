import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openDatabase } from '../../src/database/connection/open.ts';
import type { LanguageModel, ModelRequest } from '../../src/ports/language-model.ts';
import { textOf } from '../../src/ports/language-model.ts';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { accountOf, ask, converse, expectSettled, storedResponses } from '../api/asking.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';
import { until } from './house.ts';

/** The prompt that is answered at the pace of a real model, over many seconds. */
const slowly = 'Take your time over it.';

describeDatabases('an admin', (database) => {
  let app: TestApp;
  /** Another process on the same database, if the database takes one; otherwise the same process. */
  let elsewhere: TestApp;
  let admin: Client;
  let adminElsewhere: Client;
  beforeAll(async () => {
    const mock = createMockModels({ pace: 20 });
    const slow = createMockModels();
    const isSlow = ({ messages }: ModelRequest) => messages.map(textOf).at(-1) === slowly;
    const paced: LanguageModel = {
      ...mock,
      stream: (request, onPart) => (isSlow(request) ? slow : mock).stream(request, onPart),
    };
    const options = {
      catalogue: { tiers: { monthlyCredits: 1_000_000 } },
      languageModels: { mock: paced },
      env: { PLAN_CHANGES: 'off' },
    };
    app = await startApp({ ...options, database: database() });
    const { url } = database();
    elsewhere = app;
    if (url !== null) {
      const second = await openDatabase({ databaseUrl: url, dataDir: '', log: testLog });
      const started = await startApp({ ...options, database: { ...second, url } });
      elsewhere = { ...started, close: () => started.close().then(second.close) };
    }
    admin = await app.newMember('Admin');
    adminElsewhere = connect(elsewhere.url, admin);
  });
  afterAll(async () => {
    if (elsewhere !== app) await elsewhere?.close();
    await app?.close();
    await expectReconciled(database().db);
    expect([...(app?.errors ?? []), ...(elsewhere?.errors ?? [])]).toEqual([]);
  });

  const userId = async (client: Client) =>
    (
      await admin.gql('query ($search: String) { admin { users(search: $search) { edges { node { id } } } } }', {
        search: client.email,
      })
    ).admin.users.edges[0].node.id;
  const adjust =
    'mutation ($userId: ID!, $amount: Credits!) { adjustCredits(userId: $userId, amount: $amount, note: "For the workshop") { credits { balance available } } }';
  const suspend =
    'mutation ($userId: ID!, $suspended: Boolean!) { setSuspended(userId: $userId, suspended: $suspended) { suspended } }';
  const setRole = 'mutation ($userId: ID!, $role: Role!) { setRole(userId: $userId, role: $role) { role } }';

  it('gives and takes credits, which appear in the ledger and the audit log', async () => {
    const member = await app.newMember();
    const id = await userId(member);
    expect((await admin.gql(adjust, { userId: id, amount: 500 })).adjustCredits).toEqual({
      credits: { balance: 1_000_500, available: 1_000_500 },
    });
    const tooMuch = await admin.post(adjust, { userId: id, amount: -1_000_501 });
    expect(tooMuch.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'amount' });
    await admin.gql(adjust, { userId: id, amount: -1_000_500 });
    expect((await expectSettled(member)).entries.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['GRANT', 1_000_000],
      ['ADJUSTMENT', 500],
      ['ADJUSTMENT', -1_000_500],
    ]);
    const { auditLog } = (
      await admin.gql('{ admin { auditLog(first: 2) { edges { node { action target note actor { email } } } } } }')
    ).admin;
    expect(auditLog.edges.map(({ node }: { node: object }) => node)).toEqual([
      {
        action: 'adjustCredits',
        target: member.email,
        note: '-1000500: For the workshop',
        actor: { email: admin.email },
      },
      { action: 'adjustCredits', target: member.email, note: '+500: For the workshop', actor: { email: admin.email } },
    ]);
  });

  it('an admin’s rights are refused to a member, who cannot change even their own plan', async () => {
    const member = await app.newMember();
    const id = (await member.gql('{ viewer { id } }')).viewer.id;
    for (const [query, variables] of [
      [adjust, { userId: id, amount: 5 }],
      [suspend, { userId: id, suspended: false }],
      [setRole, { userId: id, role: 'ADMIN' }],
      ['mutation ($userId: ID!) { setTier(userId: $userId, tier: PRO) { id } }', { userId: id }],
      ['mutation { setModelEnabled(modelId: "mock/swift", enabled: false) { id } }', {}],
      ['mutation { changePlan(tier: ENTERPRISE) { id } }', {}],
      ['{ admin { usage { total { credits } } } }', {}],
    ] as const) {
      expect((await member.post(query, variables)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    expect((await member.gql('{ viewer { role tier { id } credits { balance } } }')).viewer).toEqual({
      role: 'USER',
      tier: { id: 'FREE' },
      credits: { balance: 1_000_000 },
    });
  });

  it('cannot be demoted or suspended if no other admin is left', async () => {
    const id = await userId(admin);
    expect((await admin.post(setRole, { userId: id, role: 'USER' })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await admin.post(suspend, { userId: id, suspended: true })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await admin.gql('{ viewer { role } }')).viewer.role).toBe('ADMIN');
  });

  /** A new member with the headers of an API key or a session. `end` revokes just that key or session. */
  async function signedIn(byKey: boolean) {
    const member = await app.newMember();
    if (!byKey) {
      const headers: Record<string, string> = { cookie: member.cookie };
      const signOut = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' };
      return { member, headers, end: () => fetch(`${app.url}/api/auth/sign-out`, signOut) };
    }
    const { apiKey, secret } = (await member.gql('mutation { createApiKey(name: "k") { secret apiKey { id } } }'))
      .createApiKey;
    const headers: Record<string, string> = { 'x-api-key': secret };
    const revoke = 'mutation ($id: ID!) { revokeApiKey(id: $id) }';
    return { member, headers, end: () => member.gql(revoke, { id: apiKey.id }) };
  }

  it.each([
    ['a key that is revoked', true],
    ['a session that is signed out', false],
  ])('the sockets of %s end, in whichever process they are', async (_name, byKey) => {
    const { headers, end } = await signedIn(byKey);
    const socket = new WebSocket(`${elsewhere.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers,
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    const payload = { query: 'subscription { creditsChanged { held } }' };
    const first = new Promise<void>((resolve) => {
      socket.on('message', (message) => {
        const { type } = JSON.parse(String(message));
        if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        if (type === 'next') resolve();
      });
    });
    await first;
    await end();
    expect(await closed).toBe(4403);
  });

  it.each([
    ['a key that is revoked', true],
    ['a session that is signed out', false],
  ])('the server-sent events of %s end, in whichever process they are', async (_name, byKey) => {
    const { member, headers, end } = await signedIn(byKey);
    const { turn } = await ask(member, { prompt: slowly, modelIds: ['mock/sage'] });
    const operations = [
      { query: 'subscription { creditsChanged { held } }' },
      { query: 'subscription ($id: ID!) { streamResponse(turnId: $id) { __typename } }', variables: { id: turn.id } },
    ];
    const streams = await Promise.all(
      operations.map((operation) =>
        fetch(`${elsewhere.url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'text/event-stream',
            ...headers,
          },
          body: JSON.stringify(operation),
        }),
      ),
    );
    // Both streams have begun.
    const readers = streams.map(({ body }) => (body as ReadableStream<Uint8Array>).getReader());
    for (const reader of readers) {
      for (let text = ''; !text.includes('data: {'); ) text += new TextDecoder().decode((await reader.read()).value);
    }
    await end();
    // Both streams are cut off before their end.
    for (const reader of readers) {
      await expect(
        (async () => {
          while (!(await reader.read()).done);
        })(),
      ).rejects.toThrow();
    }
  });

  it('sees the operator in the audit log as a user without an account', async () => {
    await database().db.insertInto('audit_entry').values({ actor_id: null, action: 'setTier', target: 'x' }).execute();
    const { edges } = (
      await admin.gql(
        '{ admin { auditLog(first: 1) { edges { node { actor { id name credits { balance held } } } } } } }',
      )
    ).admin.auditLog;
    const { actor } = edges[0].node;
    expect(actor).toMatchObject({ name: 'Operator', credits: { balance: 0, held: 0 } });
    const { node } = await admin.gql('query ($id: ID!) { node(id: $id) { ... on User { name } } }', { id: actor.id });
    expect(node).toEqual({ name: 'Operator' });
  });

  it.each(['\0', 'no cursor', ''])('gets BAD_USER_INPUT for %j as a cursor of the users', async (after) => {
    const { errors } = await admin.post(
      'query ($a: String) { admin { users(first: 1, after: $a) { edges { cursor } } } }',
      {
        a: after,
      },
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
  });

  it('suspends a member: session, key and socket end at once in every process, and running answers are settled', {
    timeout: 60_000,
  }, async () => {
    const member = await app.newMember();
    const { createApiKey } = await member.gql('mutation { createApiKey(name: "Script") { secret } }');
    const byKey = async () => {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${createApiKey.secret}` },
        body: JSON.stringify({ query: '{ viewer { email } }' }),
      });
      return (await response.json()).data.viewer;
    };
    expect(await byKey()).toEqual({ email: member.email });
    const socket = member.subscribe('ws', 'subscription { creditsChanged { held } }')[Symbol.asyncIterator]();
    expect((await socket.next()).value.data.creditsChanged.held).toBe(0);
    const { turn } = await ask(member, {
      prompt: 'What is the capital of France?',
      modelIds: ['mock/sage', 'mock/thinker'],
    });
    await until(
      async () => (await storedResponses(member, turn.id)).some(({ text }) => text !== ''),
      'something is written',
    );

    const id = await userId(member);
    expect((await adminElsewhere.gql(suspend, { userId: id, suspended: true })).setSuspended).toEqual({
      suspended: true,
    });
    const rows = () =>
      database()
        .db.selectFrom('response')
        .innerJoin('user', 'user.id', 'response.user_id')
        .select(['response.status', 'credits_charged', 'usage_estimated'])
        .where('email', '=', member.email)
        .execute();
    await until(
      async () => (await rows()).every(({ status }) => status !== 'STREAMING' && status !== 'QUEUED'),
      'all is stopped',
    );
    expect((await rows()).map(({ status }) => status)).toContain('STOPPED');
    expect((await member.gql('{ viewer { email } }')).viewer).toBeNull();
    expect(await byKey()).toBeNull();
    for (let next = await socket.next().catch(() => ({ done: true })); !next.done; )
      next = await socket.next().catch(() => ({ done: true }));
    expect(
      (await member.post('mutation { sendPrompt(input: { prompt: "More" }) { __typename } }')).errors?.[0]?.extensions
        .code,
    ).toBe('UNAUTHENTICATED');

    await admin.gql(suspend, { userId: id, suspended: false });
    expect((await member.gql('{ viewer { email } }')).viewer).toBeNull();
    expect(await byKey()).toEqual({ email: member.email });
    await expectSettled(connect(app.url, { key: createApiKey.secret }));
  });

  it('moves an account, and its member sees the change at once in every process', {
    timeout: 60_000,
  }, async () => {
    const member = await app.newMember();
    const id = await userId(member);
    const pushes = elsewhereOf(member)
      .subscribe('ws', 'subscription { creditsChanged { balance held available } }')
      [Symbol.asyncIterator]();
    const next = async () => (await pushes.next()).value.data.creditsChanged;
    expect(await next()).toEqual({ balance: 1_000_000, held: 0, available: 1_000_000 });
    await admin.gql(adjust, { userId: id, amount: 234 });
    expect(await next()).toEqual({ balance: 1_000_234, held: 0, available: 1_000_234 });
    const { turn } = await ask(member, { prompt: 'What is the capital of France?', modelIds: ['mock/sage'] });
    const creditsHeld = (await storedResponses(member, turn.id))[0]?.creditsHeld ?? 0;
    expect(await next()).toEqual({ balance: 1_000_234, held: creditsHeld, available: 1_000_234 - creditsHeld });
    const settled = await next();
    const creditsCharged = (await storedResponses(member, turn.id))[0]?.creditsCharged ?? 0;
    expect(settled).toEqual({ balance: 1_000_234 - creditsCharged, held: 0, available: 1_000_234 - creditsCharged });
    await pushes.return?.();
  });

  it('reads reports that agree with the ledger, however they are grouped', async () => {
    const members = [await app.newMember('=HYPERLINK("http://evil")'), await app.newMember()];
    for (const member of members) {
      await converse(member, { prompt: 'One', modelIds: ['mock/swift', 'mock/poet'] });
      await converse(member, { prompt: 'Two', modelIds: ['mock/faulty'] });
    }
    const receipts = await database().db.selectFrom('receipt').selectAll().execute();
    const credits = receipts.reduce((sum, receipt) => sum + receipt.credits, 0);
    for (const groupBy of ['DAY', 'MODEL', 'PROVIDER', 'USER']) {
      const { usage } = (
        await admin.gql(
          `query ($groupBy: UsageGroup) { admin { usage(groupBy: $groupBy) {
            total { responses failures credits costUsd inputTokens outputTokens }
            rows { day model { id } provider { id } user { email } responses failures credits costUsd inputTokens outputTokens medianFirstTokenMs }
          } } }`,
          { groupBy },
        )
      ).admin;
      expect(usage.total).toMatchObject({
        responses: receipts.length,
        failures: receipts.filter(({ status }) => status === 'FAILED').length,
        credits,
        outputTokens: receipts.reduce((sum, row) => sum + row.output_tokens + row.reasoning_tokens, 0),
        inputTokens: receipts.reduce(
          (sum, row) => sum + row.input_tokens + row.cached_input_tokens + row.cache_write_input_tokens,
          0,
        ),
      });
      expect(usage.total.costUsd).toBeCloseTo(
        receipts.reduce((sum, { cost_usd }) => sum + Number(cost_usd), 0),
        12,
      );
      for (const figure of ['responses', 'failures', 'credits', 'inputTokens', 'outputTokens']) {
        expect(usage.rows.reduce((sum: number, row: Record<string, number>) => sum + (row[figure] ?? 0), 0)).toBe(
          usage.total[figure],
        );
      }
      if (groupBy === 'MODEL') {
        const swift = receipts.filter(({ model_id }) => model_id === 'mock/swift');
        expect(usage.rows.find(({ model }: { model: { id: string } }) => model.id === 'mock/swift')).toMatchObject({
          responses: swift.length,
          credits: swift.reduce((sum, receipt) => sum + receipt.credits, 0),
        });
      }
      if (groupBy === 'DAY') expect(usage.rows[0].day).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
    const member = members[0] as Client;
    const { viewer } = await member.gql(
      '{ viewer { usage(groupBy: MODEL) { total { credits responses failures } } } }',
    );
    expect(viewer.usage.total).toEqual({
      credits: 1_000_000 - (await accountOf(member)).balance,
      responses: 3,
      failures: 1,
    });
    const future = await admin.gql(
      '{ admin { usage(from: "2999-01-01") { total { responses credits costUsd } rows { responses } } } }',
    );
    expect(future.admin.usage).toEqual({ total: { responses: 0, credits: 0, costUsd: 0 }, rows: [] });
  });

  it('gets a report of all members as CSV, and a member gets their own, signed in and by GET only', async () => {
    const member = await app.newMember();
    await converse(member, { prompt: 'One', modelIds: ['mock/swift'] });
    const get = async (path: string, client?: Client, init: RequestInit = {}) => {
      const response = await fetch(`${app.url}${path}`, { ...init, headers: client ? { cookie: client.cookie } : {} });
      return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
    };
    const charged = 1_000_000 - (await accountOf(member)).balance;
    const { status, type, body } = await get('/export/usage.csv?groupBy=model', member);
    expect([status, type]).toEqual([200, 'text/csv; charset=utf-8']);
    expect(body).toMatch(
      new RegExp(
        `^model,responses,failures,input_tokens,output_tokens,credits,cost_usd\r\nmock/swift,1,0,\\d+,\\d+,${charged},0\\.\\d+\r\n$`,
      ),
    );
    expect((await get('/export/admin/usage.csv?groupBy=user', admin)).body).toContain(`\r\n${member.email},1,0,`);
    expect((await get('/export/usage.csv')).status).toBe(401);
    expect((await get('/export/admin/usage.csv', member)).status).toBe(403);
    expect((await get('/export/usage.csv', member, { method: 'POST' })).status).toBe(405);
    for (const bad of ['groupBy=week', 'from=yesterday', 'from=2026-02-01&to=2026-01-01']) {
      expect((await get(`/export/usage.csv?${bad}`, member)).status).toBe(400);
    }
  });

  function elsewhereOf(client: Client): Client {
    return connect(elsewhere.url, client);
  }
});
