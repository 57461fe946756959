import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LanguageModel, ModelPart } from '../../src/ports/language-model.ts';
import { pictureOf } from '../../src/providers/mock/picture.ts';
import { ask, send } from '../api/asking.ts';
import { alpha, beta, judge, labCatalogue, localId } from '../judging/lab.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
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
  let plain: TestApp;
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
    const options = { database: database(), catalogue: labCatalogue, languageModels: { lab: model } };
    app = await startApp(options);
    plain = await startApp({ ...options, env: { FAST_PATH: 'off' } });
    ann = await app.newMember('Ann');
    bob = await app.newMember('Bob');
  });
  afterAll(async () => {
    await plain.close();
    await app.close();
  });

  async function answered(parts: ModelPart[], over: 'sse' | 'ws' = 'sse', client = ann) {
    answer = parts;
    const { turn } = await ask(client, { prompt: 'Draw a hill', modelIds: [alpha] });
    // biome-ignore lint/suspicious/noExplicitAny: an event of whichever type
    const events: any[] = [];
    for await (const { data, errors } of client.subscribe(over, following, { turnId: turn.id })) {
      expect(errors).toBeUndefined();
      events.push(data.streamResponse);
    }
    const { node } = await ann.gql(partsQuery, { id: events[0].responseId });
    return { turn, events, response: node };
  }

  test.each([
    ['sse', 'on'],
    ['ws', 'on'],
    ['sse', 'off'],
    ['ws', 'off'],
  ] as const)(
    'are told of in their place, and served to their member alone (%s, FAST_PATH=%s)',
    async (over, fastPath) => {
      const there = fastPath === 'on' ? ann : connect(plain.url, ann);
      const { events, response } = await answered([text('Here: '), image(), text('a hill.')], over, there);
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

  test.each([true, false])('are shown in a blind turn as after its reveal (at one pace: %s)', async (paced) => {
    let release = () => {};
    answer = [text('Mine, '), image(), text('and all.'), image(pictureOf(9))];
    waiting = new Promise((resolve) => {
      release = resolve;
    });
    const held = async () => (await ann.gql('{ viewer { files { totalCount } fileUsage { bytes } } }')).viewer;
    const before = await held();
    const sent = await send(ann, { prompt: 'Draw a hill', modelIds: [alpha, beta], blind: true });
    const turnId = sent.turn.id;
    // biome-ignore lint/suspicious/noExplicitAny: an event of whichever type
    const events: any[] = [];
    const added = () => events.filter(({ __typename }) => __typename === 'ImageAdded');
    const reading = (async () => {
      for await (const { data } of ann.subscribe('sse', following, { turnId, paced })) events.push(data.streamResponse);
    })();
    const kept = async () =>
      (
        await database()
          .db.selectFrom('response_file')
          .innerJoin('response', 'response.id', 'response_id')
          .select('position')
          .where('turn_id', '=', localId(turnId))
          .execute()
      ).length;
    await expect.poll(kept, { timeout: 20_000 }).toBe(4);
    if (paced) expect(added()).toEqual([]);
    else await expect.poll(() => added().length, { timeout: 20_000 }).toBe(4);
    release();
    waiting = Promise.resolve();
    await reading;
    expect(
      added()
        .map(({ part }) => part.index)
        .sort(),
    ).toEqual([1, 1, 2, 2]);
    const partsOf = async (id: string) => (await ann.gql(partsQuery, { id })).node.parts;
    const ids = [...new Set(events.map(({ responseId }) => responseId))];
    for (const id of ids) {
      const own = added()
        .filter(({ responseId }) => responseId === id)
        .sort((one, other) => one.part.index - other.part.index);
      expect(await partsOf(id)).toMatchObject([
        { __typename: 'TextPart', index: 0, text: 'Mine, and all.' },
        ...own.map(({ part }) => ({ __typename: 'ImagePart', index: part.index, file: { id: part.file.id } })),
      ]);
      for (const { part } of own) {
        const served = await fetch(app.url + part.file.url, { headers: { cookie: ann.cookie } });
        expect(served.status).toBe(200);
        const bytes = Buffer.from(await served.arrayBuffer()).toString('latin1');
        expect(bytes).not.toMatch(/eXIf|iTXt|tEXt|zTXt|iCCP|caBX|tIME/);
      }
    }
    expect(await held()).toEqual(before);
    await ann.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turnId });
    expect((await held()).files.totalCount).toBe(before.files.totalCount + 4);
    for (const id of ids) {
      const shown = added()
        .filter(({ responseId }) => responseId === id)
        .sort((one, other) => one.part.index - other.part.index);
      expect(await partsOf(id)).toMatchObject([
        { text: 'Mine, ' },
        { file: { id: shown[0].part.file.id } },
        { text: 'and all.' },
        { file: { id: shown[1].part.file.id } },
      ]);
    }
  });

  test('are judged, also without a word', async () => {
    answer = [image()];
    const asked = await send(ann, { prompt: 'Draw a hill', modelIds: [alpha, beta], blind: true });
    for await (const _ of ann.subscribe('sse', following, { turnId: asked.turn.id }));
    const [best] = asked.turn.responses;
    expect(await judge(ann, asked, { kind: 'BEST', bestResponseIds: [best.id] })).toMatchObject({
      kind: 'BEST',
      best: [{ id: best.id }],
      blind: true,
      named: false,
    });
  });

  test('tell by their files when the prompt was sent, and not when they came', async () => {
    const { turn, response } = await answered([image()]);
    const { file } = response.parts[0];
    const { node } = await ann.gql('query ($id: ID!) { node(id: $id) { ... on File { createdAt } } }', { id: file.id });
    const timeOf = (id: string) => Number.parseInt(localId(id).replaceAll('-', '').slice(0, 12), 16);
    expect(timeOf(file.id)).toBe(timeOf(turn.responses[0]?.id as string));
    expect(Date.parse(node.createdAt)).toBe(timeOf(file.id));
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
