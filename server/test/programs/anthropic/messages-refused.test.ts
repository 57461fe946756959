import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountOf, expectSettled } from '../../api/asking.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import {
  anthropicAt,
  hello,
  type MessagesProgram,
  newKey,
  newMessagesProgram,
  postMessage,
} from './anthropic-client.ts';

const swift = { model: 'mock/swift', max_tokens: 1000, messages: hello };
const user = (content: unknown) => ({ role: 'user', content });
const said = (...blocks: unknown[]) => ({ messages: [user(blocks)] });
const answered = (...blocks: unknown[]) => ({ messages: [...hello, { role: 'assistant', content: blocks }, ...hello] });
const tool = { name: 'f', input_schema: { type: 'object' } };
const base64 = (media_type: unknown, data: unknown) => ({ type: 'base64', media_type, data });
const deep = () => {
  let value: object = {};
  for (let level = 0; level < 200; level++) value = { in: value };
  return value;
};

const wrong: [field: string, body: object][] = [
  ['model', { model: undefined }],
  ['model', { model: 7 }],
  ['max_tokens', { max_tokens: undefined }],
  ['max_tokens', { max_tokens: 0 }],
  ['max_tokens', { max_tokens: 1.5 }],
  ['max_tokens', { max_tokens: '100' }],
  ['stream', { stream: 'yes' }],
  ['temperature', { temperature: 1.1 }],
  ['temperature', { temperature: 'hot' }],
  ['top_p', { top_p: 0 }],
  ['stop_sequences', { stop_sequences: 'end' }],
  ['stop_sequences.1', { stop_sequences: ['end', ''] }],
  ['system', { system: { text: 'Be brief.' } }],
  ['system.0.type', { system: [{ type: 'image' }] }],
  ['messages', { messages: undefined }],
  ['messages', { messages: [] }],
  ['messages', { messages: [{ role: 'assistant', content: 'Hi' }, ...hello] }],
  ['messages.0', { messages: ['Hi'] }],
  ['messages.0.role', { messages: [{ role: 'tool', content: 'Hi' }] }],
  ['messages.0.content', { messages: [user('')] }],
  ['messages.0.content', { messages: [user(undefined)] }],
  ['messages.0.content', said()],
  ['messages.1.content', { messages: [...hello, { role: 'assistant', content: [] }, ...hello] }],
  ['messages.0.content.0', said('Hi')],
  ['messages.0.content.0.type', said({})],
  ['messages.0.content.0.type', said({ type: 'constructor' })],
  ['messages.0.content.0.type', said({ type: 'tool_use', id: '1', name: 'f', input: {} })],
  ['messages.0.content.0.type', said({ type: 'container_upload', file_id: 'file_1' })],
  ['messages.0.content.0.text', said({ type: 'text' })],
  [
    'messages.0.content.0.source.type',
    said({ type: 'image', source: { type: 'url', url: 'https://a.example/a.png' } }),
  ],
  ['messages.0.content.0.source.media_type', said({ type: 'image', source: base64('text/html', 'AAAA') })],
  ['messages.0.content.0.source.data', said({ type: 'image', source: base64('image/png', 'data:image/png,') })],
  ['messages.0.content.0.source.data', said({ type: 'image', source: base64('image/png', '') })],
  [
    'messages.0.content.0.source.type',
    said({ type: 'document', source: { type: 'url', url: 'https://a.example/a.pdf' } }),
  ],
  ['messages.0.content.0.source.type', said({ type: 'document', source: { type: 'file', file_id: 'file_1' } })],
  ['messages.0.content.0.title', said({ type: 'document', title: 1, source: base64('application/pdf', 'AAAA') })],
  ['messages.0.content', said({ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Hi' })],
  [
    'messages.0.content.0.content.0.type',
    said({ type: 'tool_result', tool_use_id: '1', content: [{ type: 'browser_state' }] }),
  ],
  ['messages.1.content.0.type', answered({ type: 'image', source: base64('image/png', 'AAAA') })],
  ['messages.1.content.0.type', answered({ type: 'server_tool_use', id: '1', name: 'web_search', input: {} })],
  ['messages.1.content.0.input', answered({ type: 'tool_use', id: '1', name: 'f', input: '{}' })],
  ['messages.1.content.0.input', answered({ type: 'tool_use', id: '1', name: 'f', input: deep() })],
  ['messages.1.content.0.thinking', answered({ type: 'thinking', signature: 'proof' })],
  ['messages.1.content.0.data', answered({ type: 'redacted_thinking' })],
  ['tools', { tools: tool }],
  ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['tools.0.type', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
  ['tools.0.name', { tools: [{ ...tool, name: 'two words' }] }],
  ['tools.1.name', { tools: [tool, tool] }],
  ['tools.0.description', { tools: [{ ...tool, description: ['F'] }] }],
  ['tools.0.input_schema', { tools: [{ name: 'f' }] }],
  ['tools.0.input_schema.type', { tools: [{ name: 'f', input_schema: { type: 'array' } }] }],
  ['tools.0.input_schema', { tools: [{ name: 'f', input_schema: { type: 'object', properties: deep() } }] }],
  ['tool_choice.type', { tools: [tool], tool_choice: { type: 'required' } }],
  ['tool_choice.name', { tools: [tool], tool_choice: { type: 'tool', name: 'g' } }],
  ['thinking.type', { thinking: { type: 'on' } }],
  ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 10 } }],
  ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 5000 } }],
  ['output_config.effort', { output_config: { effort: 'some' } }],
  ['output_config.format.type', { output_config: { format: { type: 'xml' } } }],
  ['output_format.schema', { output_format: { type: 'json_schema' } }],
  ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'm' }] }],
  ['container', { container: 'container_1' }],
  ['inference_geo', { inference_geo: 'us' }],
];

describe('what Anthropic’s API refuses', () => {
  let database: TestDatabase;
  let app: TestApp;
  let program: MessagesProgram;
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({
      database,
      env: { MOCK_PACE: '1000', ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' },
    });
    program = await newMessagesProgram(app);
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app.errors).toEqual([]);
  });

  const refusalOf = async (asked: PromiseLike<unknown>): Promise<InstanceType<typeof Anthropic.APIError>> => {
    const error = await asked.then(
      () => null,
      (reason) => reason,
    );
    if (!(error instanceof Anthropic.APIError)) throw error ?? new Error('It was not refused.');
    return error;
  };

  it.each(wrong)('names %s, wrong in %j, and holds and stores nothing', async (field, changes) => {
    const before = await accountOf(program.member);
    const response = await postMessage(app, program.key, { ...swift, ...changes });
    const { type, error, request_id } = await response.json();
    expect([response.status, type, error.type]).toEqual([400, 'error', 'invalid_request_error']);
    expect(error.message.split(': ')[0]).toBe(field);
    expect(error.message.length).toBeLessThan(500);
    expect(request_id).toBe(response.headers.get('request-id'));
    expect(await accountOf(program.member)).toEqual(before);
    const stored = await database.db.selectFrom('response').select('id').execute();
    expect(stored).toEqual([]);
  });

  it('is a body that is no JSON object', async () => {
    for (const body of ['{', '[]', '"Hi"']) {
      const response = await postMessage(app, program.key, body);
      expect([response.status, (await response.json()).error.type]).toEqual([400, 'invalid_request_error']);
    }
  });

  it('is a missing or wrong key, as the SDK’s AuthenticationError', async () => {
    const error = await refusalOf(anthropicAt(app, { apiKey: 'plk_wrong' }).messages.create(swift));
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error).toMatchObject({
      status: 401,
      type: 'authentication_error',
      requestID: expect.stringMatching(/^req_/),
    });
    const { status, headers } = await postMessage(app, '', swift);
    expect([status, headers.get('x-should-retry')]).toEqual([401, 'false']);
  });

  it('is a key without the scope, or a model above the plan, as PermissionDeniedError', async () => {
    const reader = anthropicAt(app, { apiKey: await newKey(program.member, ['READ']) });
    const admin = anthropicAt(app, { apiKey: await newKey(program.member, ['ADMIN']) });
    const model = 'anthropic/claude-opus-5-5';
    const free = await newMessagesProgram(app);
    for (const ask of [
      () => reader.messages.create(swift),
      () => admin.messages.countTokens({ model: 'mock/swift', messages: hello }),
      () => free.anthropic.messages.create({ ...swift, model }),
    ]) {
      const error = await refusalOf(ask());
      expect(error).toBeInstanceOf(Anthropic.PermissionDeniedError);
      expect(error).toMatchObject({ status: 403, type: 'permission_error' });
    }
  });

  it('is an unknown model or path, as NotFoundError', async () => {
    const { anthropic } = program;
    for (const ask of [
      () => anthropic.messages.create({ ...swift, model: 'mock/nobody' }),
      () => anthropic.messages.countTokens({ model: 'mock/nobody', messages: hello }),
      () => anthropic.messages.batches.list(),
    ]) {
      const error = await refusalOf(ask());
      expect(error).toBeInstanceOf(Anthropic.NotFoundError);
      expect(error).toMatchObject({ status: 404, type: 'not_found_error' });
    }
  });

  it('is another method or type than a POST of JSON', async () => {
    const headers = { 'x-api-key': program.key };
    const got = await fetch(`${app.url}/v1/messages`, { headers });
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const form = await fetch(`${app.url}/v1/messages`, { method: 'POST', headers, body: 'model=mock/swift' });
    expect([form.status, (await form.json()).error.type]).toEqual([415, 'invalid_request_error']);
  });

  it('is a body with too many entries, as ContentTooLargeError', async () => {
    const stop_sequences = Array.from({ length: 60_000 }, () => 'x');
    const error = await refusalOf(program.anthropic.messages.create({ ...swift, stop_sequences }));
    expect(error).toBeInstanceOf(Anthropic.ContentTooLargeError);
    expect(error).toMatchObject({ status: 413, type: 'request_too_large' });
  });

  it('is a prompt that the model has no room for, in the words by which Claude Code knows it', async () => {
    const content = 'tide '.repeat(100_000);
    const error = await refusalOf(
      program.anthropic.messages.create({ ...swift, messages: [{ role: 'user', content }] }),
    );
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(error.apiMessage).toMatch(/^prompt is too long: \d+ tokens > 32000 maximum$/);
    await expectSettled(program.member);
  });

  it('is no prompt that the model may have room for, whatever its tokenizer', async () => {
    const content = 'tide '.repeat(26_000);
    const answer = await program.anthropic.messages.create({ ...swift, messages: [{ role: 'user', content }] });
    expect(answer.stop_reason).toBe('end_turn');
    await expectSettled(program.member);
  });

  it('is a call that the account cannot pay, as PaymentRequiredError', async () => {
    const poorDatabase = await openTestDatabase('pglite');
    const poor = await startApp({ database: poorDatabase, catalogue: { tiers: { monthlyCredits: 1 } } });
    try {
      const { anthropic, member } = await newMessagesProgram(poor);
      const error = await refusalOf(anthropic.messages.create(swift));
      expect(error).toBeInstanceOf(Anthropic.PaymentRequiredError);
      expect(error).toMatchObject({ status: 402, type: 'billing_error' });
      await expectSettled(member);
    } finally {
      await poor.close();
      await poorDatabase.close();
    }
  });
});
