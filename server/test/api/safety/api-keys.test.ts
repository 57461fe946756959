import {
  type GraphQLArgument,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../../src/graphql/schema.ts';
import {
  type Client,
  connect,
  type GraphQLAnswer,
  type GraphQLEvent,
  startApp,
  type TestApp,
} from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { rules, type Scope, scopes } from './api-key-rules.ts';

const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ root: type?.name as keyof typeof rules, field })),
);

const keyOf =
  'mutation ($name: String!, $scopes: [ApiKeyScope!], $expiresAt: DateTime) {\
  createApiKey(name: $name, scopes: $scopes, expiresAt: $expiresAt) {\
    secret apiKey { id name prefix scopes expiresAt createdAt lastUsedAt }\
  }\
}';

describe('the rules for API keys', () => {
  it('name every query, mutation and subscription there is, and no other', () => {
    const named = Object.entries(rules).flatMap(([root, of]) => Object.keys(of).map((name) => `${root}.${name}`));
    expect(fields.map(({ root, field }) => `${root}.${field.name}`).sort()).toEqual(named.sort());
  });
});

describeDatabases('an API key', (database) => {
  let app: TestApp;
  let plain: TestApp;
  let admin: Client;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), env: { PLAN_CHANGES: 'simulated' } });
    plain = await startApp({ database: database(), env: { PLAN_CHANGES: 'simulated', FAST_PATH: 'off' } });
    admin = await app.newMember();
    member = await app.newMember();
  });
  afterAll(async () => {
    await plain?.close();
    await app?.close();
    expect([...app.errors, ...plain.errors]).toEqual([]);
  });

  const make = async (owner: Client, of?: readonly Scope[], expiresAt?: Date): Promise<string> =>
    (await owner.gql(keyOf, { name: 'Key', scopes: of, expiresAt })).createApiKey.secret;

  const revokeAll = (owner: Client) =>
    database()
      .db.deleteFrom('api_key')
      .where('user_id', '=', (eb) => eb.selectFrom('user').select('id').where('email', '=', owner.email))
      .execute();

  const refused = ({ errors }: GraphQLEvent | GraphQLAnswer) =>
    errors?.[0]?.extensions.code === 'FORBIDDEN' ? errors[0].message : null;

  const needs = (needed: readonly Scope[]) => `This needs an API key with the scope ${needed.join(' or ')}.`;

  it.each(scopes)(
    'an API key with the scope %s can use exactly the fields that the scope allows, over every transport',
    {
      timeout: 60_000,
    },
    async (scope) => {
      const secret = await make(admin, [scope]);
      for (const { url } of [app, plain]) {
        for (const { root, field } of fields) {
          const admitted = rules[root][field.name] as readonly Scope[];
          for (const answer of await answersOver(url, secret, root, operationOf(root, field))) {
            const expected = admitted.includes(scope) ? null : needs(admitted);
            expect([root, field.name, refused(answer)]).toEqual([root, field.name, expected]);
            expect(answer.errors?.[0]?.extensions.code).not.toBe('GRAPHQL_VALIDATION_FAILED');
          }
        }
      }
      await revokeAll(admin);
    },
  );

  it('a member’s API key cannot use an admin’s fields, whatever its scopes', async () => {
    const key = asKey(app.url, await make(member, scopes));
    const id = (await admin.gql('{ viewer { id } }')).viewer.id;
    for (const [document, variables] of [
      ['{ admin { users { totalCount } } }', {}],
      ['mutation ($id: ID!) { setRole(userId: $id, role: USER) { id } }', { id }],
      ['mutation { setModelEnabled(modelId: "mock/swift", enabled: false) { id } }', {}],
    ] as const) {
      expect(refused(await key.post(document, variables))).toBe('Only an admin may do this.');
    }
  });

  it('an admin’s API key cannot look up users or audit entries by id without the scope ADMIN', async () => {
    const someone = (await member.gql('{ viewer { id email } }')).viewer;
    await admin.gql('mutation { setModelEnabled(modelId: "mock/swift", enabled: true) { id } }');
    const userId = Buffer.from(Buffer.from(someone.id, 'base64').toString().replace(/^\w+:/, 'User:')).toString(
      'base64',
    );
    const entry = (await admin.gql('{ admin { auditLog(first: 1) { edges { node { id } } } } }')).admin.auditLog
      .edges[0];
    const document =
      'query ($user: ID!, $entry: ID!) { user: node(id: $user) { ... on User { email } } entry: node(id: $entry) { ... on AuditEntry { action } } }';
    const variables = { user: userId, entry: entry.node.id };
    const seenBy = async (of: readonly Scope[]) => asKey(app.url, await make(admin, of)).gql(document, variables);
    expect(await seenBy(['READ', 'PROMPT'])).toEqual({ user: null, entry: null });
    expect(await seenBy(['READ', 'ADMIN'])).toEqual({
      user: { email: someone.email },
      entry: { action: 'enableModel' },
    });
  });

  it('an API key with the scope PROMPT alone can send prompts and follow the answers to their end', async () => {
    const secret = await make(member, ['PROMPT']);
    const send =
      'mutation { sendPrompt(input: { prompt: "Hello", modelIds: ["mock/swift"] }) { ... on SendPromptPayload { turn { id } } } }';
    const { sendPrompt } = await asKey(app.url, secret).gql(send);
    const query = `subscription { streamResponse(turnId: "${sendPrompt.turn.id}") { __typename ... on ResponseFinished { response { status text } } } }`;
    for (const url of [app.url, plain.url]) {
      for (const over of ['ws', 'sse'] as const) {
        let last: GraphQLEvent | undefined;
        for await (const event of asKey(url, secret).subscribe(over, query)) last = event;
        expect(last?.data.streamResponse).toMatchObject({
          __typename: 'ResponseFinished',
          response: { status: 'COMPLETED', text: expect.stringMatching(/./) },
        });
      }
    }
  });

  it('an API key with the default scopes can read and send prompts, but manages neither keys nor the plan', async () => {
    const { createApiKey } = await member.gql(
      'mutation { createApiKey(name: "Bot") { secret apiKey { id scopes expiresAt } } }',
    );
    expect(createApiKey.apiKey).toMatchObject({ scopes: ['READ', 'PROMPT'], expiresAt: null });
    const key = asKey(app.url, createApiKey.secret);
    expect((await key.gql('{ viewer { email apiKeys { name } } }')).viewer.email).toBe(member.email);
    for (const document of [
      'mutation { createApiKey(name: "more", scopes: [ADMIN]) { secret } }',
      `mutation { revokeApiKey(id: "${createApiKey.apiKey.id}") }`,
      'mutation { changePlan(tier: PRO) { id } }',
    ]) {
      expect(refused(await key.post(document))).toBe(needs(['ADMIN']));
    }
    expect((await member.gql('{ viewer { tier { id } } }')).viewer.tier.id).toBe('FREE');
  });

  it('exports its member’s usage with READ, and everybody’s usage and provider probes with an admin’s ADMIN', async () => {
    const get = async (path: string, secret: string) =>
      (await fetch(app.url + path, { headers: { 'x-api-key': secret } })).status;
    const [read, prompt, administer] = [
      await make(admin, ['READ']),
      await make(admin, ['PROMPT']),
      await make(admin, ['ADMIN']),
    ];
    const statuses = async (path: string) => Promise.all([read, prompt, administer].map((secret) => get(path, secret)));
    expect(await statuses('/export/usage.csv')).toEqual([200, 403, 403]);
    expect(await statuses('/export/admin/usage.csv')).toEqual([403, 403, 200]);
    expect(await get('/export/admin/usage.csv', await make(member, scopes))).toBe(403);
    expect(await statuses('/health/mock?probe=1')).toEqual([403, 403, 200]);
  });

  it('is not a session for the account’s own routes', async () => {
    const secret = await make(member, scopes);
    const call = async (method: string, path: string, body?: object) => {
      const headers = { 'x-api-key': secret, authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${app.url}/api/auth${path}`, init);
      return [response.status, await response.text()];
    };
    expect(await call('GET', '/get-session')).toEqual([200, 'null']);
    const change = { currentPassword: 'correct horse battery staple', newPassword: 'something else' };
    for (const [method, path, body] of [
      ['POST', '/update-user', { name: 'Taken' }],
      ['POST', '/change-password', change],
      ['POST', '/verify-password', { password: change.currentPassword }],
      ['POST', '/revoke-sessions', {}],
      ['GET', '/list-sessions', undefined],
    ] as const) {
      expect((await call(method, path, body))[0]).toBe(401);
    }
  });

  it('is one of at most fifty, however many are created at once', { timeout: 60_000 }, async () => {
    const owner = await app.newMember();
    for (let count = 0; count < 45; count++) await make(owner);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => [app, plain][index % 2] as TestApp).map(({ url }) =>
        connect(url, owner).post(keyOf, { name: 'One more' }),
      ),
    );
    const failures = answers.flatMap(({ errors }) => errors?.[0] ?? []);
    expect(failures).toHaveLength(15);
    expect(failures[0]).toMatchObject({
      message: 'You have 50 API keys, the most that a member can have. Revoke one first.',
      extensions: { code: 'BAD_USER_INPUT', field: 'name' },
    });
    const { apiKeys } = (await owner.gql('{ viewer { apiKeys { id } } }')).viewer;
    expect(apiKeys).toHaveLength(50);
    await owner.gql('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: apiKeys[0].id });
    await make(owner);
  });

  it.each([
    ['no name', { name: ' \u202e\u200b ' }, 'name'],
    ['a name that is too long', { name: 'x'.repeat(201) }, 'name'],
    ['no scope', { scopes: [] }, 'scopes'],
    ['an expiry in the past', { expiresAt: new Date(Date.now() - 1000) }, 'expiresAt'],
    [
      'an expiry after more than ten years',
      { expiresAt: new Date(Date.now() + 11 * 365.25 * 86_400_000) },
      'expiresAt',
    ],
  ])('is not created with %s', async (_what, input, field) => {
    const owner = await app.newMember();
    const { errors } = await owner.post(keyOf, { name: 'Key', ...input });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect((await owner.gql('{ viewer { apiKeys { id } } }')).viewer.apiKeys).toEqual([]);
  });

  it('is refused after its expiry, and stays in the list', async () => {
    const owner = await app.newMember();
    const secret = await make(owner, scopes, new Date(Date.now() + 60_000));
    const key = asKey(app.url, secret);
    expect((await key.gql('{ viewer { email } }')).viewer).toEqual({ email: owner.email });
    const past = new Date(Date.now() - 1000);
    await database()
      .db.updateTable('api_key')
      .set({ expires_at: past })
      .where('start', '=', secret.slice(0, 10))
      .execute();
    expect((await key.gql('{ viewer { email } }')).viewer).toBeNull();
    const { apiKeys } = (await owner.gql('{ viewer { apiKeys { expiresAt } } }')).viewer;
    expect(apiKeys).toEqual([{ expiresAt: past.toISOString() }]);
  });

  // These tests wait for an expiry, so they run concurrently.
  it.concurrent.each(['ws', 'sse'] as const)(
    'ends its subscriptions over %s when it expires, as a session does',
    {
      timeout: 30_000,
    },
    async (over) => {
      const owner = await app.newMember();
      const expiresAt = new Date(Date.now() + 4000);
      const secret = await make(owner, ['READ'], expiresAt);
      const { db } = database();
      const ofOwner = db.selectFrom('user').select('id').where('email', '=', owner.email);
      await db.updateTable('session').set({ expires_at: expiresAt }).where('user_id', '=', ofOwner).execute();
      const clients = [app.url, plain.url].flatMap((url) => [asKey(url, secret), connect(url, owner)]);
      const streams = clients.map((client) =>
        client.subscribe(over, 'subscription { creditsChanged { held } }')[Symbol.asyncIterator](),
      );
      const begun = await Promise.all(streams.map((events) => events.next()));
      expect(begun.map(({ value }) => value.data.creditsChanged.held)).toEqual([0, 0, 0, 0]);
      // Nobody cancels the streams. They end by themselves, or the test times out.
      for (const events of streams) {
        for (let next: { done?: boolean } = {}; !next.done; ) next = await events.next().catch(() => ({ done: true }));
      }
    },
  );

  it('leaves in the audit log who made and revoked it, with its name and prefix but never its secret', async () => {
    const owner = await app.newMember();
    const { createApiKey } = await owner.gql(keyOf, { name: 'CI\u202e', scopes: ['READ', 'ADMIN'] });
    expect(createApiKey.apiKey.name).toBe('CI');
    await owner.gql('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: createApiKey.apiKey.id });
    const { edges } = (
      await admin.gql('{ admin { auditLog(first: 2) { edges { node { actor { email } action target note } } } } }')
    ).admin.auditLog;
    const shown = `CI (${createApiKey.apiKey.prefix}…)`;
    const by = { actor: { email: owner.email }, target: owner.email };
    expect(edges.map(({ node }: { node: object }) => node)).toEqual([
      { ...by, action: 'revokeApiKey', note: shown },
      { ...by, action: 'createApiKey', note: `${shown}: READ, ADMIN` },
    ]);
    expect(JSON.stringify(edges)).not.toContain(createApiKey.secret.slice(0, 12));
  });
});

/**
 * Sends queries and mutations over HTTP and WebSocket, and subscriptions over WebSocket and server-sent events, each up
 * to the first event.
 */
async function answersOver(url: string, secret: string, root: string, query: string): Promise<GraphQLEvent[]> {
  const client = asKey(url, secret);
  const first = async (over: 'ws' | 'sse'): Promise<GraphQLEvent> => {
    const events = client.subscribe(over, query)[Symbol.asyncIterator]();
    const { value = {} } = await events.next();
    await events.return?.();
    return value;
  };
  return root === 'Subscription'
    ? [await first('ws'), await first('sse')]
    : [await client.post(query), await first('ws')];
}

function asKey(url: string, secret: string): Client {
  return connect(url, { key: secret });
}

/** The smallest operation that names the field, with a value for each required argument. */
function operationOf(root: string, { name, args, type }: (typeof fields)[number]['field']): string {
  const given = args.filter(isRequiredArgument).map((arg: GraphQLArgument) => `${arg.name}: ${literalOf(arg.type)}`);
  const named = isNonNullType(type) ? type.ofType : type;
  const selection = isLeafType(named) ? '' : ' { __typename }';
  return `${root.toLowerCase()} { ${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection} }`;
}

/** A well-formed id that is not in the database. */
const nothing = JSON.stringify(Buffer.from('Turn:00000000-0000-7000-8000-000000000000').toString('base64'));

function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType);
  if (isListType(type)) return `[${literalOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name as string;
  if (isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{ ${needed.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  const values: Record<string, string> = {
    Boolean: 'false',
    Int: '1',
    Float: '1',
    Credits: '1',
    DateTime: '"2999-01-01"',
  };
  return values[type.name] ?? (type.name === 'ID' ? nothing : '"x"');
}
