import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, converse, follow, send, storedResponses } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, connect, signUp, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { modelListBody, startWireServer, streamBody, type WireServer } from '../wire-server.ts';

const setProvider = `mutation ($input: SetProviderInput!) { setProvider(input: $input) {
  id name configured setup { kind origin baseUrl keyOrigin keyEnding fixed stored headerNames problem newModels }
} }`;
const setModel = `mutation ($input: SetModelInput!) { setModel(input: $input) {
  id name minimumTier contextWindow maxOutputTokens accepts fallbacks { id } access { allowed }
  setup { origin inputPriceUsd outputPriceUsd isDefault change { name inputPriceUsd accepts } }
} }`;
const removeProvider = 'mutation ($id: ID!) { removeProvider(id: $id) }';
const testProvider = `mutation ($id: ID!) { testProvider(id: $id) {
  reachable answered firstTokenMs modelId problem modelsSeen
} }`;
const providerModels = `query ($id: ID!) { providerModels(providerId: $id) {
  name modelId listed new suggestion { contextWindow maxOutputTokens inputPriceUsd outputPriceUsd }
} }`;
const models = '{ models { id } server { signUp planChanges defaultModels { id } } }';

const key = 'sk-admin-0123456789-0123456789-wxyz';
const rotated = 'sk-admin-9876543210-9876543210-qrst';
const header = 'header-secret-0123456789';

describeDatabases('the providers that an admin enters', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let admin: Client;
  let member: Client;
  let logged: string[];
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      env: { MOCK_PROVIDER: 'auto', SIGN_UP: '', PLAN_CHANGES: '' },
      logLevel: 'info',
      retryDelayMs: 1,
    });
    logged = app.errors;
    admin = await app.newMember('Admin');
    member = await signUp(app.url, 'Member');
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    await wire?.close();
  });

  const lab = () => ({ id: 'lab', name: 'Lab', kind: 'OPENAI_COMPATIBLE', baseUrl: `${wire.url}/v1`, apiKey: key });
  const labModel = {
    id: 'lab/model-a',
    name: 'Model A',
    minimumTier: 'FREE',
    contextWindow: 8000,
    maxOutputTokens: 1000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
  };
  const refusal = async (client: Client, query: string, variables: object) =>
    (await client.post(query, variables as Record<string, unknown>)).errors?.[0];

  it('are for admins only, and hidden from everybody else', async () => {
    for (const client of [member, connect(app.url)]) {
      for (const [query, variables] of [
        [setProvider, { input: lab() }],
        [setModel, { input: labModel }],
        [removeProvider, { id: 'lab' }],
        [testProvider, { id: 'openai' }],
        [providerModels, { id: 'openai' }],
        ['mutation { setModelOrder(modelIds: []) { id } }', {}],
        ['mutation { setDefaultModels { id } }', {}],
      ] as const) {
        expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain((await refusal(client, query, variables))?.extensions.code);
      }
    }
    const { providers, models: listed } = await member.gql(
      '{ providers { setup { origin } } models { setup { origin } } }',
    );
    expect([...providers, ...listed].every(({ setup }: { setup: unknown }) => setup === null)).toBe(true);
  });

  it('are refused with a plain sentence where they have a mistake, and then nothing is stored', async () => {
    const cases: [object, string, RegExp][] = [
      [{ kind: null }, 'kind', /^The kind is missing: a new provider needs one\.$/],
      [{ name: null }, 'name', /name is missing/],
      [{ baseUrl: null }, 'baseUrl', /address is missing: an openai-compatible provider needs one/],
      [{ baseUrl: 'ftp://127.0.0.1/v1' }, 'baseUrl', /begins with http:\/\/ or https:\/\//],
      [{ baseUrl: 'https://a:b@lab.example/v1' }, 'baseUrl', /no user name and no password/],
      [{ id: 'lab/one' }, 'id', /letters, digits/],
      [{ id: 'mock' }, 'id', /MOCK_PROVIDER/],
      [{ id: 'openai' }, 'id', /is taken: this provider is built in/],
      [{ apiKey: 'a\nkey' }, 'apiKey', /one line of ASCII/],
      [{ headers: [{ name: 'content-length', value: '1' }] }, 'headers', /this server sets this header itself/],
      [{ headers: [{ name: 'x-a' }] }, 'headers', /x-a needs a value/],
    ];
    for (const [change, field, message] of cases) {
      const error = await refusal(admin, setProvider, { input: { ...lab(), ...change } });
      expect(error, JSON.stringify(change)).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field } });
      expect(error?.message).toMatch(message);
      expect(error?.message).not.toContain(key);
    }
    expect(await database().db.selectFrom('provider_setting').selectAll().execute()).toEqual([]);
  });

  it('answer at once, show no secret, and make sign-up and plans as strict as a key of the environment does', async () => {
    expect((await member.gql(models)).server).toMatchObject({ signUp: 'OPEN', planChanges: true });
    const headers = [{ name: 'x-lab', value: header }];
    const { setProvider: made } = await admin.gql(setProvider, { input: { ...lab(), headers } });
    expect(made).toMatchObject({
      configured: true,
      setup: {
        kind: 'OPENAI_COMPATIBLE',
        origin: 'ADMIN',
        keyOrigin: 'ADMIN',
        keyEnding: 'wxyz',
        headerNames: ['x-lab'],
      },
    });
    wire.respondWith(({ api }) =>
      api === 'openai.models'
        ? { headers: { 'content-type': 'application/json' }, body: modelListBody(api, ['text-embed', 'model-a']) }
        : { body: streamBody(api, { text: ['Hello!'], usage: { input: 100, output: 10 } }) },
    );
    expect((await admin.gql(testProvider, { id: 'lab' })).testProvider).toMatchObject({
      reachable: true,
      answered: true,
      firstTokenMs: expect.any(Number),
      modelId: 'lab/model-a',
      modelsSeen: 2,
    });
    expect((await admin.gql(providerModels, { id: 'lab' })).providerModels).toEqual([
      { name: 'model-a', modelId: 'lab/model-a', listed: false, new: false, suggestion: null },
      { name: 'text-embed', modelId: 'lab/text-embed', listed: false, new: false, suggestion: null },
    ]);
    expect(await refusal(admin, setModel, { input: { id: 'lab/model-a', minimumTier: 'FREE' } })).toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', field: 'name' },
    });
    const priced = { ...labModel, inputPriceUsd: null };
    expect(await refusal(admin, setModel, { input: priced })).toMatchObject({ extensions: { field: 'inputPriceUsd' } });
    expect((await admin.gql(setModel, { input: labModel })).setModel).toMatchObject({
      access: { allowed: true },
      setup: { origin: 'ADMIN', inputPriceUsd: 1, isDefault: true },
    });

    // The mock is gone, and answers cost money.
    const sees = await admin.gql(setModel, { input: { ...labModel, accepts: ['IMAGE'] } });
    expect(sees.setModel).toMatchObject({
      accepts: ['TEXT', 'IMAGE'],
      setup: { change: { accepts: ['IMAGE'] } },
    });
    expect((await admin.gql(setModel, { input: labModel })).setModel).toMatchObject({ accepts: ['TEXT'] });
    const { models: listed, server } = await member.gql(models);
    expect(listed.some(({ id }: { id: string }) => id.startsWith('mock/'))).toBe(false);
    expect(server).toEqual({ signUp: 'INVITE', planChanges: false, defaultModels: [{ id: 'lab/model-a' }] });
    await expect(signUp(app.url)).rejects.toThrow('INVITATION_NEEDED');
    expect(await refusal(member, 'mutation { changePlan(tier: PRO) { id } }', {})).toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    });

    const { turn } = await converse(member, { prompt: 'Hello?', modelIds: ['lab/model-a'] });
    const [response] = await storedResponses(member, turn.id);
    // 100 × 1 + 10 × 2
    expect(response).toMatchObject({ status: 'COMPLETED', text: 'Hello!', creditsCharged: 120 });
    expect(wire.requests.at(-1)?.headers).toMatchObject({ authorization: `Bearer ${key}`, 'x-lab': header });
  });

  it('keep a key that is not entered anew, except for another address, path or kind', async () => {
    const { apiKey: _, ...withoutKey } = lab();
    const renamed = await admin.gql(setProvider, { input: { ...withoutKey, name: 'Laboratory' } });
    expect(renamed.setProvider).toMatchObject({
      name: 'Laboratory',
      setup: { keyEnding: 'wxyz', headerNames: ['x-lab'] },
    });
    const moved = { ...withoutKey, baseUrl: 'http://127.0.0.1:9/v1' };
    expect((await refusal(admin, setProvider, { input: moved }))?.message).toMatch(
      /anew: they were stored for another/,
    );
    for (const change of [{ baseUrl: `${wire.url}/v2` }, { kind: 'ANTHROPIC' }]) {
      expect(await refusal(admin, setProvider, { input: { ...withoutKey, ...change } })).toMatchObject({
        extensions: { field: 'apiKey' },
      });
    }
    // The header is a secret too.
    expect(await refusal(admin, setProvider, { input: { ...moved, apiKey: 'another' } })).toMatchObject({
      extensions: { field: 'apiKey' },
    });
  });

  it('take the key of a rotation at once, while an answer that runs keeps the old one and its prices', async () => {
    wire.enqueue({
      pauses: [
        [
          streamBody('openai.chat', { text: ['Slow'] }).split(
            'data: {"id":"chat-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},',
          )[0] as string,
          400,
        ],
        [streamBody('openai.chat', { text: [' end.'], usage: { input: 1000, output: 100 } }), 0],
      ],
    });
    const { turn } = await ask(member, { prompt: 'Slowly', modelIds: ['lab/model-a'] });
    await expect.poll(() => wire.requests.length).toBe(1);
    const { apiKey: _, ...withoutKey } = lab();
    await admin.gql(setProvider, { input: { ...withoutKey, apiKey: rotated } });
    await admin.gql(setModel, { input: { ...labModel, inputPriceUsd: 100, outputPriceUsd: 200 } });
    const next = await converse(member, { prompt: 'Again', modelIds: ['lab/model-a'] });
    expect(wire.requests.at(-1)?.headers.authorization).toBe(`Bearer ${rotated}`);
    expect(wire.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
    await admin.gql(removeProvider, { id: 'lab' });
    await follow(member, turn.id);
    const [slow] = await storedResponses(member, turn.id);
    expect(slow).toMatchObject({ status: 'COMPLETED', text: 'Slow end.', creditsCharged: 1200 });
    expect(slow?.creditsCharged).toBeLessThanOrEqual(slow?.creditsHeld as number);
    // 9 × 100 + 3 × 200
    expect((await storedResponses(member, next.turn.id))[0]).toMatchObject({ creditsCharged: 1500 });
  });

  it('leave with their models, while their answers and the strict sign-up stay', async () => {
    const { models: listed } = await member.gql(models);
    expect(listed.some(({ id }: { id: string }) => id.startsWith('lab/'))).toBe(false);
    expect(listed.some(({ id }: { id: string }) => id.startsWith('mock/'))).toBe(false);
    expect(await send(member, { prompt: 'Again', modelIds: ['lab/model-a'] })).toMatchObject({
      __typename: 'ModelUnavailableError',
    });
    expect(await refusal(admin, removeProvider, { id: 'lab' })).toMatchObject({ extensions: { code: 'NOT_FOUND' } });
    expect((await member.gql(models)).server).toMatchObject({ signUp: 'INVITE', planChanges: false });
  });

  it('leave no secret in the database, the log or an answer of the API', async () => {
    await admin.gql(setProvider, { input: { ...lab(), id: 'kept', headers: [{ name: 'x-lab', value: header }] } });
    wire.respondWith(() => ({
      status: 401,
      body: JSON.stringify({ error: { message: `Bad key ${key}, ${header}` } }),
    }));
    const answers = [
      await admin.post(testProvider, { id: 'kept' }),
      await admin.post(providerModels, { id: 'kept' }),
      await admin.post('{ providers { name setup { baseUrl keyEnding headerNames problem } health { lastError } } }'),
      await admin.post(
        '{ admin { auditLog(first: 50) { edges { node { action target note } } } catalogue { mistakes { message } } } }',
      ),
    ];
    const { rows } = await database().db.executeQuery<{ line: string }>(everything());
    const texts = [JSON.stringify(answers), JSON.stringify(rows), logged.join('\n')];
    expect(texts[0]).toContain('addProvider');
    expect(texts[1]).toContain('wxyz');
    for (const secret of [key, rotated, header]) {
      for (const form of [secret, secret.slice(4, -5), Buffer.from(secret).toString('base64')]) {
        for (const text of texts) expect(text).not.toContain(form);
      }
    }
    await admin.gql(removeProvider, { id: 'kept' });
  });

  /** Each row of each table, as text. */
  function everything() {
    const sql = `select (query_to_xml(format('select * from %I', table_name), true, true, ''))::text as line
      from information_schema.tables where table_schema = 'public'`;
    return { sql, parameters: [], query: { kind: 'RawNode' }, queryId: { queryId: 'everything' } } as never;
  }
});
