import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelFailure } from '../../src/ports/language-model.ts';
import { expectSettled } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { createScriptedModel, type ScriptedModel } from '../credits/scripted-model.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { readTrailers } from './openai/raw-http.ts';

const catalogue = {
  providers: [
    { id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' },
    { id: 'spare', name: 'Spare', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' },
  ],
  defaultModels: ['mock/swift'],
  models: [{ id: 'lab/first', fallbacks: ['spare/second'] }, { id: 'spare/second' }].map((model) => ({
    name: model.id,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    ...model,
  })),
};

function cursorAt(time: string): string {
  return Buffer.from(`${time} 00000000-0000-0000-0000-000000000000`).toString('base64url');
}

describeDatabases('the REST API', (database) => {
  let app: TestApp;
  let member: Client;
  let key: string;
  let lab: ScriptedModel;
  let spare: ScriptedModel;
  beforeAll(async () => {
    lab = createScriptedModel();
    spare = createScriptedModel();
    app = await startApp({
      database: database(),
      catalogue,
      languageModels: { lab, spare },
      retryDelayMs: 1,
      env: { MOCK_PACE: '1000' },
    });
    member = await app.newMember();
    key = (await member.gql('mutation { createApiKey(name: "Program") { secret } }')).createApiKey.secret;
  });
  afterAll(async () => {
    await app?.close();
    expect(app.errors).toEqual([]);
  });

  // biome-ignore lint/suspicious/noExplicitAny: whatever the path answers with
  async function call(method: string, path: string, body?: unknown, as = key): Promise<{ status: number; body: any }> {
    const response = await fetch(app.url + path, {
      method,
      headers: { authorization: `Bearer ${as}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  it('asks the default models and waits for all when a seed’s client names none', async () => {
    const { status, body } = await call('POST', '/api/v1/chat/', {
      prompt: 'What is the capital of France?',
      conversation_id: null,
      models: ['mock/swift', 'mock/thinker'],
    });
    expect(status).toBe(200);
    expect(body.responses).toMatchObject([
      { provider: 'mock', model: 'mock/swift', content: expect.stringContaining('France'), error: null },
      { provider: 'mock', model: 'mock/thinker', content: expect.any(String), error: null },
    ]);
    for (const { credits, latency_ms } of body.responses)
      expect([credits, latency_ms].every(Number.isInteger)).toBe(true);
    const { body: kept } = await call('GET', `/api/v1/conversations/${body.conversation_id}`);
    expect(kept.messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'assistant']);
    expect(kept.messages[0].id).toBe(body.user_message_id);
    expect(kept.messages[1]).toMatchObject({ content: body.responses[0].content, status: 'COMPLETED' });
    await expectSettled(member);
  });

  it('takes a provider’s name, or its maker’s well-known one, for the provider’s default model', async () => {
    const { body } = await call('POST', '/api/v1/conversations', { models: ['mock', 'claude', 'gpt', 'swift'] });
    expect(body.models).toEqual([
      'mock/swift',
      expect.stringMatching(/^anthropic\//),
      expect.stringMatching(/^openai\//),
      'mock/swift',
    ]);
  });

  it('uses the default models where models is null', async () => {
    const { body } = await call('POST', '/api/v1/chat', { prompt: 'Hello', conversation_id: null, models: null });
    expect(body.responses).toMatchObject([{ model: 'mock/swift', error: null }]);
  });

  it('asks where models is null only models that the key may use', async () => {
    const keyFor = async (modelIds: string[]) =>
      (
        await member.gql(
          'mutation ($modelIds: [ID!]) { createApiKey(name: "Narrow", modelIds: $modelIds) { secret } }',
          { modelIds },
        )
      ).createApiKey.secret;
    const asked = async (modelIds: string[]) => {
      const { status, body } = await call('POST', '/api/v1/chat', { prompt: 'Hello' }, await keyFor(modelIds));
      expect(status).toBe(200);
      return body.responses.map(({ model }: { model: string }) => model);
    };
    expect(await asked(['mock/sage', 'mock/swift'])).toEqual(['mock/swift']);
    expect(await asked(['mock/sage'])).toEqual(['mock/sage']);
  });

  it('goes on with a conversation, by its id in GraphQL', async () => {
    const first = await call('POST', '/api/v1/chat', { prompt: 'One', models: ['swift'] });
    const { conversation_id } = first.body;
    const second = await call('POST', '/api/v1/chat', { prompt: 'Two', conversation_id });
    expect(second.body).toMatchObject({ conversation_id, responses: [{ model: 'mock/swift' }] });
    const { node } = await member.gql(
      `query ($id: ID!) { node(id: $id) { ... on Conversation { turns(first: 10) { edges { node { prompt } } } } } }`,
      { id: conversation_id },
    );
    expect(node.turns.edges.map((edge: { node: { prompt: string } }) => edge.node.prompt)).toEqual(['One', 'Two']);
  });

  it('tells of a model that failed beside one that answered', async () => {
    const asked = call('POST', '/api/v1/chat', { prompt: 'Hi', models: ['spare/second', 'mock/swift'] });
    await until(() => spare.open.length === 1, 'the model is asked');
    spare.open[0]?.fail(new ModelFailure('INVALID_REQUEST', 'The model cannot do this.'));
    const { status, body } = await asked;
    expect(status).toBe(200);
    expect(body.responses).toMatchObject([
      { model: 'spare/second', content: null, error: 'The model cannot do this.', credits: 0 },
      { model: 'mock/swift', error: null },
    ]);
  });

  it('makes, lists, renames and deletes a conversation', async () => {
    const made = await call('POST', '/api/v1/conversations/', { title: 'Plans', system_prompt: 'Be brief.' });
    expect(made).toMatchObject({ status: 201, body: { title: 'Plans', system_prompt: 'Be brief.', pinned: false } });
    const { id } = made.body;
    expect((await call('GET', '/api/v1/conversations/')).body.conversations[0].id).toBe(id);
    const renamed = await call('PATCH', `/api/v1/conversations/${id}`, { title: 'Other plans', pinned: true });
    expect(renamed).toMatchObject({
      status: 200,
      body: { title: 'Other plans', pinned: true, system_prompt: 'Be brief.' },
    });
    expect((await call('DELETE', `/api/v1/conversations/${id}`)).status).toBe(204);
    expect(await call('GET', `/api/v1/conversations/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'NOT_FOUND', message: 'There is no such conversation.' } },
    });
  });

  it('pages through conversations, and through the messages of one', async () => {
    const ids: string[] = [];
    for (const title of ['a', 'b', 'c']) ids.unshift((await call('POST', '/api/v1/conversations', { title })).body.id);
    const first = await call('GET', '/api/v1/conversations?limit=2');
    const second = await call('GET', `/api/v1/conversations?limit=1&cursor=${first.body.next_cursor}`);
    const found = [...first.body.conversations, ...second.body.conversations].map(({ id }: { id: string }) => id);
    expect(found).toEqual(ids);
    const conversation_id = ids[0];
    for (const prompt of ['1', '2', '3'])
      await call('POST', '/api/v1/chat', { prompt, conversation_id, models: ['swift'] });
    const path = `/api/v1/conversations/${conversation_id}?limit=2`;
    const late = (await call('GET', path)).body;
    const early = (await call('GET', `${path}&before=${encodeURIComponent(late.earlier_cursor)}`)).body;
    const promptsOf = ({ messages }: { messages: { role: string; content: string }[] }) =>
      messages.flatMap(({ role, content }) => (role === 'user' ? content : []));
    expect([...promptsOf(early), ...promptsOf(late)]).toEqual(['1', '2', '3']);
    expect(early.earlier_cursor).toBeNull();
  });

  it('streams a provider’s default model by name, and names the model that serves', async () => {
    const asked = fetch(`${app.url}/chat/lab`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'ignored', messages: [{ role: 'user', content: 'Hello!' }] }),
    });
    await until(() => lab.open.length === 1, 'the model is asked');
    lab.open[0]?.fail(new ModelFailure('OVERLOADED', 'Busy.'));
    await until(() => spare.open.length === 1, 'the fallback is asked');
    spare.open[0]?.push({ type: 'text', text: 'Hi there' });
    spare.open[0]?.finish(null);
    const response = await asked;
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text()).split('\n\n').flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? []);
    expect(events.map((data) => JSON.parse(data))).toMatchObject([
      { type: 'model', model: 'spare/second' },
      { type: 'delta', content: 'Hi there' },
      { type: 'done', model: 'spare/second', finish_reason: 'stop' },
    ]);
    await expectSettled(member);
  });

  it('tells at the end of a provider’s stream what it cost', async () => {
    const before = await member.gql('{ viewer { credits { balance } } }');
    const { headers, trailers } = await readTrailers(`${app.url}/chat/mock`, key, {
      messages: [{ role: 'user', content: 'Hello!' }],
    });
    expect(headers.trailer).toBe('X-Polylogue-Credits');
    await expectSettled(member);
    const after = await member.gql('{ viewer { credits { balance } } }');
    const spent = before.viewer.credits.balance - after.viewer.credits.balance;
    expect(trailers['x-polylogue-credits']).toBe(String(spent));
  });

  it.each(['gpt', 'claude', 'gemini'])('answers /health/%s as the maker’s own name does', async (name) => {
    const response = await fetch(`${app.url}/health/${name}`);
    expect([response.status, (await response.json()).configured]).toEqual([200, false]);
  });

  it.each([
    ['POST', '/api/v1/chat', {}, 400, 'prompt'],
    ['POST', '/api/v1/chat', { prompt: 7 }, 400, 'prompt'],
    ['POST', '/api/v1/chat', { prompt: '  ' }, 400, 'prompt'],
    ['POST', '/api/v1/chat', { prompt: 'x', models: [] }, 400, 'models'],
    ['POST', '/api/v1/chat', { prompt: 'x', models: ['nobody/knows'] }, 404, 'model'],
    ['POST', '/api/v1/chat', { prompt: 'x', conversation_id: 'nothing' }, 404, null],
    ['GET', '/api/v1/conversations?limit=0', undefined, 400, 'limit'],
    ['GET', '/api/v1/conversations?cursor=nonsense', undefined, 400, 'cursor'],
    ['GET', `/api/v1/conversations?cursor=${cursorAt('-200000-01-01T00:00:00.000Z')}`, undefined, 400, 'cursor'],
    ['GET', `/api/v1/conversations?cursor=${cursorAt('+200000-01-01T00:00:00.000Z')}`, undefined, 400, 'cursor'],
    ['GET', `/api/v1/conversations?cursor=${cursorAt('2026')}`, undefined, 400, 'cursor'],
    ['PUT', '/api/v1/conversations', undefined, 405, null],
    ['POST', '/chat/nobody', { messages: [{ role: 'user', content: 'x' }] }, 404, null],
    ['POST', '/chat/mock', { messages: [{ role: 'assistant', content: 'x' }] }, 400, 'messages'],
    ['POST', '/chat/mock', { messages: [] }, 400, 'messages'],
    ['GET', '/api/v1/nothing', undefined, 404, null],
    ['GET', '/v1/nothing', undefined, 404, null],
  ])('refuses %s %s with %j', async (method, path, body, status, field) => {
    const refused = await call(method, path, body);
    expect(refused.status).toBe(status);
    if (path !== '/v1/nothing') expect(refused.body.error.field).toBe(field);
  });

  it('asks for a key', async () => {
    expect(await call('GET', '/api/v1/conversations', undefined, 'plk_wrong')).toMatchObject({
      status: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    });
  });

  it('describes itself in valid OpenAPI 3.1, with every operation that it has', async () => {
    const description = await (await fetch(`${app.url}/api/v1/openapi.json`)).json();
    const checked = await new Validator().validate(structuredClone(description));
    expect(checked).toMatchObject({ valid: true });
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths)).toEqual([
      '/api/v1/conversations',
      '/api/v1/conversations/{id}',
      '/api/v1/chat',
      '/chat/{provider}',
    ]);
    expect(Object.keys(description.components.schemas).sort()).toEqual([
      'Answers',
      'Conversation',
      'ConversationChanges',
      'ConversationPage',
      'ConversationWithMessages',
      'File',
      'Message',
      'NewConversation',
      'Prompt',
      'ProviderChat',
      'Refusal',
    ]);
  });

  it('describes the bodies by name, and what is answered beside them', async () => {
    const { paths, components } = await (await fetch(`${app.url}/api/v1/openapi.json`)).json();
    const chat = paths['/api/v1/chat'].post;
    expect(chat.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Prompt' });
    expect(Object.keys(chat.responses[200].headers)).toEqual([
      'X-Polylogue-Credits',
      'X-Polylogue-Conversation',
      'X-Polylogue-Turn',
    ]);
    expect(Object.keys(chat.responses)).toEqual(expect.arrayContaining(['405', '413', '415', '429']));
    const stream = paths['/chat/{provider}'].post.responses;
    expect(stream[200].headers).toHaveProperty('X-Polylogue-Credits');
    expect(Object.keys(stream)).toContain('504');
    expect(components.schemas.ConversationChanges.properties.models.description).toBe('Absent: they stay as they are');
  });

  it.each(['/api', '/api/v1', '/api/v1/docs', '/api/v1/openapi.json'])('answers at %s only who reads', async (path) => {
    const answered = async (method: string) => {
      const { status, headers } = await fetch(app.url + path, { method });
      return [status, headers.get('allow')];
    };
    expect(await answered('HEAD')).toEqual([200, null]);
    for (const method of ['POST', 'DELETE', 'PATCH']) expect(await answered(method)).toEqual([405, 'GET, HEAD']);
  });

  it.each(['/api/v1/conversations', '/v1/models', '/v1/models/mock/swift'])('answers HEAD at %s', async (path) => {
    const response = await fetch(app.url + path, { method: 'HEAD', headers: { authorization: `Bearer ${key}` } });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('shows the description as a page that loads nothing from elsewhere', async () => {
    const response = await fetch(`${app.url}/api/v1/docs`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await response.text();
    expect(page).toContain('Ask several models, and wait for all of their answers');
    expect(page).not.toMatch(/<script|<link|src=|@import/);
  });
});
