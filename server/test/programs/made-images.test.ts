import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GivenImages } from '../../src/domain/files/given-images.ts';
import { IMAGE_HAS_NO_FORM } from '../../src/http/calls/ungiven-images.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { expectSettled } from '../api/asking.ts';
import { alpha, labCatalogue } from '../judging/lab.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { anthropicAt } from './anthropic/anthropic-client.ts';
import { all, newProgram, type Program } from './openai/openai-client.ts';

const PLACE = 'X-Polylogue-Conversation';
const usage: ModelPart = {
  type: 'usage',
  usage: { inputTokens: 10, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 1300, reasoningTokens: 0 },
};
const hill = pictureOf(8);
const bay = pictureOf(64);
const image = (data: string): ModelPart => ({ type: 'image', mediaType: 'image/png', data });
const text = (said: string): ModelPart => ({ type: 'text', text: said });
const picture = (data: string, index: number) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${data}` },
  index,
});

describeDatabases('images that a model makes for a program', (database) => {
  let app: TestApp;
  let program: Program;
  let anthropic: Anthropic;
  let answer: ModelPart[] = [];
  let asked: ModelRequest[] = [];
  const model: LanguageModel = {
    listModels: async () => [],
    async stream(request, onPart) {
      asked.push(request);
      for (const part of answer) onPart(part);
      onPart(usage);
      onPart({ type: 'finish', reason: 'STOP' });
    },
  };
  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: model } });
    program = await newProgram(app);
    anthropic = anthropicAt(app, { apiKey: program.key });
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Draw a hill and a bay' }];

  test('come with a chat completion, whole and streamed', async () => {
    answer = [text('Here: '), image(hill), text('a hill, '), image(bay), text('a bay.')];
    const { completions } = program.openai.chat;
    // The SDK has no word for images.
    const modalities = ['text', 'image'] as unknown as ['text'];
    const whole = await completions.create({ model: alpha, messages, modalities });
    expect(whole.choices[0]?.message).toMatchObject({
      content: 'Here: a hill, a bay.',
      images: [picture(hill, 0), picture(bay, 1)],
    });
    const deltas = (await all(await completions.create({ model: alpha, messages, stream: true }))).flatMap(
      ({ choices }) => choices.map(({ delta }) => delta as { content?: string; images?: object[] }),
    );
    expect(deltas.map(({ content = '' }) => content).join('')).toBe('Here: a hill, a bay.');
    expect(deltas.flatMap(({ images = [] }) => images)).toEqual([picture(hill, 0), picture(bay, 1)]);
    await expectSettled(program.member);
  });

  test('are items of a response, whole and streamed', async () => {
    answer = [text('Here: '), image(hill), text('a hill.')];
    const call = { type: 'image_generation_call', status: 'completed', result: hill, output_format: 'png' };
    const output = [
      { type: 'message', content: [{ text: 'Here: ' }] },
      call,
      { type: 'message', content: [{ text: 'a hill.' }] },
    ];
    const input = 'Draw a hill';
    expect((await program.openai.responses.create({ model: alpha, input })).output).toMatchObject(output);
    const stream = program.openai.responses.stream({ model: alpha, input });
    const types: string[] = [];
    for await (const event of stream) if (event.type.includes('image') || 'item' in event) types.push(event.type);
    expect(types.slice(2, 7)).toEqual([
      'response.output_item.added',
      'response.image_generation_call.in_progress',
      'response.image_generation_call.generating',
      'response.image_generation_call.completed',
      'response.output_item.done',
    ]);
    expect((await stream.finalResponse()).output).toMatchObject(output);
  });

  test('are a line in Anthropic’s protocol, which the model is not given back', async () => {
    answer = [text('Here: '), image(hill), text('a hill.')];
    const request = { model: alpha, max_tokens: 2000, messages: [{ role: 'user' as const, content: 'Draw a hill' }] };
    const whole = await anthropic.messages.create(request);
    const said = ['Here: ', IMAGE_HAS_NO_FORM, 'a hill.'].map((text) => ({ type: 'text', text }));
    expect(whole.content).toMatchObject(said);
    expect((await anthropic.messages.stream(request).finalMessage()).content).toMatchObject(said);
    asked = [];
    await anthropic.messages.create({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: whole.content },
        { role: 'user', content: 'Another' },
      ],
    });
    expect(asked[0]?.messages[1]).toEqual({ role: 'assistant', parts: [{ type: 'text', text: 'Here: a hill.' }] });
  });

  test('are an answer without a word', async () => {
    answer = [image(hill)];
    const { choices } = await program.openai.chat.completions.create({ model: alpha, messages });
    expect(choices[0]?.message).toMatchObject({ content: '', images: [picture(hill, 0)] });
    const { content } = await anthropic.messages.create({
      model: alpha,
      max_tokens: 2000,
      messages: [
        { role: 'user', content: 'Draw a bay' },
        { role: 'assistant', content: [{ type: 'text', text: IMAGE_HAS_NO_FORM }] },
        { role: 'user', content: 'Draw a hill' },
      ],
    });
    expect(content).toMatchObject([{ type: 'text', text: IMAGE_HAS_NO_FORM }]);
    expect(asked.at(-1)?.messages).toHaveLength(1);
  });

  test('of a kept call are given and kept, and the next call knows their answer again', async () => {
    answer = [text('Here: '), image(hill), text('a hill.')];
    const first = await program.openai.responses
      .create({ model: alpha, input: 'Draw a hill', store: true })
      .withResponse();
    const place = first.response.headers.get(PLACE) ?? '';
    expect(first.data.output).toMatchObject([{}, { type: 'image_generation_call', result: hill }, {}]);
    answer = [text('Yes.')];
    const input = [
      { role: 'user' as const, content: 'Draw a hill' },
      ...(first.data.output as OpenAI.Responses.ResponseInputItem[]),
      { role: 'user' as const, content: 'Is it green?' },
    ];
    await program.openai.responses.create({ model: alpha, input }, { headers: { [PLACE]: place } });
    const document = `query ($id: ID!) { node(id: $id) { ... on Conversation { turns { edges { node {
      prompt responses { text parts { __typename ... on ImagePart { file { width } } } }
    } } } } } }`;
    const { node } = await program.member.gql(document, { id: place });
    expect(node.turns.edges).toMatchObject([
      {
        node: {
          prompt: 'Draw a hill',
          responses: [
            {
              text: 'Here: a hill.',
              parts: [{}, { __typename: 'ImagePart', file: { width: 96 } }, { __typename: 'TextPart' }],
            },
          ],
        },
      },
      { node: { prompt: 'Is it green?', responses: [{ text: 'Yes.' }] } },
    ]);
  });
});

test('the room for images that programs are given is bounded, and given back once', () => {
  const room = new GivenImages(10);
  const made = { type: 'image' as const, mediaType: 'image/png', data: 'AAAAAA' };
  const first = room.take(made);
  expect(first?.image).toBe(made);
  expect(room.take(made)).toBeNull();
  first?.release();
  first?.release();
  expect(room.take(made)).not.toBeNull();
  expect(room.take(made)).toBeNull();
});
