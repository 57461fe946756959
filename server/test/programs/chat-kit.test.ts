import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGuest } from '../../src/domain/people/guests.ts';
import { createMockModels } from '../../src/providers/mock/mock.ts';
import { converse } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, type WireServer } from '../wire-server.ts';

const run = promisify(execFile);

/** Runs a line of ai-chat-kit's pages in a shell, where HOST is the server; returns the status and the body. */
async function curl(url: string, line: string) {
  const script = line.replace(/^curl /, `curl --silent --write-out '\\n%{http_code}' `);
  const { stdout } = await run('sh', ['-c', script], { env: { ...process.env, HOST: url } });
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

interface Frame {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever fields they expect
  data: any;
}

/** The frames of a stream, which must have nothing else in it. */
function framesOf(text: string): Frame[] {
  expect(text).toMatch(/^(event: \w+\ndata: .+\n\n)+$/);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => {
      const [event = '', data = ''] = frame.split('\n');
      return { event: event.slice('event: '.length), data: JSON.parse(data.slice('data: '.length)) };
    });
}

/** Expects a whole answer, and returns its last frame. */
function doneOf(text: string) {
  const frames = framesOf(text);
  const tokens = frames.filter(({ event }) => event === 'token');
  const done = frames.at(-1)?.data;
  expect(frames.map(({ event }) => event)).toEqual([...tokens.map(() => 'token'), 'done']);
  expect(tokens.every(({ data }) => data.type === 'token')).toBe(true);
  expect(done).toMatchObject({ type: 'done', message: { role: 'assistant' } });
  expect(tokens.map(({ data }) => data.token).join('')).toBe(done.message.content);
  return done;
}

/** Expects nothing but an error, and returns its message. */
function faultOf({ status, text }: { status: number; text: string }): string {
  expect(status).toBe(200);
  const frames = framesOf(text);
  expect(frames).toEqual([{ event: 'error', data: { type: 'error', error: { message: expect.any(String) } } }]);
  return frames[0]?.data.error.message;
}

const json = { 'content-type': 'application/json' };

/** A program that speaks the protocol. */
function programOf(url: string, headers: Record<string, string> = {}) {
  const post = async (path: string, body: object | string) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const get = async (path: string, query: Record<string, string>) => {
    const answer = await fetch(`${url}${path}?${new URLSearchParams(query)}`, { headers });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  return {
    post,
    get,
    /** Asks, and expects an answer. */
    async ask(userId: string, content: string, params: object = {}) {
      const { text } = await post('/chat/stream', { userId, messages: [{ role: 'user', content }], params });
      return doneOf(text);
    },
    /** Posts, and expects JSON. */
    async order(path: string, body: object) {
      const { status, text } = await post(path, body);
      expect(status).toBe(200);
      return JSON.parse(text);
    },
  };
}

const oneMessage = [{ role: 'user', content: 'Hello' }];
const mock = () => createMockModels({ pace: 10_000 });

describeDatabases('ai-chat-kit’s protocol', (database) => {
  describe('for everybody, with a key of OpenAI', () => {
    let wire: WireServer;
    let app: TestApp;
    let program: ReturnType<typeof programOf>;
    beforeAll(async () => {
      wire = await startWireServer();
      const catalogue = { models: [{ id: 'openai/gpt-4.1', minimumTier: 'FREE' }] };
      const env = { CHAT_KIT: 'anonymous' };
      app = await startApp({ database: database(), wire, catalogue, env, languageModels: { mock: mock() } });
      program = programOf(app.url);
    });
    afterAll(async () => {
      await app?.close();
      await wire?.close();
      expect(app?.errors).toEqual([]);
      await expectReconciled(database().db);
    });

    it('answers the first line of its pages', async () => {
      const { status, text } = await curl(
        app.url,
        `curl -N -X POST "$HOST/chat/stream" -H "Content-Type: application/json" -d '{"userId":"u1","messages":[{"role":"user","content":"Hello streaming"}]}'`,
      );
      expect(status).toBe(200);
      expect(doneOf(text)).toMatchObject({
        provider: 'openai:gpt-4.1',
        usage: { tokens: expect.any(Number) },
        conversationId: expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(wire.requests.at(-1)?.body.messages).toEqual([{ role: 'user', content: 'Hello streaming' }]);
    });

    it('answers the line that names a model', async () => {
      const { status, text } = await curl(
        app.url,
        `curl -N -X POST "$HOST/chat/stream" -H "Content-Type: application/json" -d '{"userId":"u1","messages":[{"role":"user","content":"Write a haiku about SSE."}],"params":{"model":"gpt-4.1"}}'`,
      );
      expect(status).toBe(200);
      expect(doneOf(text).provider).toBe('openai:gpt-4.1');
    });

    it('answers the lines as the README breaks them', async () => {
      const { text } = await curl(
        app.url,
        `curl -N -X POST "$HOST/chat/stream" \\
  -H "Content-Type: application/json" \\
  -d '{
    "userId":"u1",
    "messages":[{"role":"user","content":"Write a haiku about SSE."}],
    "params":{"model":"gpt-4.1"}
  }'`,
      );
      expect(doneOf(text).message.content).not.toBe('');
    });

    it('tells a fault as an error event, also in the middle of an answer', async () => {
      wire.enqueue({ status: 401, body: '{"error":{"message":"Incorrect API key"}}' });
      const refused = await program.post('/chat/stream', { userId: 'u2', messages: oneMessage });
      expect(faultOf(refused)).not.toContain('sk-test');
      wire.enqueue({ body: streamBeginning('openai.chat', { text: ['Half an answer'] }), ending: 'cut' });
      const { text } = await program.post('/chat/stream', { userId: 'u2', messages: oneMessage });
      expect(framesOf(text).map(({ event }) => event)).toEqual(['token', 'error']);
    });

    it('has an error event for a model that there is not, that is not free, and that has no key', async () => {
      const faults: string[] = [];
      for (const model of ['gpt-0', 'claude-fable-5-1', 'xai/grok-4.5']) {
        const asked = { userId: 'u2', messages: oneMessage, params: { model } };
        faults.push(faultOf(await program.post('/chat/stream', asked)));
      }
      expect(faults).toEqual([
        expect.stringContaining('There is no model "gpt-0" here.'),
        expect.stringContaining('plan'),
        expect.stringContaining('xAI'),
      ]);
    });
  });

  describe('for everybody, without a key of a provider', () => {
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

    it('answers the line that names no model with a mock model', async () => {
      const { text } = await curl(
        app.url,
        `curl -N -X POST "$HOST/chat/stream" -H "Content-Type: application/json" -d '{"userId":"u1","messages":[{"role":"user","content":"Hello streaming"}]}'`,
      );
      expect(doneOf(text).provider).toMatch(/^mock:/);
    });

    it('answers the line that names a model with an error event', async () => {
      const answer = await curl(
        app.url,
        `curl -N -X POST "$HOST/chat/stream" -H "Content-Type: application/json" -d '{"userId":"u1","messages":[{"role":"user","content":"Write a haiku about SSE."}],"params":{"model":"gpt-4.1"}}'`,
      );
      expect(faultOf(answer)).toContain('OpenAI');
    });

    it('keeps a conversation by whatever its client calls it', async () => {
      const conversationId = 'my chat / №1';
      const first = await program.ask('keeper', 'One', { conversationId });
      const second = await program.ask('keeper', 'Two', { conversationId });
      expect([first.conversationId, second.conversationId]).toEqual([conversationId, conversationId]);
      const messages = [
        { role: 'user', content: 'One', meta: null },
        { role: 'assistant', content: first.message.content, meta: null },
        { role: 'user', content: 'Two', meta: null },
        { role: 'assistant', content: second.message.content, meta: null },
      ];
      const { body } = await program.get('/chat/conversation', { userId: 'keeper', conversationId });
      expect(body).toEqual({ userId: 'keeper', conversationId, messages });
      const history = await program.get('/chat/history', { userId: 'keeper' });
      expect(history.body).toEqual({ userId: 'keeper', messages });
    });

    it('takes a client’s whole history, with its system message, for what it has already', async () => {
      const system = { role: 'system', content: 'Be brief.' };
      const params = { conversationId: 'whole' };
      const asked = (messages: object[]) => program.post('/chat/stream', { userId: 'whole', messages, params });
      const first = doneOf((await asked([system, ...oneMessage])).text);
      const next = [system, ...oneMessage, { ...first.message, meta: { id: 7 } }, { role: 'user', content: 'More' }];
      const second = doneOf((await asked(next)).text);
      const { body } = await program.get('/chat/conversation', { userId: 'whole', ...params });
      expect(body.messages.map(({ content }: { content: string }) => content)).toEqual([
        'Be brief.',
        'Hello',
        first.message.content,
        'More',
        second.message.content,
      ]);
    });

    it('leaves out a greeting that no model wrote', async () => {
      const messages = [{ role: 'assistant', content: 'How may I help?' }, ...oneMessage];
      const { text } = await program.post('/chat/stream', { userId: 'greeted', messages });
      doneOf(text);
      const { body } = await program.get('/chat/history', { userId: 'greeted' });
      expect(body.messages[0]).toMatchObject({ role: 'user', content: 'Hello' });
    });

    it('creates, lists, deletes and clears conversations', async () => {
      const userId = 'lister';
      const made = await program.order('/chat/conversation/create', { userId, conversationId: 'a', title: 'Named' });
      expect(made).toEqual({ ok: true, userId, conversationId: 'a', title: 'Named' });
      const again = await program.order('/chat/conversation/create', { userId, conversationId: 'a', title: 'Other' });
      expect(again).toEqual(made);
      const unnamed = await program.order('/chat/conversation/create', { userId });
      expect(unnamed).toMatchObject({ ok: true, title: 'New chat' });
      await program.ask(userId, 'About otters', { conversationId: unnamed.conversationId });

      const list = async (limit?: string) =>
        (await program.get('/chat/conversations', { userId, ...(limit && { limit }) })).body.conversations;
      const recently = expect.closeTo(Date.now() / 1000, -3);
      const times = { createdAt: recently, updatedAt: recently };
      expect(await list()).toEqual([
        { conversationId: unnamed.conversationId, title: 'About otters', ...times, messageCount: 2 },
        { conversationId: 'a', title: 'Named', ...times, messageCount: 0 },
      ]);
      expect(await list('1')).toHaveLength(1);

      const deleted = await program.order('/chat/conversation/delete', { userId, conversationId: 'a' });
      expect(deleted).toEqual({ ok: true, userId, conversationId: 'a' });
      expect(await list()).toHaveLength(1);
      expect(await program.order('/chat/clear', { userId })).toEqual({ ok: true, userId });
      expect(await list()).toEqual([]);
      expect((await program.get('/chat/history', { userId })).body.messages).toEqual([]);
    });

    it('shows nobody what another user wrote, under whatever name', async () => {
      const { conversationId } = await program.ask('ann', 'A secret');
      const stranger = { userId: 'bob', conversationId };
      expect((await program.get('/chat/conversation', stranger)).body.messages).toEqual([]);
      await program.order('/chat/conversation/delete', stranger);
      expect((await program.get('/chat/history', { userId: 'bob' })).body.messages).toEqual([]);
      expect((await program.get('/chat/history', { userId: 'ann' })).body.messages).toHaveLength(2);
    });

    it('gives one name to one conversation, however many ask at once', async () => {
      const params = { conversationId: 'crowded' };
      const asks = ['One', 'Two', 'Three'].map((content) => program.ask('crowd', content, params));
      await Promise.all(asks);
      const { body } = await program.get('/chat/conversations', { userId: 'crowd' });
      expect(body.conversations).toEqual([expect.objectContaining({ conversationId: 'crowded', messageCount: 6 })]);
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

    it('tells what an answer cost, at its end', async () => {
      const body = JSON.stringify({ userId: 'payer', messages: oneMessage });
      const { text, trailers } = await new Promise<{ text: string; trailers: NodeJS.Dict<string> }>(
        (resolve, reject) => {
          const req = httpRequest(`${app.url}/chat/stream`, { method: 'POST', headers: json }, (res) => {
            let text = '';
            res.setEncoding('utf8').on('data', (piece) => {
              text += piece;
            });
            res.on('end', () => resolve({ text, trailers: res.trailers }));
          });
          req.on('error', reject).end(body);
        },
      );
      const { credits } = doneOf(text).usage;
      expect(credits).toBeGreaterThan(0);
      expect(trailers['x-polylogue-credits']).toBe(String(credits));
    });

    it.each<[string, object | string, (string | number)[]]>([
      ['no userId', { messages: oneMessage }, ['body', 'userId']],
      ['an empty userId', { userId: '', messages: oneMessage }, ['body', 'userId']],
      ['a userId that is too long', { userId: 'x'.repeat(201), messages: oneMessage }, ['body', 'userId']],
      ['no messages', { userId: 'u' }, ['body', 'messages']],
      ['another role', { userId: 'u', messages: [{ role: 'tool', content: '' }] }, ['body', 'messages', 0, 'role']],
      ['no text', { userId: 'u', messages: [{ role: 'user', content: [] }] }, ['body', 'messages', 0, 'content']],
      ['params that are no object', { userId: 'u', messages: oneMessage, params: [] }, ['body', 'params']],
      [
        'a conversationId that is too long',
        { userId: 'u', messages: oneMessage, params: { conversationId: 'x'.repeat(201) } },
        ['body', 'params', 'conversationId'],
      ],
    ])('refuses a body with %s', async (_what, body, loc) => {
      const { status, text } = await program.post('/chat/stream', body);
      expect({ status, ...JSON.parse(text) }).toEqual({
        status: 422,
        detail: [{ type: 'value_error', loc, msg: expect.any(String) }],
      });
    });

    it('refuses what is no JSON, another method and a limit that is no number', async () => {
      expect((await program.post('/chat/stream', '{"userId":')).status).toBe(400);
      const form = await fetch(`${app.url}/chat/stream`, {
        method: 'POST',
        body: new URLSearchParams({ userId: 'u' }),
      });
      expect(form.status).toBe(415);
      expect((await program.get('/chat/stream', {})).status).toBe(405);
      expect((await program.get('/chat/conversations', { userId: 'u', limit: 'all' })).status).toBe(422);
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
      const faults: string[] = [];
      for (let number = 0; number < 25 && faults.length === 0; number++) {
        const { status, text } = await program.post('/chat/stream', { userId: `new ${number}`, messages: [] });
        const fault = faultOf({ status, text });
        if (fault.includes('Too many')) faults.push(fault);
      }
      expect(faults).toEqual([
        expect.stringMatching(/^Too many new users come from this address\. Try again in \d+ s\.$/),
      ]);
      expect((await program.get('/chat/history', { userId: 'keeper' })).body.messages).toHaveLength(4);
      doneOf((await program.post('/chat/stream', { userId: 'keeper', messages: oneMessage })).text);
    });
  });

  describe('for members alone', () => {
    let app: TestApp;
    let member: Client;
    let program: ReturnType<typeof programOf>;
    beforeAll(async () => {
      const env = { CHAT_KIT: 'on', MOCK_PACE: '1000' };
      app = await startApp({ database: database(), env });
      member = await app.newMember();
      program = programOf(app.url, { 'x-api-key': await keyOf(['READ', 'PROMPT']) });
    });
    afterAll(async () => {
      await app?.close();
      expect(app?.errors).toEqual([]);
      await expectReconciled(database().db);
    });

    async function keyOf(scopes: string[]): Promise<string> {
      const document = 'mutation ($scopes: [ApiKeyScope!]) { createApiKey(name: "Kit", scopes: $scopes) { secret } }';
      return (await member.gql(document, { scopes })).createApiKey.secret;
    }

    it('refuses a request without a key or a session', async () => {
      const stranger = programOf(app.url);
      expect((await stranger.post('/chat/stream', { userId: 'u1', messages: oneMessage })).status).toBe(401);
      expect((await stranger.get('/chat/history', { userId: 'u1' })).status).toBe(401);
    });

    it('asks for the member, whatever the userId says, in the conversations that the member has everywhere', async () => {
      const { conversationId } = await program.ask('u1', 'From a program', { model: 'mock/swift' });
      const { conversations } = await member.gql('{ conversations(first: 1) { edges { node { title } } } }');
      expect(conversations.edges).toEqual([{ node: { title: 'From a program' } }]);
      const other = await program.get('/chat/conversation', { userId: 'somebody else', conversationId });
      expect(other.body.messages).toHaveLength(2);
    });

    it('names where an answer is kept by the API’s own ids', async () => {
      const { headers } = await program.post('/chat/stream', { userId: 'u1', messages: oneMessage });
      const id = headers.get('x-polylogue-turn');
      const { node } = await member.gql('query ($id: ID!) { node(id: $id) { ... on Turn { prompt } } }', { id });
      expect(node).toEqual({ prompt: 'Hello' });
      expect(headers.get('x-polylogue-conversation')).toMatch(/^Q29udmVyc2F0aW9u/);
    });

    it('goes on in a conversation of the web app, and does not clear it', async () => {
      const { conversation } = await converse(member, { prompt: 'From the page', modelIds: ['mock/swift'] });
      await program.ask('u1', 'And from here', { conversationId: conversation.id });
      const { body } = await program.get('/chat/conversation', { userId: 'u1', conversationId: conversation.id });
      expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
        'user',
        'assistant',
        'user',
        'assistant',
      ]);
      await program.ask('u1', 'Only here');
      await program.order('/chat/clear', { userId: 'u1' });
      const { conversations } = (await program.get('/chat/conversations', { userId: 'u1' })).body;
      expect(conversations.map((one: { conversationId: string }) => one.conversationId)).toEqual([conversation.id]);
    });

    it('takes a session too, but not for a page of another site', async () => {
      const page = programOf(app.url, { cookie: member.cookie });
      expect((await page.ask('u1', 'With a cookie')).message.content).not.toBe('');
      const foreign = programOf(app.url, { cookie: member.cookie, origin: 'https://evil.example' });
      expect((await foreign.post('/chat/stream', { userId: 'u1', messages: oneMessage })).status).toBe(403);
      const linked = programOf(app.url, { cookie: member.cookie, 'sec-fetch-site': 'cross-site' });
      expect((await linked.get('/chat/history', { userId: 'u1' })).status).toBe(403);
    });

    it('lets a key do what its scopes say', async () => {
      const reader = programOf(app.url, { 'x-api-key': await keyOf(['READ']) });
      expect((await reader.get('/chat/conversations', { userId: 'u1' })).status).toBe(200);
      for (const path of ['/chat/stream', '/chat/clear', '/chat/conversation/create', '/chat/conversation/delete']) {
        expect((await reader.post(path, { userId: 'u1', messages: oneMessage })).status).toBe(403);
      }
    });

    it('stops an answer whose client goes away, and charges what was written', async () => {
      const abort = new AbortController();
      const slow = await startApp({
        database: database(),
        env: { CHAT_KIT: 'on', MOCK_PACE: '1' },
      });
      const key = await keyOf(['PROMPT']);
      const answer = await fetch(`${slow.url}/chat/stream`, {
        method: 'POST',
        headers: { ...json, 'x-api-key': key },
        body: JSON.stringify({ userId: 'u1', messages: oneMessage, params: { model: 'mock/sage' } }),
        signal: abort.signal,
      });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      abort.abort();
      const id = atob(answer.headers.get('x-polylogue-turn') ?? '').slice('Turn:'.length);
      const stored = () =>
        database().db.selectFrom('response').selectAll().where('turn_id', '=', id).executeTakeFirstOrThrow();
      await until(async () => (await stored()).finished_at !== null, 'the answer has ended');
      const { status, text, credits_charged } = await stored();
      expect(status).toBe('STOPPED');
      expect(text).not.toBe('');
      expect(credits_charged).toBeGreaterThan(0);
      await slow.close();
    });
  });

  it('is closed unless it is opened', async () => {
    const app = await startApp({ database: database() });
    const stream = await programOf(app.url).post('/chat/stream', { userId: 'u1', messages: oneMessage });
    const history = await fetch(`${app.url}/chat/history?userId=u1`);
    expect([stream.status, history.status]).toEqual([404, 404]);
    await app.close();
  });
});
