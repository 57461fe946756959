import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createScriptedModel, type ScriptedModel } from '../../credits/scripted-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { newMessagesProgram, postMessage } from './anthropic-client.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } };
const imagePart = { type: 'file', mediaType: 'image/png', data: png, name: null };
const ephemeral = { cache_control: { type: 'ephemeral' } };
const text = (words: string) => ({ type: 'text', text: words });
const schema = { type: 'object', properties: { path: { type: 'string' } } };

describe('what a model is sent of a message of Anthropic’s API', () => {
  let database: TestDatabase;
  let app: TestApp;
  let key: string;
  let scripted: ScriptedModel;
  beforeAll(async () => {
    scripted = createScriptedModel();
    database = await openTestDatabase('pglite');
    app = await startApp({ database, languageModels: { mock: scripted } });
    ({ key } = await newMessagesProgram(app));
  });
  afterAll(async () => {
    await app?.close();
    await database?.close();
    expect(app.errors).toEqual([]);
  });

  /** The request that the model is sent. */
  const sent = async (body: object, path = '/v1/messages') => {
    const response = postMessage(app, key, { model: 'mock/thinker', max_tokens: 2000, ...body }, path);
    const call = await Promise.race([
      vi.waitUntil(() => scripted.open[0], { timeout: 20_000 }),
      response.then(async (refused) => {
        throw new Error(await refused.text());
      }),
    ]);
    call.finish(null);
    expect((await response).status).toBe(200);
    return call.request;
  };
  const sentContent = async (...content: object[]) => (await sent({ messages: [{ role: 'user', content }] })).messages;

  it('is its images, documents and search results', async () => {
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0x' };
    const messages = await sentContent(
      text('Compare'),
      { ...image, ...ephemeral },
      { type: 'document', title: 'a.pdf', source: pdf, citations: { enabled: true } },
      { type: 'document', title: 'b', context: 'Old.', source: { type: 'text', media_type: 'text/plain', data: 'B' } },
      { type: 'document', source: { type: 'content', content: [text('C'), image] } },
      { type: 'search_result', title: 'Tides', source: 'https://t.example', content: [text('They turn.')] },
    );
    expect(messages).toEqual([
      {
        role: 'user',
        parts: [
          text('Compare'),
          imagePart,
          { type: 'file', mediaType: 'application/pdf', data: 'JVBERi0x', name: 'a.pdf' },
          text('<document title="b">\nOld.\n\nB\n</document>\n\n<document>\n\n\nC'),
          imagePart,
          text(
            '\n</document>\n\n<search_result title="Tides" source="https://t.example">\nThey turn.\n</search_result>',
          ),
        ],
      },
    ]);
  });

  it('is the texts, images and references of a tool’s result', async () => {
    const { messages } = await sent({
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a' } }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [text('Here:'), image, { type: 'tool_reference', tool_name: 'write' }],
              ...ephemeral,
            },
            text('And now?'),
          ],
        },
      ],
    });
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'toolCall', id: 'toolu_1', name: 'read', arguments: '{"path":"a"}', signature: null }],
      },
      {
        role: 'user',
        parts: [
          {
            type: 'toolResult',
            callId: 'toolu_1',
            content: [text('Here:'), imagePart, text('The tool "write" can be called now.')],
          },
          text('And now?'),
        ],
      },
    ]);
  });

  it('has messages of one role in a row joined, and the beginning of the answer at the end', async () => {
    const { messages } = await sent({
      messages: [
        { role: 'user', content: 'One' },
        { role: 'user', content: [text('Two'), text(''), text('Three')] },
        { role: 'assistant', content: [text('Fo'), text('ur')] },
        { role: 'assistant', content: '' },
      ],
    });
    expect(messages).toEqual([
      { role: 'user', parts: [text('One\n\nTwo\n\nThree')] },
      { role: 'assistant', parts: [text('Fo'), text('ur')] },
    ]);
  });

  it('has system messages where they stand, but for those that were for an earlier prompt', async () => {
    const { system, messages } = await sent({
      system: 'Be brief.',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'One' },
        { role: 'system', content: 'Only now.', clear_at: 'next_user_message' },
        { role: 'assistant', content: 'Yes' },
        { role: 'user', content: 'Two' },
        { role: 'system', content: [text('Be quick.')] },
        { role: 'system', content: 'Still now.', clear_at: 'next_user_message' },
      ],
    });
    expect(system).toBe('Be brief.\n\nBe kind.');
    expect(messages).toEqual([
      { role: 'user', parts: [text('One')] },
      { role: 'assistant', parts: [text('Yes')] },
      {
        role: 'user',
        parts: [
          text(
            'Two\n\n<system-reminder>\nBe quick.\n</system-reminder>\n\n<system-reminder>\nStill now.\n</system-reminder>',
          ),
        ],
      },
    ]);
  });

  it('is what Claude Code says, without what is for Anthropic’s servers', async () => {
    const request = await sent(
      {
        system: [
          text('x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli;'),
          { ...text('You are Claude Code.'), ...ephemeral },
          { ...text('Work in /src.'), ...ephemeral },
        ],
        messages: [
          {
            role: 'user',
            content: [text('<system-reminder>\nToday.\n</system-reminder>\n'), { ...text('Go'), ...ephemeral }],
          },
        ],
        tools: [
          { name: 'Read', description: 'Reads.', input_schema: schema, ...ephemeral, eager_input_streaming: true },
          { name: 'mcp__x__y', input_schema: schema, defer_loading: true, type: 'custom', strict: true },
        ],
        metadata: { user_id: 'user_1_account__session_2' },
        thinking: { type: 'adaptive' },
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        output_config: { effort: 'high' },
        temperature: 1,
        top_k: 5,
        service_tier: 'auto',
        betas: ['claude-code-20250219'],
        stream: true,
      },
      '/v1/messages?beta=true',
    );
    expect(request).toMatchObject({
      system: 'You are Claude Code.\n\nWork in /src.',
      messages: [{ role: 'user', parts: [text('<system-reminder>\nToday.\n</system-reminder>\n\n\nGo')] }],
      maxOutputTokens: 2000,
      temperature: 1,
      reasoning: true,
      options: {
        effort: 'high',
        tools: [
          { name: 'Read', description: 'Reads.', parameters: schema },
          { name: 'mcp__x__y', description: null, parameters: schema, strict: true },
        ],
      },
    });
    expect(Object.keys(request.options ?? {}).sort()).toEqual(['effort', 'tools']);
  });

  it('is the form of the answer, wherever it is asked for', async () => {
    const messages = [{ role: 'user', content: 'Title?' }];
    const format = { type: 'json_schema', schema };
    for (const body of [{ output_format: format }, { output_config: { format } }]) {
      const { options } = await sent({ messages, ...body });
      expect(options?.format).toEqual({ type: 'schema', name: 'answer', description: null, schema, strict: true });
    }
  });
});
