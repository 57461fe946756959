import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectReconciled } from '../../credits/audit.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, streamBeginning, type WireServer } from '../../wire-server.ts';
import { curl, doneOf, faultOf, framesOf, json, mock, oneMessage, programOf } from './program.ts';

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
  });

  it('is closed unless it is opened', async () => {
    const app = await startApp({ database: database() });
    const stream = await programOf(app.url).post('/chat/stream', { userId: 'u1', messages: oneMessage });
    const history = await fetch(`${app.url}/chat/history?userId=u1`);
    expect([stream.status, history.status]).toEqual([404, 404]);
    await app.close();
  });
});
