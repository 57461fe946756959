import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../api/asking.ts';
import { png } from '../providers/calls/tool-calls.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireApi, type WireServer } from '../wire-server.ts';
import { callsOf, makeTool, told, type Worked, watch, worked } from './workshop.ts';

interface Format {
  modelId: string;
  api: WireApi;
  /** The events of an answer that calls both tools. */
  calls: string;
  /** What the second request has to say of the first answer and of the results. */
  expected: object;
}

const events = (...all: { type: string }[]) =>
  all.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
const data = (...all: (object | string)[]) =>
  all.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('');
const delta = (fields: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'gpt-4.1',
  choices: [{ index: 0, delta: fields, finish_reason }],
});
const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const piece = (index: number, fields: object) => ({ type: 'content_block_delta', index, delta: fields });
const stop = (index: number) => ({ type: 'content_block_stop', index });

const formats: Format[] = [
  {
    modelId: 'openai/gpt-4.1',
    api: 'openai.chat',
    calls: data(
      delta({ role: 'assistant', content: 'Let me look.' }),
      delta({
        tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'camera', arguments: '' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"at":' } }] }),
      delta({
        tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'broken', arguments: '{}' } }],
      }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '"sea"}' } }] }),
      delta({}, 'tool_calls'),
      { ...delta({}), choices: [], usage: { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 } },
      '[DONE]',
    ),
    expected: {
      messages: expect.arrayContaining([
        expect.objectContaining({
          role: 'assistant',
          content: 'Let me look.',
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'camera', arguments: '{"at":"sea"}' } },
            { id: 'call_b', type: 'function', function: { name: 'broken', arguments: '{}' } },
          ],
        }),
        { role: 'tool', tool_call_id: 'call_a', content: 'A picture of the sea.' },
        { role: 'tool', tool_call_id: 'call_b', content: 'It is out of order.' },
        // The format takes no images in results: they follow in a message that says whose they are.
        {
          role: 'user',
          content: [
            { type: 'text', text: expect.stringContaining('call_a') },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          ],
        },
      ]),
    },
  },
  {
    modelId: 'anthropic/claude-sonnet-5',
    api: 'anthropic.messages',
    calls: events(
      { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 50, output_tokens: 1 } } } as never,
      block(0, { type: 'thinking', thinking: '', signature: '' }),
      piece(0, { type: 'thinking_delta', thinking: 'The sea.' }),
      piece(0, { type: 'signature_delta', signature: 'proof-of-thought' }),
      stop(0),
      block(1, { type: 'tool_use', id: 'toolu_a', name: 'camera', input: {} }),
      block(2, { type: 'tool_use', id: 'toolu_b', name: 'broken', input: {} }),
      piece(1, { type: 'input_json_delta', partial_json: '{"at":"sea"}' }),
      stop(1),
      stop(2),
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 20 } } as never,
      { type: 'message_stop' },
    ),
    expected: {
      messages: expect.arrayContaining([
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'The sea.', signature: 'proof-of-thought' },
            expect.objectContaining({ type: 'tool_use', id: 'toolu_a', name: 'camera', input: { at: 'sea' } }),
            expect.objectContaining({ type: 'tool_use', id: 'toolu_b', name: 'broken', input: {} }),
          ],
        },
        expect.objectContaining({
          role: 'user',
          content: expect.arrayContaining([
            {
              type: 'tool_result',
              tool_use_id: 'toolu_a',
              content: [
                { type: 'text', text: 'A picture of the sea.' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
              ],
            },
            expect.objectContaining({ type: 'tool_result', tool_use_id: 'toolu_b', is_error: true }),
          ]),
        }),
      ]),
    },
  },
  {
    modelId: 'google/gemini-2.5-flash-lite',
    api: 'google.streamGenerateContent',
    calls: data(
      {
        candidates: [
          {
            content: {
              role: 'model',
              parts: [
                { functionCall: { name: 'camera', args: { at: 'sea' } }, thoughtSignature: 'cHJvb2Y=' },
                { functionCall: { name: 'broken', args: {} } },
              ],
            },
          },
        ],
      },
      {
        candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 50, candidatesTokenCount: 20, totalTokenCount: 70 },
      },
    ),
    expected: {
      contents: expect.arrayContaining([
        {
          role: 'model',
          parts: [
            expect.objectContaining({
              functionCall: expect.objectContaining({ name: 'camera', args: { at: 'sea' } }),
              thoughtSignature: 'cHJvb2Y=',
            }),
            expect.objectContaining({ functionCall: expect.objectContaining({ name: 'broken', args: {} }) }),
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'camera', response: { output: 'A picture of the sea.' } } },
            // Only later generations take files within a result.
            { inlineData: { mimeType: 'image/png', data: png } },
            { functionResponse: { name: 'broken', response: { error: 'It is out of order.' } } },
          ],
        },
      ]),
    },
  },
];

describe('tools over a provider’s own format', () => {
  let wire: WireServer;
  let database: TestDatabase;
  let app: TestApp;
  let member: Client;
  const camera = makeTool('camera', () => ({
    content: [
      { type: 'text', text: 'A picture of the sea.' },
      { type: 'file', mediaType: 'image/png', data: png, name: null },
    ],
    isError: false,
  }));
  const broken = makeTool('broken', () => told('It is out of order.', true));

  beforeAll(async () => {
    wire = await startWireServer();
    database = await openTestDatabase('pglite');
    const models = formats.map(({ modelId: id }) => ({ id, minimumTier: 'FREE' }));
    app = await startApp({ database, wire, catalogue: { models }, tools: [camera, broken] });
    member = await app.newMember();
  });
  beforeEach(() => wire.reset());
  afterAll(async () => {
    await app?.close();
    await database?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  it.each(formats)(
    '$modelId calls two at once, is told what came of them, and answers',
    async ({ modelId, api, calls, expected }) => {
      wire.enqueue({ body: calls }, { body: streamBody(api, { text: ['Waves.'] }) });
      const input = { prompt: 'What do you see?', modelIds: [modelId], toolIds: ['camera', 'broken'] };
      const { turn } = await ask(member, input as never);
      await watch(member, turn.id);
      const [response] = (await worked(member, turn.id)) as [Worked];
      expect(response).toMatchObject({ status: 'COMPLETED', failure: null, text: expect.stringMatching(/Waves\.$/) });
      expect(callsOf(response)).toMatchObject([
        { name: 'camera', status: 'DONE', arguments: '{"at":"sea"}' },
        { name: 'broken', status: 'FAILED', result: 'It is out of order.' },
      ]);
      const [first, second] = wire.requests.filter((request) => request.api === api);
      expect(JSON.stringify(first?.body.tools)).toContain('camera');
      expect(second?.body).toMatchObject(expected);
      expect(JSON.stringify(second?.body)).toContain(png.slice(0, 40));
    },
  );
});
