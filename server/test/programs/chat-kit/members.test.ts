import { afterAll, beforeAll, expect, it } from 'vitest';
import { converse } from '../../api/asking.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { until } from '../../credits/house.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { json, oneMessage, programOf } from './program.ts';

describeDatabases('a member who speaks ai-chat-kit’s protocol', (database) => {
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
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
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
