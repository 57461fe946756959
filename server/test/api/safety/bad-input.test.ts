import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createMockModels } from '../../../src/providers/mock/mock.ts';
import { type Client, type GraphQLAnswer, startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { type Asked, accountOf, converse, regenerateDocument, send, sendDocument } from '../asking.ts';

/**
 * One database is enough, as bad input is refused before it reaches the database, except for ids that are looked up.
 */
describe('bad input', () => {
  let database: TestDatabase;
  let app: TestApp;
  let member: Client;
  let mine: Asked;
  let before: Awaited<ReturnType<typeof everything>>;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database, languageModels: { mock: createMockModels({ pace: Number.POSITIVE_INFINITY }) } });
    member = await app.newMember();
    mine = await converse(member, { prompt: 'Hello', modelIds: ['mock/swift'] });
    before = await everything();
  });
  afterAll(async () => {
    const after = await everything();
    const errors = app.errors;
    await app.close();
    await database.close();
    expect(after).toEqual(before);
    expect(errors).toEqual([]);
  });

  it.each([
    ['an empty prompt', { prompt: '' }, 'prompt'],
    ['a prompt of white space', { prompt: ' \n\t\u00a0\u3000 ' }, 'prompt'],
    ['a prompt of a megabyte', { prompt: 'x'.repeat(1 << 20) }, 'prompt'],
    ['a prompt of six megabytes of escapes', { prompt: '\u0001'.repeat(1_000_000) }, 'prompt'],
    ['no models', { prompt: 'Hi', modelIds: [] }, 'modelIds'],
    ['a temperature below 0', { prompt: 'Hi', parameters: { temperature: -1 } }, 'parameters.temperature'],
    ['an impossibly high temperature', { prompt: 'Hi', parameters: { temperature: 1e308 } }, 'parameters.temperature'],
    ['a topP of 0', { prompt: 'Hi', parameters: { topP: 0 } }, 'parameters.topP'],
    ['an output limit of 0', { prompt: 'Hi', parameters: { maxOutputTokens: 0 } }, 'parameters.maxOutputTokens'],
    ['a negative output limit', { prompt: 'Hi', parameters: { maxOutputTokens: -5 } }, 'parameters.maxOutputTokens'],
    ['an empty idempotency key', { prompt: 'Hi', idempotencyKey: '' }, 'idempotencyKey'],
    ['an idempotency key of 10,000 characters', { prompt: 'Hi', idempotencyKey: 'x'.repeat(10_000) }, 'idempotencyKey'],
    ['an idempotency key with NUL', { prompt: 'Hi', idempotencyKey: 'a\0b' }, 'idempotencyKey'],
  ])('an input with %s is refused, and the error names the field', async (_name, input, field) => {
    expect(await send(member, input)).toMatchObject({ __typename: 'InvalidInputError', field });
  });

  it.each([
    'nope',
    'mock/',
    '/',
    '',
    'mock/nope',
    'gpt-99',
    '\0',
    '\ud800',
    'x'.repeat(100_000),
    "'; drop table turn; --",
  ])('a prompt for the model %j is refused, as there is no such model', async (modelId) => {
    const result = await send(member, { prompt: 'Hi', modelIds: ['mock/swift', modelId] });
    expect(result).toMatchObject({ __typename: 'ModelUnavailableError' });
  });

  it('a prompt for too many or too expensive models is refused with the required tier', async () => {
    expect(await send(member, { prompt: 'Hi', modelIds: Array(13).fill('mock/swift') })).toMatchObject({
      __typename: 'TierLimitError',
      requiredTier: null,
    });
    expect(await send(member, { prompt: 'Hi', modelIds: ['mock/oracle'] })).toMatchObject({
      __typename: 'TierLimitError',
      requiredTier: 'PRO',
    });
  });

  const unknown = '01890000-0000-7000-8000-000000000000';
  const ids = [
    ['in no known form', 'garbage'],
    ['without characters', ''],
    ['of base64 with an unknown type', global('Nothing', '1')],
    ['of another type', global('User', 'x')],
    ['that is no UUID', global('Turn', 'x')],
    ['of dashes', global('Turn', '-'.repeat(36))],
    ['of no turn', global('Turn', unknown)],
    ['of no response', global('Response', unknown)],
    ['of no conversation', global('Conversation', unknown)],
    ['with NUL', '\0'],
    ['with a lone surrogate', '\ud800'],
    ['of 100,000 characters', 'A'.repeat(100_000)],
    ['with an injection', global('Turn', "' or 1=1 --")],
  ] as const;

  it.each(ids)('an id %s finds nothing, whichever field takes it', async (_name, id) => {
    expect(await send(member, { prompt: 'Hi', conversationId: id })).toMatchObject({ __typename: 'NotFoundError' });
    expect(await send(member, { prompt: 'Hi', parentTurnId: id })).toMatchObject({ __typename: 'NotFoundError' });
    expect((await member.gql(regenerateDocument, { responseId: id })).regenerateResponse).toMatchObject({
      __typename: 'NotFoundError',
    });
    for (const document of [
      'mutation ($id: ID!) { stopResponses(turnId: $id) { id } }',
      'mutation ($id: ID!) { chooseResponse(responseId: $id) { id } }',
      'mutation ($id: ID!) { deleteConversation(id: $id) }',
      'mutation ($id: ID!) { updateConversation(input: { id: $id, title: "Mine" }) { id } }',
      'mutation ($id: ID!) { revokeApiKey(id: $id) }',
      'query ($id: ID!) { quote(input: { prompt: "Hi", conversationId: $id }) { maximum } }',
      `query ($id: ID!) { conversation(id: "${mine.conversation.id}") { turns(through: $id) { totalCount } } }`,
    ]) {
      expect([document, codesOf(await member.post(document, { id }))]).toEqual([document, ['NOT_FOUND']]);
    }
    for (const document of [
      'query ($id: ID!) { conversation(id: $id) { id } }',
      'query ($id: ID!) { node(id: $id) { id } }',
    ]) {
      const answer = await member.post(document, { id });
      expect(Object.values(answer.data ?? {})).toEqual([null]);
      for (const code of codesOf(answer)) expect(['NOT_FOUND', 'BAD_USER_INPUT']).toContain(code);
    }
    for (const over of ['ws', 'sse'] as const) {
      const events: GraphQLAnswer['errors'][] = [];
      const document = 'subscription ($id: ID!) { streamResponse(turnId: $id) { responseId } }';
      for await (const { errors } of member.subscribe(over, document, { id })) events.push(errors);
      expect(events.map((errors) => errors?.map(({ extensions }) => extensions.code))).toEqual([['NOT_FOUND']]);
    }
  });

  it.each([
    ['an unknown field', '{ viewer { nope } }', {}],
    ['an unknown argument', '{ conversations(nope: 1) { totalCount } }', {}],
    ['an unknown type', 'query ($id: Nope) { viewer { id } }', {}],
    ['no closing brace', '{ viewer { id }', {}],
    ['an empty document', '', {}],
    ['only a comment', '# nothing', {}],
    ['two anonymous operations', '{ viewer { id } } { viewer { id } }', {}],
    ['only a fragment', 'fragment F on Viewer { id }', {}],
    ['a fragment that contains itself', '{ viewer { ...F } } fragment F on Viewer { id ...F }', {}],
    ['a variable of the wrong type', 'query ($id: Int!) { node(id: $id) { id } }', { id: 'x' }],
    ['a variable that is missing', 'query ($id: ID!) { node(id: $id) { id } }', {}],
    ['an object for a string', sendDocument, { input: { prompt: { a: 1 } } }],
    ['a number for a prompt', sendDocument, { input: { prompt: 1 } }],
    ['a list for an input', sendDocument, { input: ['x'] }],
    ['an unknown input field', sendDocument, { input: { prompt: 'Hi', nope: 1 } }],
    ['a fraction of a token', sendDocument, { input: { prompt: 'Hi', parameters: { maxOutputTokens: 1.5 } } }],
    ['more tokens than an Int', sendDocument, { input: { prompt: 'Hi', parameters: { maxOutputTokens: 2 ** 40 } } }],
    ['a temperature that is no number', sendDocument, { input: { prompt: 'Hi', parameters: { temperature: 'warm' } } }],
    ['a negative number of conversations', '{ conversations(first: -1) { totalCount edges { cursor } } }', {}],
    ['a list that is read backwards', '{ conversations(last: 1) { totalCount edges { cursor } } }', {}],
    ['a malformed cursor', '{ conversations(first: 1, after: "x") { edges { cursor } } }', {}],
    [
      'a cursor without a UUID',
      `{ conversations(after: "${cursor('2026-01-01T00:00:00.000Z', '-'.repeat(36))}") { edges { cursor } } }`,
      {},
    ],
    [
      'a cursor before the earliest time',
      `{ conversations(after: "${cursor('-271821-04-20T00:00:00.000Z', unknown)}") { edges { cursor } } }`,
      {},
    ],
    [
      'a cursor after the latest time',
      `{ conversations(after: "${cursor('+275760-09-13T00:00:00.000Z', unknown)}") { edges { cursor } } }`,
      {},
    ],
    ['a cursor with NUL', '{ conversations(after: "\\u0000") { edges { cursor } } }', {}],
    ['a malformed cursor of the ledger', '{ viewer { credits { entries(after: "x") { edges { cursor } } } } }', {}],
    ['a negative number of entries', '{ viewer { credits { entries(first: -5) { edges { cursor } } } } }', {}],
    ['an empty title', 'mutation { createConversation(input: { title: "  " }) { id } }', {}],
    [
      'a title of 1,000 characters',
      `mutation { createConversation(input: { title: "${'x'.repeat(1000)}" }) { id } }`,
      {},
    ],
    [
      'a system prompt of 200,000 characters',
      `mutation { createConversation(input: { systemPrompt: "${'x'.repeat(200_000)}" }) { id } }`,
      {},
    ],
    ['no models for a conversation', 'mutation { createConversation(input: { modelIds: [] }) { id } }', {}],
    ['an API key without a name', 'mutation { createApiKey(name: "") { secret } }', {}],
    [
      'an API key with a name of 10,000 characters',
      `mutation { createApiKey(name: "${'x'.repeat(10_000)}") { secret } }`,
      {},
    ],
    ['5,000 nested braces', `{ viewer ${'{ a '.repeat(5000)}${'}'.repeat(5000)} }`, {}],
    ['5,000 nested lists', `{ conversations(search: ${'['.repeat(5000)}${']'.repeat(5000)}) { totalCount } }`, {}],
    ['10,000 aliases', `{ ${Array.from({ length: 10_000 }, (_, index) => `a${index}: viewer { id }`).join(' ')} }`, {}],
    [
      '100 aliases',
      `{ ${Array.from({ length: 100 }, (_, index) => `a${index}: conversations { totalCount }`).join(' ')} }`,
      {},
    ],
    ['10,000 directives', `{ viewer ${'@skip(if: false) '.repeat(10_000)} { id } }`, {}],
    [
      'a depth of 40',
      `{ conversations { edges { node { ${'turns { edges { node { conversation { '.repeat(10)} id ${'} } } } '.repeat(10)} } } } }`,
      {},
    ],
    ['a megabyte of query', `{ viewer { ${'id '.repeat(350_000)} } }`, {}],
    [
      'an offset below 0',
      `subscription { streamResponse(turnId: "x", resume: [{ responseId: "x", textOffset: -1 }]) { responseId } }`,
      {},
    ],
  ])('a request with %s gets a GraphQL error with a code', async (_name, query, variables) => {
    const answer = await member.post(query, variables);
    expect(codesOf(answer).length).toBeGreaterThan(0);
    for (const code of codesOf(answer)) {
      expect(code).toMatch(/^[A-Z_]+$/);
      expect(code).not.toBe('INTERNAL_SERVER_ERROR');
    }
  });

  it.each([
    ['31 aliases', `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: viewer { id }`).join(' ')} }`],
    ['31 directives', `{ viewer ${'@skip(if: false) '.repeat(31)} { id } }`],
    [
      'a depth of 40',
      `{ conversations { edges { node { ${'turns { edges { node { conversation { '.repeat(10)} id ${'} } } } '.repeat(10)} } } } }`,
    ],
    ['5,000 nested braces', `{ viewer ${'{ a '.repeat(5000)}${'}'.repeat(5000)} }`],
    ['a megabyte of words', `{ viewer { ${'id '.repeat(350_000)} } }`],
  ])('a request with %s is refused as QUERY_TOO_COMPLEX, not as a syntax error', async (_name, query) => {
    expect(codesOf(await member.post(query))).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('a temperature that is out of range or no number is refused without an internal error', async () => {
    for (const number of ['1e400', '-1e400', 'NaN', '1e5']) {
      const literal = `mutation { sendPrompt(input: { prompt: "Hi", parameters: { temperature: ${number} } }) { __typename } }`;
      const answer = await member.post(literal);
      if (answer.errors) expect(codesOf(answer)).not.toContain('INTERNAL_SERVER_ERROR');
      else expect(answer.data.sendPrompt).toEqual({ __typename: 'InvalidInputError' });
      const variables = `{"query":"mutation($t:Float){sendPrompt(input:{prompt:\\"Hi\\",parameters:{temperature:$t}}){__typename}}","variables":{"t":${number}}}`;
      const { status, body } = await raw({ body: variables });
      expect(status).toBeLessThan(500);
      if (body.errors) expect(body.errors[0].extensions.code).toMatch(/^(BAD_USER_INPUT|BAD_REQUEST)$/);
      else expect(body.data.sendPrompt).toEqual({ __typename: 'InvalidInputError' });
    }
  });

  const viewer = JSON.stringify({ query: '{ viewer { id } }' });
  const deletion = 'mutation { deleteAllConversations }';
  it.each<[string, RequestInit & { path?: string }]>([
    ['a form', { body: 'query={viewer{id}}', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['a form with files', { body: new FormData() }],
    ['plain text', { body: viewer, headers: { 'content-type': 'text/plain' } }],
    ['a body without a content type', { body: new Blob([viewer]), headers: { 'content-type': '' } }],
    ['GraphQL itself', { body: '{ viewer { id } }', headers: { 'content-type': 'application/graphql' } }],
    ['malformed JSON', { body: '{"query":' }],
    ['JSON null', { body: 'null' }],
    ['an empty body', { body: '' }],
    ['an empty object', { body: '{}' }],
    ['a string', { body: '"{ viewer { id } }"' }],
    ['a number', { body: '1' }],
    ['a list of operations', { body: `[${viewer},${viewer}]` }],
    ['a query that is a number', { body: '{"query":1}' }],
    ['variables that are a list', { body: '{"query":"{viewer{id}}","variables":[1]}' }],
    ['variables that are a string', { body: '{"query":"{viewer{id}}","variables":"x"}' }],
    ['an operation name that is a number', { body: '{"query":"{viewer{id}}","operationName":1}' }],
    ['an unknown operation name', { body: '{"query":"query A {viewer{id}}","operationName":"B"}' }],
    ['extensions that are a string', { body: '{"query":"{viewer{id}}","extensions":"x"}' }],
    ['an unknown request field', { body: '{"query":"{viewer{id}}","nope":1}' }],
    ['50 MB', { body: `{"query":"${'x'.repeat(50_000_000)}"}` }],
    ['PUT', { method: 'PUT', body: viewer }],
    ['a mutation by GET', { method: 'GET', path: `?query=${encodeURIComponent(deletion)}` }],
    [
      'variables by GET that are no JSON',
      { method: 'GET', path: `?query=${encodeURIComponent('{viewer{id}}')}&variables={` },
    ],
    ['a GET without a query', { method: 'GET', path: '?nope=1' }],
  ])('a request sent as %s is refused with a code', async (_name, { path = '', ...init }) => {
    const { status, body } = await raw(init, path);
    // A GET that names no media type gets its errors with status 200, as older clients expect.
    expect(status).toBeGreaterThanOrEqual(init.method === 'GET' ? 200 : 400);
    expect(status).toBeLessThan(500);
    expect(body.errors[0].extensions.code).toMatch(/^(?!INTERNAL)[A-Z_]+$/);
  });

  describe('over a socket', () => {
    it('a bad operation gets an error, and the socket stays open', async () => {
      const socket = await openSocket();
      const bad: [string, unknown][] = [
        ['syntax', { query: '{ viewer {' }],
        ['empty', { query: '' }],
        ['field', { query: '{ nope }' }],
        ['variables', { query: 'query ($id: ID!) { node(id: $id) { id } }' }],
        ['no operation', { query: 'fragment F on Viewer { id }' }],
        ['wrong operation', { query: 'query A { viewer { id } }', operationName: 'B' }],
        ['braces', { query: `{ viewer ${'{ a '.repeat(5000)}${'}'.repeat(5000)} }` }],
        [
          'aliases',
          { query: `{ ${Array.from({ length: 5000 }, (_, index) => `a${index}: viewer { id }`).join(' ')} }` },
        ],
        ['turn', { query: 'subscription { streamResponse(turnId: "x") { responseId } }' }],
      ];
      for (const [id, payload] of bad) {
        const message = await socket.ask(id, payload);
        const errors = message.type === 'error' ? message.payload : message.payload.errors;
        expect([id, errors.map((error: { extensions?: { code?: string } }) => error.extensions?.code)]).toEqual([
          id,
          expect.arrayContaining([expect.stringMatching(/^(?!INTERNAL)[A-Z_]+$/)]),
        ]);
      }
      expect((await socket.ask('good', { query: '{ viewer { email } }' })).payload.data.viewer.email).toBe(
        member.email,
      );
      socket.close();
    });

    it('an operation beyond a hundred concurrent ones is refused until some have ended', async () => {
      const socket = await openSocket();
      const query = 'subscription { creditsChanged { balance } }';
      for (let number = 1; number <= 100; number++) await socket.ask(`s${number}`, { query });
      const refused = await socket.ask('one more', { query });
      expect(refused).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'TOO_MANY_OPERATIONS' } }] });
      for (let number = 1; number <= 100; number++) socket.send({ id: `s${number}`, type: 'complete' });
      expect((await socket.ask('again', { query })).type).toBe('next');
      for (let number = 1; number <= 150; number++) {
        await socket.ask(`q${number}`, { query: 'fragment F on Viewer { id }' });
        await socket.ask(`w${number}`, { query: 'subscription { streamResponse(turnId: "x") { responseId } }' });
      }
      expect((await socket.ask('still', { query: '{ viewer { email } }' })).payload.data.viewer.email).toBe(
        member.email,
      );
      socket.close();
    });

    it('operations that come all at once are counted, so that a hundred run and the rest are refused', async () => {
      const socket = await openSocket();
      const query = 'subscription { creditsChanged { balance } }';
      const first = await Promise.all(Array.from({ length: 300 }, (_, index) => socket.ask(`s${index}`, { query })));
      expect(first.filter(({ type }) => type === 'next')).toHaveLength(100);
      expect(first.filter(({ type }) => type === 'error')).toHaveLength(200);
      socket.close();
    });

    it.each([
      ['no JSON', 'nope'],
      ['an unknown message', '{"type":"nope"}'],
      ['a subscription without a query', '{"id":"1","type":"subscribe","payload":{}}'],
      ['32 MB', 'x'.repeat(32 << 20)],
    ])('a socket that sends %s is closed, and the server goes on', async (_name, text) => {
      const socket = await openSocket();
      const closed = once(socket.socket, 'close');
      socket.socket.send(text);
      const [code] = await closed;
      expect(code).toBeGreaterThanOrEqual(1002);
      expect((await member.gql('{ viewer { email } }')).viewer.email).toBe(member.email);
    });
  });

  /** Everything that a member can own, read before and after the tests. */
  async function everything() {
    const { conversations, viewer: self } = await member.gql(
      '{ conversations { totalCount edges { node { title updatedAt turns { totalCount } } } } viewer { apiKeys { id } } }',
    );
    return { conversations, self, account: await accountOf(member) };
  }

  // biome-ignore lint/suspicious/noExplicitAny: the shape of the answer varies
  async function raw(init: RequestInit, path = ''): Promise<{ status: number; body: any }> {
    const isJson = typeof init.body === 'string' && !init.headers;
    const headers = {
      cookie: member.cookie,
      ...(isJson && { 'content-type': 'application/json' }),
      ...(init.headers as object),
    };
    const response = await fetch(`${app.url}/graphql${path}`, { method: 'POST', ...init, headers });
    return { status: response.status, body: await response.json() };
  }

  async function openSocket() {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { cookie: member.cookie },
    });
    const waiting = new Map<string, (message: SocketMessage) => void>();
    socket.on('message', (data) => {
      const message: SocketMessage = JSON.parse(data.toString());
      if (message.type !== 'complete') waiting.get(message.id ?? message.type)?.(message);
    });
    socket.on('error', () => {});
    const send = (message: object) => socket.send(JSON.stringify(message));
    const answerTo = (id: string) => new Promise<SocketMessage>((resolve) => waiting.set(id, resolve));
    await once(socket, 'open');
    send({ type: 'connection_init' });
    await answerTo('connection_ack');
    return {
      socket,
      send,
      close: () => socket.close(),
      /** Resolves with the operation's first message. */
      ask(id: string, payload: unknown): Promise<SocketMessage> {
        const answer = answerTo(id);
        send({ id, type: 'subscribe', payload });
        return answer;
      },
    };
  }
});

interface SocketMessage {
  id?: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: errors or a result
  payload: any;
}

function codesOf({ errors }: GraphQLAnswer): string[] {
  return errors?.map(({ extensions }) => extensions?.code) ?? [];
}

function global(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64');
}

function cursor(time: string, id: string): string {
  return Buffer.from(`${time} ${id}`).toString('base64url');
}
