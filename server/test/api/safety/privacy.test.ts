import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createMockModels } from '../../../src/providers/mock/mock.ts';
import { type Client, connect, type GraphQLAnswer, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import {
  type Asked,
  continueDocument,
  converse,
  followDocument,
  regenerateDocument,
  send,
  storedResponses,
} from '../asking.ts';

describeDatabases('private data', (database) => {
  let app: TestApp;
  let admin: Client;
  let owner: Client;
  let other: Client;
  let nobody: Client;
  let theirs: Asked;
  let ids: Record<'conversation' | 'turn' | 'response' | 'entry' | 'apiKey' | 'viewer', string>;
  let secret: string;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      languageModels: { mock: createMockModels({ pace: Number.POSITIVE_INFINITY }) },
    });
    [admin, owner, other] = [await app.newMember(), await app.newMember(), await app.newMember()];
    nobody = connect(app.url);
    theirs = await converse(owner, { prompt: 'My secret plan', modelIds: ['mock/swift'] });
    const { createApiKey } = await owner.gql('mutation { createApiKey(name: "mine") { secret apiKey { id } } }');
    secret = createApiKey.secret;
    const { viewer } = await owner.gql('{ viewer { id credits { entries(first: 1) { edges { node { id } } } } } }');
    ids = {
      conversation: theirs.conversation.id,
      turn: theirs.turn.id,
      response: theirs.turn.responses[0]?.id as string,
      entry: viewer.credits.entries.edges[0].node.id,
      apiKey: createApiKey.apiKey.id,
      viewer: viewer.id,
    };
  });
  afterAll(async () => {
    const stored = await storedResponses(owner, ids.turn);
    await app.close();
    expect(stored).toHaveLength(1);
    expect(app.errors).toEqual([]);
  });

  const unknown = (typename: string) =>
    Buffer.from(`${typename}:01890000-0000-7000-8000-000000000000`).toString('base64');
  /** Each operation, the kind of id that it takes, and an unknown id of the same type. */
  const operations: [string, keyof typeof ids, string, string][] = [
    ['conversation', 'conversation', unknown('Conversation'), 'query ($id: ID!) { conversation(id: $id) { title } }'],
    ['node of a conversation', 'conversation', unknown('Conversation'), 'query ($id: ID!) { node(id: $id) { id } }'],
    ['node of a turn', 'turn', unknown('Turn'), 'query ($id: ID!) { node(id: $id) { id } }'],
    ['node of a response', 'response', unknown('Response'), 'query ($id: ID!) { node(id: $id) { id } }'],
    [
      'node of a ledger entry',
      'entry',
      Buffer.from('CreditEntry:999999').toString('base64'),
      'query ($id: ID!) { node(id: $id) { id } }',
    ],
    ['node of an API key', 'apiKey', unknown('ApiKey'), 'query ($id: ID!) { node(id: $id) { id } }'],
    ['node of a viewer', 'viewer', unknown('Viewer'), 'query ($id: ID!) { node(id: $id) { id } }'],
    [
      'quote',
      'conversation',
      unknown('Conversation'),
      'query ($id: ID!) { quote(input: { prompt: "Hi", conversationId: $id }) { maximum } }',
    ],
    [
      'quote after a turn',
      'turn',
      unknown('Turn'),
      'query ($id: ID!) { quote(input: { prompt: "Hi", parentTurnId: $id }) { maximum } }',
    ],
    [
      'updateConversation',
      'conversation',
      unknown('Conversation'),
      'mutation ($id: ID!) { updateConversation(input: { id: $id, title: "Mine now" }) { id } }',
    ],
    [
      'deleteConversation',
      'conversation',
      unknown('Conversation'),
      'mutation ($id: ID!) { deleteConversation(id: $id) }',
    ],
    ['stopResponses', 'turn', unknown('Turn'), 'mutation ($id: ID!) { stopResponses(turnId: $id) { id } }'],
    [
      'chooseResponse',
      'response',
      unknown('Response'),
      'mutation ($id: ID!) { chooseResponse(responseId: $id) { id } }',
    ],
    ['revokeApiKey', 'apiKey', unknown('ApiKey'), 'mutation ($id: ID!) { revokeApiKey(id: $id) }'],
    [
      'regenerateResponse',
      'response',
      unknown('Response'),
      regenerateDocument.replace('$responseId: ID!', '$id: ID!').replace('responseId: $responseId', 'responseId: $id'),
    ],
    [
      'continueResponse',
      'response',
      unknown('Response'),
      continueDocument.replace('$responseId: ID!', '$id: ID!').replace('responseId: $responseId', 'responseId: $id'),
    ],
  ];

  it.each(operations)(
    'seems not to exist for other members and for the admin: %s',
    async (_name, kind, unknownId, document) => {
      for (const client of [other, admin]) {
        const foreign = await client.post(document, { id: ids[kind], modelId: null });
        expect(foreign).toEqual(await client.post(document, { id: unknownId, modelId: null }));
        expect(JSON.stringify(foreign)).not.toMatch(/INTERNAL|secret plan/);
        const data = Object.values(foreign.data ?? { none: null });
        for (const value of data) if (value !== null) expect(value).toMatchObject({ __typename: 'NotFoundError' });
      }
    },
  );

  it.each(['ws', 'sse'] as const)('cannot be followed over %s by anyone else', async (over) => {
    const heard = async (client: Client, turnId: string) => {
      const events: unknown[] = [];
      for await (const event of client.subscribe(over, followDocument, { turnId })) events.push(event);
      return events;
    };
    const foreign = await heard(other, ids.turn);
    expect(foreign).toEqual(await heard(other, unknown('Turn')));
    expect(foreign).toMatchObject([{ errors: [{ extensions: { code: 'NOT_FOUND' } }] }]);
    expect(await heard(nobody, ids.turn)).toMatchObject([{ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }]);
  });

  it('cannot be extended or stopped by another member', async () => {
    for (const place of [{ conversationId: ids.conversation }, { parentTurnId: ids.turn }]) {
      expect(await send(other, { prompt: 'Intruding', modelIds: ['mock/swift'], ...place })).toMatchObject({
        __typename: 'NotFoundError',
      });
    }
    const mine = await converse(other, { prompt: 'Mine', modelIds: ['mock/swift'] });
    expect(
      await send(other, { prompt: 'Mixed', conversationId: mine.conversation.id, parentTurnId: ids.turn }),
    ).toMatchObject({ __typename: 'NotFoundError' });
    const answer = await other.post(
      'query ($id: ID!, $through: ID!) { conversation(id: $id) { turns(through: $through) { totalCount } } }',
      { id: mine.conversation.id, through: ids.turn },
    );
    expect(codesOf(answer)).toEqual(['NOT_FOUND']);
    const stopped = await other.post(
      'mutation ($t: ID!, $r: [ID!]) { stopResponses(turnId: $t, responseIds: $r) { id } }',
      {
        t: mine.turn.id,
        r: [ids.response],
      },
    );
    expect(codesOf(stopped)).toEqual(['NOT_FOUND']);
  });

  it('is not found by anyone else’s search or list', async () => {
    const search = '{ conversations(search: "secret plan") { totalCount edges { node { id } } } }';
    expect((await other.gql(search)).conversations).toEqual({ totalCount: 0, edges: [] });
    expect((await admin.gql(search)).conversations).toEqual({ totalCount: 0, edges: [] });
    expect((await owner.gql(search)).conversations.totalCount).toBe(1);
  });

  it('is deleted by its owner’s “delete all” only', async () => {
    await other.gql('mutation { deleteAllConversations }');
    expect((await owner.gql('{ conversations { totalCount } }')).conversations.totalCount).toBe(1);
  });

  it.each([
    'query ($id: ID!) { conversation(id: $id) { id } }',
    '{ conversations { totalCount } }',
    '{ quote(input: { prompt: "Hi" }) { maximum } }',
    'mutation { sendPrompt(input: { prompt: "Hi" }) { __typename } }',
    'mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }',
    'mutation ($id: ID!) { continueResponse(responseId: $id) { __typename } }',
    'mutation ($id: ID!) { stopResponses(turnId: $id) { id } }',
    'mutation ($id: ID!) { chooseResponse(responseId: $id) { id } }',
    'mutation { createConversation(input: {}) { id } }',
    'mutation ($id: ID!) { updateConversation(input: { id: $id }) { id } }',
    'mutation ($id: ID!) { deleteConversation(id: $id) }',
    'mutation { deleteAllConversations }',
    'mutation { createApiKey(name: "x") { secret } }',
    'mutation ($id: ID!) { revokeApiKey(id: $id) }',
  ])('is closed to a client that is not signed in: %s', async (document) => {
    const answer = await nobody.post(document, { id: ids.conversation });
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
  });

  it('public data can be read without signing in', async () => {
    const answer = await nobody.post(
      'query ($id: ID!) { viewer { id } models { id access { denial } } tiers { id } node(id: $id) { id } }',
      { id: ids.turn },
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toMatchObject({ viewer: null, node: null });
    expect(answer.data.models.find(({ id }: { id: string }) => id === 'mock/swift').access.denial).toBe('SIGNED_OUT');
  });

  describe('by API key or cookie', () => {
    const viewer = '{ viewer { email } }';

    it('is open over HTTP with either header of an API key', async () => {
      for (const [name, value] of [
        ['x-api-key', secret],
        ['authorization', `Bearer ${secret}`],
      ] as const) {
        expect(await emailOver({ [name]: value })).toBe(owner.email);
      }
      expect(await emailOver({ 'x-api-key': `${secret}x` })).toBeNull();
      expect(await emailOver({ 'x-api-key': 'nope', cookie: owner.cookie })).toBeNull();
    });

    it('is open over a socket by cookie, by an API key in the upgrade’s headers or by one in the connection parameters', async () => {
      expect(await emailOverSocket({ headers: { cookie: owner.cookie } })).toBe(owner.email);
      expect(await emailOverSocket({ headers: { 'x-api-key': secret } })).toBe(owner.email);
      expect(await emailOverSocket({ parameters: { authorization: `Bearer ${secret}` } })).toBe(owner.email);
      expect(await emailOverSocket({ parameters: { 'X-API-Key': secret } })).toBe(owner.email);
      expect(await emailOverSocket({ parameters: { cookie: owner.cookie } })).toBeNull();
      expect(await emailOverSocket({})).toBeNull();
    });

    it('is closed to pages of another origin, over a socket and HTTP', async () => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { cookie: owner.cookie, origin: 'https://evil.example' },
      });
      const [error] = await once(socket, 'error');
      expect(error.message).toContain('403');
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: owner.cookie, origin: 'https://evil.example' },
        body: JSON.stringify({ query: viewer }),
      });
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    });

    it('is closed at once when the key is revoked or the session ends', async () => {
      const { createApiKey } = await other.gql('mutation { createApiKey(name: "short") { secret apiKey { id } } }');
      expect(await emailOver({ 'x-api-key': createApiKey.secret })).toBe(other.email);
      await other.gql('mutation ($id: ID!) { revokeApiKey(id: $id) }', { id: createApiKey.apiKey.id });
      expect(await emailOver({ 'x-api-key': createApiKey.secret })).toBeNull();
      const leaving = await app.newMember();
      const headers = { cookie: leaving.cookie, 'content-type': 'application/json' };
      await fetch(`${app.url}/api/auth/sign-out`, { method: 'POST', headers, body: '{}' });
      expect(await emailOver({ cookie: leaving.cookie })).toBeNull();
    });

    it('is closed over a socket to a key that no header could hold', async () => {
      expect(await emailOverSocket({ parameters: { 'x-api-key': 'plk_ключ\n' } })).toBeNull();
    });

    async function emailOver(headers: Record<string, string>): Promise<string | null> {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: viewer }),
      });
      const { data } = (await response.json()) as GraphQLAnswer;
      return data.viewer?.email ?? null;
    }

    async function emailOverSocket({ headers = {}, parameters = {} }: { headers?: object; parameters?: object }) {
      class Socket extends WebSocket {
        constructor(address: string, protocols: string[]) {
          super(address, protocols, { headers: headers as Record<string, string> });
        }
      }
      const url = `${app.url.replace('http', 'ws')}/graphql`;
      const client = createClient({
        url,
        webSocketImpl: Socket,
        retryAttempts: 0,
        connectionParams: { ...parameters },
      });
      try {
        const { value } = await client.iterate<{ viewer: { email: string } | null }>({ query: viewer }).next();
        return value?.data?.viewer?.email ?? null;
      } finally {
        await client.dispose();
      }
    }
  });
});

function codesOf({ errors }: GraphQLAnswer): string[] {
  return errors?.map(({ extensions }) => extensions.code) ?? [];
}
