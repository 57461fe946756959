import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMockModels } from '../../../src/providers/mock/mock.ts';
import { createOpenAIChat } from '../../../src/providers/openai/openai.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { adapterOf, ask, secret } from '../answers.ts';
import { fetches } from '../asked-by.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const png = Buffer.alloc(300_000, 7).toString('base64');
const image = (mediaType: string, data = png) => ({ type: 'image', mediaType, data });
const parts = (answer: { parts: { type: string }[] }) =>
  answer.parts.filter(({ type }) => type === 'image' || type === 'text');

describe.each(fetches)('images that a model makes ($upstream)', ({ fetch }) => {
  it('come from Gemini as inline data between its texts, those of its thoughts left out', async () => {
    const event = (part: object, more = {}) => ({ candidates: [{ content: { parts: [part] }, ...more }] });
    const events = [
      event({ text: 'Here it is: ' }),
      event({ inlineData: { mimeType: 'image/png', data: Buffer.alloc(9).toString('base64') }, thought: true }),
      event({ inlineData: { mimeType: 'IMAGE/PNG', data: png }, thoughtSignature: 'proof' }),
      event({ inlineData: { mimeType: 'audio/wav', data: 'AAAA' } }),
      event({ inlineData: { mimeType: 'image/svg+xml;x', data: 'AAAA' } }),
      event({ inlineData: 'AAAA' }),
      {
        ...event({ text: ' A sun.' }, { finishReason: 'STOP' }),
        usageMetadata: {
          promptTokenCount: 7,
          candidatesTokenCount: 1301,
          candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
        },
      },
    ];
    server.enqueue({ body: events.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join('') });
    const answer = await ask(adapterOf('google.streamGenerateContent').create(server, fetch));
    expect(answer.failure).toBeNull();
    expect(parts(answer)).toEqual([
      { type: 'text', text: 'Here it is: ' },
      image('image/png'),
      { type: 'text', text: ' A sun.' },
    ]);
    expect(answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 1301 });
  });

  it('come from Gemini as it answered one day, with the usage that it told', async () => {
    const told = (candidates: object, thoughtsTokenCount: number) => ({
      candidates: [candidates],
      usageMetadata: {
        promptTokenCount: 8,
        candidatesTokenCount: 1219,
        totalTokenCount: 1227 + thoughtsTokenCount,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
        thoughtsTokenCount,
        serviceTier: 'standard',
      },
      modelVersion: 'gemini-3-pro-image-preview',
    });
    const part = { inlineData: { mimeType: 'image/jpeg', data: 'AA==' }, thoughtSignature: 'signature' };
    const events = [
      told({ content: { parts: [part], role: 'model' }, index: 0 }, 244),
      told({ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }, 167),
    ];
    server.enqueue({ body: events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('') });
    const answer = await ask(adapterOf('google.streamGenerateContent').create(server, fetch));
    expect(parts(answer)).toEqual([image('image/jpeg', 'AA==')]);
    expect(answer).toMatchObject({ finish: 'STOP', failure: null, usage: { inputTokens: 8, outputTokens: 1219 } });
  });

  it('come in chat completions as data URLs; an address is not followed', async () => {
    const chunk = (delta: object, more = {}) => ({ object: 'chat.completion.chunk', choices: [{ delta, ...more }] });
    const given = (url: unknown) => ({ type: 'image_url', image_url: { url } });
    const chunks = [
      chunk({ content: 'A sun.' }),
      chunk({ images: [given(`data:image/png;base64,${png}`), given('https://elsewhere.example/a.png'), null] }),
      chunk({ images: [{ type: 'image_url', image_url: 'data:image/webp;base64,AAAA' }, given(7), given('data:,x')] }),
      chunk({}, { finish_reason: 'stop' }),
    ];
    server.enqueue({
      body: `${chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`,
    });
    const model = createOpenAIChat({
      apiKey: secret,
      baseURL: `${server.url}/v1`,
      maxTokensParameter: 'max_tokens',
      fetch,
    });
    const answer = await ask(model);
    expect(answer.failure).toBeNull();
    expect(parts(answer)).toEqual([{ type: 'text', text: 'A sun.' }, image('image/png'), image('image/webp', 'AAAA')]);
  });
});

it('a mock model draws the same PNG for the same prompt, if it is asked to', async () => {
  const model = createMockModels({ pace: Number.POSITIVE_INFINITY });
  const drawn = async (prompt: string, name = 'poet') => {
    const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: prompt }] }];
    return (await ask(model, { model: name, messages })).parts.find(({ type }) => type === 'image');
  };
  const first = await drawn('Draw a hill');
  expect(first).toMatchObject({ type: 'image', mediaType: 'image/png', data: expect.stringMatching(/^iVBORw0KGgo/) });
  expect(await drawn('Draw a hill')).toEqual(first);
  expect(await drawn('Tell me of a hill')).toBeUndefined();
  expect(await drawn('Draw a hill', 'swift')).toBeUndefined();
});
