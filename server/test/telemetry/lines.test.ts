import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { encodeGlobalId } from '../../src/domain/ground/global-ids.ts';
import { send } from '../api/asking.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { cookiesOf, quickPasswords } from '../setup/members.ts';
import { errorBody, startWireServer, streamBeginning, streamBody, type WireServer } from '../wire-server.ts';

const secrets = {
  prompt: 'Why_is_my_cat_purple',
  system: 'You_are_the_vet_of_Dr_Moreau',
  answer: 'Because_it_fell_into_the_paint',
  thought: 'The_member_seems_to_have_a_cat',
  title: 'A_cat_of_another_colour',
  password: 'hunter2-hunter2-hunter2',
  wrongPassword: 'hunter3-hunter3-hunter3',
  email: 'cat-owner@example.org',
  name: 'Gwendolyn Catkeeper',
};

// biome-ignore lint/suspicious/noExplicitAny: a line has the fields of its event
type Line = any;

let database: TestDatabase;
let wire: WireServer;
let app: TestApp;
let member: Client;
let key: string;

const models = { good: 'anthropic/claude-haiku-4-5', broken: 'openai/gpt-4.1-mini' };
const lines = (): Line[] => app.errors.map((line) => JSON.parse(line));
const linesOf = (msg: string) => lines().filter((line) => line.msg === msg);
/** Resolves to what the lines have, once all of them are written. */
async function eventually(msg: string, count: number): Promise<Line[]> {
  while (linesOf(msg).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return linesOf(msg);
}

beforeAll(async () => {
  database = await openTestDatabase('pglite');
  wire = await startWireServer();
  app = await startApp({
    database,
    wire,
    logLevel: 'trace',
    retryDelayMs: 1,
    passwords: quickPasswords,
    env: { CHAT_KIT: 'on' },
    catalogue: {
      models: [
        { id: models.broken, minimumTier: 'FREE', fallbacks: [models.good] },
        { id: models.good, minimumTier: 'FREE' },
      ],
    },
  });
  member = await app.newMember();
  key = (await member.gql('mutation { createApiKey(name: "Program") { secret } }')).createApiKey.secret;
});
afterAll(async () => {
  await app?.close();
  await wire?.close();
  await database?.close();
});
beforeEach(() => {
  wire.reset();
  wire.respondWith(({ api }) =>
    api === 'openai.chat'
      ? {
          status: 503,
          body: errorBody(api, { status: 503, name: 'overloaded', message: `Cannot say ${secrets.prompt}` }),
        }
      : {
          body: streamBody(api, {
            reasoning: [secrets.thought],
            text: [secrets.answer],
            usage: { input: 9, output: 3 },
          }),
        },
  );
  app.errors.length = 0;
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await response.clone().text();
  return response;
}

describe('what a prompt leaves in the log', () => {
  it('a prompt, each attempt and each settlement is one line that names request, member, turn and response', async () => {
    const requestId = 'of-the-proxy-1';
    const query = `mutation Ask($input: SendPromptInput!) { sendPrompt(input: $input) {
      ... on SendPromptPayload { turn { id responses { id model { id } } } } } }`;
    const input = { prompt: secrets.prompt, modelIds: [models.broken, models.good] };
    const headers = { cookie: member.cookie, 'x-request-id': requestId };
    const response = await post('/graphql', { query, variables: { input } }, headers);
    expect(response.headers.get('x-request-id')).toBe(requestId);
    const { turn } = (await response.json()).data.sendPrompt;
    const settled = await eventually('A response was settled.', 2);
    const [admitted] = linesOf('A prompt was admitted.');
    const answered = linesOf('A model answered.');
    const failed = linesOf('A model failed.');

    const { memberId, turnId } = admitted;
    expect(encodeGlobalId('Turn', turnId)).toBe(turn.id);
    expect(admitted).toMatchObject({ level: 30, requestId, kind: 'prompt', durationMs: expect.any(Number) });
    expect(admitted.responses.map(({ responseId }: Line) => encodeGlobalId('Response', responseId))).toEqual(
      turn.responses.map(({ id }: { id: string }) => id),
    );
    const ids = { requestId, memberId, turnId };
    expect(failed).toEqual([
      expect.objectContaining({ ...ids, providerId: 'openai', attempt: 1, status: 'FAILED', code: 'OVERLOADED' }),
    ]);
    const figures = {
      inputTokens: 9,
      outputTokens: 3,
      durationMs: expect.any(Number),
      firstTokenMs: expect.any(Number),
    };
    expect(answered.map(({ attempt }) => attempt).sort()).toEqual([1, 2]);
    for (const line of answered) expect(line).toMatchObject({ ...ids, providerId: 'anthropic', ...figures });
    expect(settled.map(({ servedBy }) => servedBy)).toEqual(expect.arrayContaining([models.good, undefined]));
    for (const line of settled) {
      expect(line).toMatchObject({
        ...ids,
        level: 30,
        status: 'COMPLETED',
        creditsCharged: expect.any(Number),
        ...figures,
      });
    }
    const [request, ...others] = await eventually('A request was answered.', 1);
    expect(request).toMatchObject({ requestId, memberId, level: 30, route: 'graphql', operation: 'Ask', status: 200 });
    expect(others).toEqual([]);
  });

  it('a refused prompt is a line that says why', async () => {
    await send(member, { prompt: secrets.prompt, modelIds: ['openai/nothing'] });
    expect(await eventually('A prompt was refused.', 1)).toMatchObject([
      { level: 30, refusal: 'ModelUnavailableError' },
    ]);
  });

  it('an operation of a socket has a name of its own, which begins with that of the socket', async () => {
    const query = `query Missing { node(id: "${encodeGlobalId('Turn', 'nothing')}") { id } conversation(id: "none") { id } }`;
    const asked = { id: '1', type: 'subscribe', payload: { query } };
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'], {
      headers: { cookie: member.cookie, 'x-request-id': 'socket-1' },
    });
    const upgraded = new Promise((resolve) => socket.once('upgrade', (res) => resolve(res.headers['x-request-id'])));
    const errors = new Promise<Line>((resolve) =>
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'connection_ack') socket.send(JSON.stringify(asked));
        if (message.type === 'next') resolve(message.payload.errors);
      }),
    );
    socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
    expect(await upgraded).toBe('socket-1');
    expect((await errors)[0].extensions).toMatchObject({ requestId: 'socket-1.1' });
    const [line] = await eventually('An operation of a socket ended.', 1);
    expect(line).toMatchObject({ requestId: 'socket-1.1', connectionId: 'socket-1', operation: 'Missing' });
    socket.close();
  });
});

describe('names of requests', () => {
  it.each([
    ['an id with a line break', 'a\tb'],
    ['one that is too long', 'x'.repeat(129)],
    ['an empty one', ''],
  ])('%s is replaced', async (_what, given) => {
    const { headers } = await fetch(`${app.url}/health`, { headers: { 'x-request-id': given } });
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it.each([
    '/health',
    '/nowhere',
    '/v1/messages',
    '/v1/chat/completions',
    '/api/auth/get-session',
    '/export/usage.csv',
  ])('%s answers with the name that it was given', async (path) => {
    const { headers } = await fetch(app.url + path, { headers: { 'x-request-id': 'Root=1-67891233-abc' } });
    expect(headers.get('x-request-id')).toBe('Root=1-67891233-abc');
  });

  it('Anthropic’s own header and errors have the same name', async () => {
    const response = await post('/v1/messages', {}, { 'x-api-key': key });
    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^req_/);
    expect([response.headers.get('request-id'), (await response.json()).request_id]).toEqual([id, id]);
  });

  it('errors of GraphQL have the request’s name, over HTTP and over events', async () => {
    const given = { 'x-request-id': 'named' };
    const refused = await (
      await post('/graphql', { query: '{ viewer { id } admin { users { totalCount } } }' }, given)
    ).json();
    expect(refused.errors[0].extensions.requestId).toBe('named');
    const mistaken = await (await post('/graphql', { query: '{ nothing }' }, given)).json();
    expect(mistaken.errors[0].extensions.requestId).toBe('named');
    for (const field of ['text', 'TextDelta: __typename']) {
      const query = `subscription { streamResponse(turnId: "none") { ${field === 'text' ? '... on TextDelta { text }' : field} } }`;
      const events = await post(
        '/graphql',
        { query },
        { ...given, accept: 'text/event-stream', cookie: member.cookie },
      );
      expect(await events.text()).toContain('"requestId":"named"');
    }
  });
});

describe('at LOG_LEVEL=trace', () => {
  it('no line has a text, a title, a password, a cookie, a key, a name or an e-mail address', async () => {
    const { prompt, system, password, wrongPassword, email, name, title } = secrets;
    const origin = { origin: app.url };
    const signUp = await post('/api/auth/sign-up/email', { email, password, name }, origin);
    const cookie = cookiesOf(signUp);
    await post('/api/auth/sign-in/email', { email, password: wrongPassword }, origin);
    await post('/api/auth/sign-in/email', { email, password: 'short' }, origin);
    await post('/api/auth/sign-in/email', { email, password }, origin);
    await post(
      '/api/auth/change-password',
      { currentPassword: wrongPassword, newPassword: password },
      { ...origin, cookie },
    );
    await post('/api/auth/sign-in/email', `{"email": "${email}", "password": "${password}`, origin);

    const person = connect(app.url, { cookie });
    const programKey = (await person.gql('mutation { createApiKey(name: "Mine") { secret } }')).createApiKey.secret;
    const { turn, conversation } = await send(person, { prompt, modelIds: [models.broken, models.good] });
    const follow =
      'subscription ($turnId: ID!) { streamResponse(turnId: $turnId) { __typename ... on TextDelta { text } } }';
    for (const over of ['ws', 'sse'] as const)
      for await (const _event of person.subscribe(over, follow, { turnId: turn.id }));
    await person.post('mutation ($id: ID!, $t: String!) { updateConversation(id: $id, input: { title: $t }) { id } }', {
      id: conversation.id,
      t: title,
    });
    await person.post(`query { conversations(search: "${prompt}") { edges { node { title } } } }`);
    await person.post(`{ ${prompt} }`);

    const bearer = { authorization: `Bearer ${programKey}` };
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: prompt },
    ];
    const asked = { messages: messages.slice(1), system, max_tokens: 100 };
    wire.respondWith(({ api }) => ({
      body: streamBeginning(api, { text: [secrets.answer] }),
      ending: 'cut',
    }));
    await post('/v1/chat/completions', { model: models.broken, messages }, bearer);
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { text: [secrets.answer], usage: { input: 9, output: 3 } }),
    }));
    for (const stream of [false, true]) {
      await post('/v1/chat/completions', { model: models.broken, messages, stream }, bearer);
      await post('/v1/responses', { model: models.broken, input: prompt, instructions: system, stream }, bearer);
      await post('/v1/messages', { model: models.good, ...asked, stream }, { 'x-api-key': programKey });
    }
    wire.respondWith(({ api }) => ({
      status: 401,
      body: errorBody(api, { status: 401, name: 'auth', message: `Bad key sk-test-openai for ${prompt}` }),
    }));
    await post('/v1/chat/completions', { model: models.broken, messages }, bearer);
    await post('/v1/messages', { model: models.good, ...asked }, { 'x-api-key': programKey });
    await post('/v1/messages', { model: models.good, ...asked }, { 'x-api-key': `${programKey}x` });
    await post('/api/v1/chat', { prompt, models: [models.good] }, bearer);
    await post('/chat/claude', { messages: messages.slice(1) }, bearer);
    await post('/chat/stream', { userId: 'me', message: prompt, model: models.good }, bearer);
    await post(`/v1/${prompt}/${programKey}?q=${prompt}`, { prompt }, bearer);
    await fetch(`${app.url}/join/${programKey}`);
    await person.post('mutation { revokeApiKeys: deleteEverything }');

    const written = app.errors.join('');
    expect(linesOf('A response was settled.').length).toBeGreaterThan(10);
    expect(linesOf('A request was answered.').length).toBeGreaterThan(20);
    const token = cookie.split('=')[1]?.split('.')[0] as string;
    expect(token.length).toBeGreaterThan(20);
    for (const [what, secret] of Object.entries({ ...secrets, token, programKey, provider: 'sk-test-' })) {
      expect(
        written.includes(secret),
        `${what}: ${lines().find((line) => JSON.stringify(line).includes(secret))?.msg}`,
      ).toBe(false);
    }
  });
});
