import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LanguageModel, ModelPart } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { ask, send } from '../api/asking.ts';
import { alpha, beta, labCatalogue } from '../judging/lab.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const usage: ModelPart = {
  type: 'usage',
  usage: { inputTokens: 10, cachedInputTokens: 0, cacheWriteInputTokens: 0, outputTokens: 1300, reasoningTokens: 0 },
};
const image = (data = pictureOf(7)): ModelPart => ({ type: 'image', mediaType: 'image/png', data });
const text = (said: string): ModelPart => ({ type: 'text', text: said });

const following = `subscription ($turnId: ID!, $paced: Boolean) { streamResponse(turnId: $turnId, paced: $paced) {
  __typename responseId
  ... on TextDelta { partIndex text }
  ... on ImageAdded { part { index file { id name mediaType width height url thumbnailUrl } } }
} }`;
const partsQuery = `query ($id: ID!) { node(id: $id) { ... on Response { status text creditsCharged
  failure { message } usage { outputTokens }
  parts { __typename index ... on TextPart { text } ... on OtherPart { kind } ... on ImagePart { file { id kind bytes } } }
} } }`;

describeDatabases('images that a model makes', (database) => {
  let app: TestApp;
  let ann: Client;
  let bob: Client;
  /** What the models answer. */
  let answer: ModelPart[] = [];
  /** What the end of an answer waits for. */
  let waiting: Promise<void> = Promise.resolve();
  const model: LanguageModel = {
    listModels: async () => [],
    async stream(_request, onPart) {
      for (const part of answer) onPart(part);
      await waiting;
      onPart(usage);
      onPart({ type: 'finish', reason: 'STOP' });
    },
  };

  beforeAll(async () => {
    app = await startApp({ database: database(), catalogue: labCatalogue, languageModels: { lab: model } });
    ann = await app.newMember('Ann');
    bob = await app.newMember('Bob');
  });
  afterAll(() => app.close());

  async function answered(parts: ModelPart[], over: 'sse' | 'ws' = 'sse') {
    answer = parts;
    const { turn } = await ask(ann, { prompt: 'Draw a hill', modelIds: [alpha] });
    // biome-ignore lint/suspicious/noExplicitAny: an event of whichever type
    const events: any[] = [];
    for await (const { data, errors } of ann.subscribe(over, following, { turnId: turn.id })) {
      expect(errors).toBeUndefined();
      events.push(data.streamResponse);
    }
    const { node } = await ann.gql(partsQuery, { id: events[0].responseId });
    return { turn, events, response: node };
  }

  test.each(['sse', 'ws'] as const)(
    'are told of in their place, and served to their member alone (%s)',
    async (over) => {
      const { events, response } = await answered([text('Here: '), image(), text('a hill.')], over);
      const made = events.find(({ __typename }) => __typename === 'ImageAdded');
      expect(made.part).toMatchObject({
        index: 1,
        file: { name: 'image-1.png', mediaType: 'image/png', width: 96, height: 96, url: expect.any(String) },
      });
      expect(response).toMatchObject({ status: 'COMPLETED', text: 'Here: a hill.', usage: { outputTokens: 1300 } });
      expect(response.parts).toEqual([
        { __typename: 'TextPart', index: 0, text: 'Here: ' },
        {
          __typename: 'ImagePart',
          index: 1,
          file: { id: made.part.file.id, kind: 'IMAGE', bytes: expect.any(Number) },
        },
        { __typename: 'TextPart', index: 2, text: 'a hill.' },
      ]);
      const served = await fetch(app.url + made.part.file.url, { headers: { cookie: ann.cookie } });
      expect(served.status).toBe(200);
      expect(Buffer.from(await served.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
      expect((await fetch(app.url + made.part.file.thumbnailUrl, { headers: { cookie: ann.cookie } })).status).toBe(
        200,
      );
      expect((await fetch(app.url + made.part.file.url, { headers: { cookie: bob.cookie } })).status).toBe(404);
    },
  );

  test('are an answer without a word, and are charged as output', async () => {
    const { response } = await answered([image(), image(pictureOf(9))]);
    expect(response).toMatchObject({ status: 'COMPLETED', text: '', creditsCharged: 10 + 2 * 1300 });
    expect(response.parts.map(({ __typename }: { __typename: string }) => __typename)).toEqual([
      'ImagePart',
      'ImagePart',
    ]);
  });

  test('that are no images are left out, and are a failure where there is nothing else', async () => {
    const broken = image(Buffer.from('This is no picture at all.').toString('base64'));
    const beside = await answered([text('Well.'), broken]);
    expect(beside.response).toMatchObject({ status: 'COMPLETED', text: 'Well.' });
    expect(beside.response.parts).toEqual([
      { __typename: 'TextPart', index: 0, text: 'Well.' },
      { __typename: 'OtherPart', index: 1, kind: 'image' },
    ]);
    const alone = await answered([broken]);
    expect(alone.response).toMatchObject({
      status: 'FAILED',
      failure: { message: 'The image that the model made could not be kept.' },
    });
  });

  test('are journalled while the answer goes on, and are at most eight', async () => {
    let end = () => {};
    waiting = new Promise((resolve) => {
      end = resolve;
    });
    answer = [text('Many.'), ...Array.from({ length: 10 }, (_, seed) => image(pictureOf(seed)))];
    const { turn } = await ask(ann, { prompt: 'Draw hills', modelIds: [alpha] });
    const { db } = database();
    const journalled = async () => {
      const rows = await db
        .selectFrom('response')
        .select(['parts', 'status'])
        .where('status', '=', 'STREAMING')
        .execute();
      return rows.flatMap(({ parts }) => parts ?? []).filter(({ kind, data }) => kind === 'image' && data).length;
    };
    await expect.poll(journalled, { timeout: 20_000 }).toBe(8);
    end();
    waiting = Promise.resolve();
    for await (const _ of ann.subscribe('sse', following, { turnId: turn.id }));
    const files = await db.selectFrom('response_file').select('position').orderBy('position').execute();
    expect(files.map(({ position }) => position).slice(-1)).toEqual([7]);
  });

  test('tell nothing of a blind turn before it is revealed', async () => {
    answer = [text('Mine.'), image()];
    const held = async () => (await ann.gql('{ viewer { files { totalCount } fileUsage { bytes } } }')).viewer;
    const before = await held();
    const sent = await send(ann, { prompt: 'Draw a hill', modelIds: [alpha, beta], blind: true });
    const turnId = sent.turn.id;
    const types: string[] = [];
    const ids = new Set<string>();
    for await (const { data } of ann.subscribe('sse', following, { turnId })) {
      types.push(data.streamResponse.__typename);
      ids.add(data.streamResponse.responseId);
    }
    expect(types).not.toContain('ImageAdded');
    for (const id of ids) {
      const { node } = await ann.gql(partsQuery, { id });
      expect(node.parts).toEqual([{ __typename: 'TextPart', index: 0, text: 'Mine.' }]);
    }
    expect(await held()).toEqual(before);
    await ann.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turnId });
    expect((await held()).files.totalCount).toBe(before.files.totalCount + 2);
    for (const id of ids) {
      const { node } = await ann.gql(partsQuery, { id });
      expect(node.parts).toMatchObject([{ __typename: 'TextPart' }, { __typename: 'ImagePart' }]);
    }
  });

  test('go with the conversation', async () => {
    const { turn, response } = await answered([image()]);
    const { file } = response.parts[0];
    const { node } = await ann.gql('query ($id: ID!) { node(id: $id) { ... on Turn { conversation { id } } } }', {
      id: turn.id,
    });
    await ann.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: node.conversation.id });
    await expect
      .poll(async () => (await ann.gql('query ($id: ID!) { node(id: $id) { id } }', { id: file.id })).node)
      .toBeNull();
  });
});
