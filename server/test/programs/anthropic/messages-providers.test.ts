import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireApi, type WireRequest, type WireServer } from '../../wire-server.ts';
import { hello, type MessagesProgram, newMessagesProgram } from './anthropic-client.ts';

/** Recordings of real providers' streams, if the folder exists: see recorded-streams.test.ts. */
const directory = process.env.STREAMS_DIR ?? resolve(import.meta.dirname, '../../../../../shared/streams');

interface Recording {
  case: string;
  api: WireApi;
  http: { status: number; headers: Record<string, string> };
  expect: {
    outcome: string;
    text: string;
    reasoning?: string;
    tool_calls?: { name: string | null; arguments: string | null; partial?: boolean }[];
  };
}

const recordings: Recording[] = existsSync(directory)
  ? readdirSync(directory)
      .filter((file) => file.endsWith('.expected.json'))
      .map((file) => JSON.parse(readFileSync(resolve(directory, file), 'utf8')))
      .filter((recording) => recording.expect.outcome === 'completed')
  : [];

const providers = {
  'openai.chat': 'openai',
  'anthropic.messages': 'anthropic',
  'google.streamGenerateContent': 'google',
} as const;
const apis = Object.keys(providers) as (keyof typeof providers)[];

function toModel(api: WireApi, name: string) {
  return {
    id: `${providers[api as keyof typeof providers]}/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 10_000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    reasoning: true,
  };
}

let database: TestDatabase;
let wire: WireServer;
let app: TestApp;
let program: MessagesProgram;
beforeAll(async () => {
  wire = await startWireServer();
  database = await openTestDatabase('pglite');
  app = await startApp({
    database,
    wire,
    catalogue: {
      models: [
        ...apis.map((api) => toModel(api, 'model-a')),
        ...recordings.map((recording) => toModel(recording.api, recording.case)),
      ],
    },
  });
  program = await newMessagesProgram(app);
});
beforeEach(() => wire.reset());
afterAll(async () => {
  await app?.close();
  await wire?.close();
  await database?.close();
  expect(app.errors).toEqual([]);
});

const thinking = { type: 'adaptive' as const };
const weather = { name: 'get_weather', input_schema: { type: 'object' as const } };

/** What the provider was sent last. */
const bodyOf = () => JSON.stringify(wire.requests.at(-1)?.body);

describe.each(apis)('a model behind %s', (api) => {
  const request = () => ({ model: `${providers[api]}/model-a`, max_tokens: 5000, messages: hello });

  it('answers in Anthropic’s protocol, streamed or not', async () => {
    wire.respondWith(() => ({
      body: streamBody(api, { reasoning: ['Hm', 'm.'], text: ['High ', 'tide.'], usage: { input: 21, output: 13 } }),
    }));
    const whole = await program.anthropic.messages.create({ ...request(), thinking });
    const streamed = await program.anthropic.messages.stream({ ...request(), thinking }).finalMessage();
    for (const message of [whole, streamed]) {
      expect(message.content).toEqual([
        { type: 'thinking', thinking: 'Hmm.', signature: '' },
        { type: 'text', text: 'High tide.', citations: null },
      ]);
      expect(message.stop_reason).toBe('end_turn');
      expect(message.usage).toMatchObject({ input_tokens: 21, output_tokens: 13 });
    }
  });

  it('is sent images, tools and their results', async () => {
    wire.respondWith(() => ({ body: streamBody(api, { text: ['Rain.'], usage: { input: 9, output: 2 } }) }));
    const data = 'iVBORw0KGgo=';
    const messages: Anthropic.MessageParam[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Weather here?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
        ],
      },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '3 degrees' }] },
    ];
    await program.anthropic.messages.create({ ...request(), messages, tools: [weather], system: 'Be brief.' });
    for (const part of ['Weather here?', data, 'get_weather', 'Oslo', '3 degrees', 'Be brief.']) {
      expect(bodyOf()).toContain(part);
    }
  });
});

it('tells an effort only where no model refuses one', async () => {
  const efforts: Record<string, boolean> = {};
  for (const api of apis) {
    wire.respondWith(() => ({ body: streamBody(api, { text: ['Tide.'], usage: { input: 9, output: 2 } }) }));
    const model = `${providers[api]}/model-a`;
    const output_config = { effort: 'high' as const };
    await program.anthropic.messages.create({ model, max_tokens: 5000, messages: hello, output_config });
    efforts[providers[api]] = bodyOf().includes('"high"');
  }
  expect(efforts).toMatchObject({ openai: false, anthropic: true });
});

it('gives Anthropic its thoughts back with their proofs, as they were', async () => {
  const events = [
    { type: 'message_start', message: { usage: { input_tokens: 9, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hmm.' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'proof' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'hidden' } },
    { type: 'content_block_stop', index: 1 },
    {
      type: 'content_block_start',
      index: 2,
      content_block: { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} },
    },
    { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' } },
    { type: 'content_block_stop', index: 2 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
    { type: 'message_stop' },
  ];
  const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
  wire.enqueue({ body });
  const { anthropic } = program;
  const request = { model: 'anthropic/model-a', max_tokens: 5000, messages: hello, tools: [weather], thinking };
  const { content } = await anthropic.messages.stream(request).finalMessage();
  const messages = [
    ...hello,
    { role: 'assistant' as const, content },
    { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'Rain' }] },
  ];
  await anthropic.messages.create({ ...request, messages });
  expect((wire.requests.at(-1) as WireRequest).body.messages[1]).toEqual({
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hmm.', signature: 'proof' },
      { type: 'redacted_thinking', data: 'hidden' },
      { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } },
    ],
  });
});

describe.skipIf(recordings.length === 0)('a recorded answer of a provider', () => {
  it.each(recordings)('$case is a message of the same text, thoughts and calls', async (recording) => {
    const { status, headers } = recording.http;
    wire.enqueue({ status, headers, body: readFileSync(resolve(directory, `${recording.case}.sse`)) });
    const { id: model } = toModel(recording.api, recording.case);
    const request = { model, max_tokens: 5000, messages: hello, tools: [weather], thinking };
    const { content } = await program.anthropic.messages.stream(request).finalMessage();
    const texts = (read: (block: Anthropic.ContentBlock) => string) => content.map(read).join('');
    expect(texts((block) => (block.type === 'text' ? block.text : ''))).toBe(recording.expect.text);
    expect(texts((block) => (block.type === 'thinking' ? block.thinking : ''))).toBe(recording.expect.reasoning ?? '');
    const meant = recording.expect.tool_calls?.filter(({ name }) => name !== null) ?? [];
    const calls = content.filter((block) => block.type === 'tool_use');
    expect(calls.map(({ name }) => name)).toEqual(meant.map(({ name }) => name));
    for (const [index, { arguments: json, partial }] of meant.entries()) {
      if (!partial) expect(calls[index]?.input).toEqual(JSON.parse(json || '{}'));
    }
  });
});
