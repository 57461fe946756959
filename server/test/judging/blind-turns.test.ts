import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseGlobalId } from '../../src/domain/ground/global-ids.ts';
import { type Asked, follow, regenerateDocument, send, storedResponses } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp, type Transport } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { answerWithNeedles, chat, foundIn, needleCatalogue, needleModels } from './needles.ts';

const texts = { first: 'The first answer says plums.', other: 'The other answer says pears.' };

const document = (slow: boolean) => `subscription ($turnId: ID!, $paced: Boolean) {
  streamResponse(turnId: $turnId, paced: $paced) ${slow ? '@include(if: true)' : ''} {
    __typename responseId
    ... on TextDelta { modelId offset text partIndex outputTokens }
    ... on ResponseFinished { response { text status model { id } turn { unpaced } } }
  }
}`;

interface Event {
  __typename: string;
  responseId: string;
  offset: number;
  text: string;
}

describeDatabases('a blind turn', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    const catalogue = needleCatalogue(wire);
    app = await startApp({ database: database(), catalogue, retryDelayMs: 1, passwords: quickPasswords });
    await app.newMember();
    member = await app.newMember();
  });
  beforeEach(() => {
    wire.reset();
    wire.respondWith(answerWithNeedles(texts));
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
  });

  async function sendBlind(input: Parameters<typeof send>[1]): Promise<Asked> {
    const asked = await send(member, { ...input, blind: true });
    expect(asked).toMatchObject({ __typename: 'SendPromptPayload' });
    return asked;
  }

  /** The true models of a turn, by lane. */
  async function modelsOf({ turn }: Asked): Promise<string[]> {
    const rows = await database()
      .db.selectFrom('response')
      .select('model_id')
      .where('turn_id', '=', parseGlobalId(turn.id)?.id as string)
      .where('regenerated', '=', false)
      .orderBy('lane')
      .execute();
    return rows.map(({ model_id }) => model_id);
  }

  /** Follows a turn, and tells how far each lane is. */
  function watch(turnId: string, over: Transport, { slow = false, paced = true } = {}) {
    const lengths = new Map<string, number>();
    const events: Event[] = [];
    const read = async () => {
      for await (const { data, errors } of member.subscribe(over, document(slow), { turnId, paced })) {
        expect(errors).toBeUndefined();
        const event: Event = data.streamResponse;
        events.push(event);
        if (event.__typename === 'TextDelta') lengths.set(event.responseId, event.offset + event.text.length);
      }
    };
    return { lengths, events, ended: read() };
  }

  /** Opens gates one after the other, in an order that the test decides. */
  function gates(count: number) {
    const open: (() => void)[] = [];
    const shut = Array.from(
      { length: count },
      (_none, index) => new Promise<void>((resolve) => (open[index] = resolve)),
    );
    return { shut, open: (index: number) => open[index]?.() };
  }

  it('is shown at the pace of its slowest answer, whatever the reader', async () => {
    const piece = 'slow piece ';
    const { shut, open } = gates(4);
    wire.respondWith((request) => {
      if (request.body.model !== 'zqone') return { body: chat.text('f'.repeat(60)) + chat.end() };
      const pieces = shut.map((gate, index) => [index === 0 ? ': begun\n\n' : chat.text(piece), gate] as const);
      return { pauses: [...pieces, [chat.end(), 0]] };
    });
    const asked = await sendBlind({ prompt: 'Race', modelIds: ['zqalpha/zqone', 'zqbeta/zqthree'] });
    const { id: turnId, responses } = asked.turn;
    const readers = (['ws', 'sse'] as const).flatMap((over) => [
      watch(turnId, over),
      watch(turnId, over, { slow: true }),
    ]);
    // The fast answer is there, and nothing is told.
    await eventually(async () => {
      const rows = await database()
        .db.selectFrom('response')
        .select('status')
        .where('turn_id', '=', parseGlobalId(turnId)?.id as string)
        .execute();
      expect(rows.map(({ status }) => status)).toContain('COMPLETED');
    });
    for (const { lengths, events } of readers) {
      expect(lengths.size).toBe(0);
      expect(events.filter(({ __typename }) => __typename === 'ResponseFinished')).toEqual([]);
    }
    for (const { status, text } of await storedResponses(member, turnId))
      expect([status, text]).toEqual(['STREAMING', '']);
    for (let written = 1; written <= 3; written++) {
      open(written - 1);
      const length = written * piece.length;
      await eventually(() => {
        for (const { lengths } of readers) {
          expect(responses.map(({ id }) => lengths.get(id))).toEqual([length, length]);
        }
      });
    }
    open(3);
    for (const { events, ended } of readers) {
      await ended;
      const finished = events.filter(({ __typename }) => __typename === 'ResponseFinished');
      expect(finished).toHaveLength(2);
      expect(foundIn(JSON.stringify(events))).toEqual([]);
      // Nothing more is told of one answer before the other is as far, or at its end.
      const lengths = new Map(responses.map(({ id }) => [id, 0]));
      for (const event of events) {
        if (event.__typename !== 'TextDelta') continue;
        expect(event.offset).toBe(lengths.get(event.responseId));
        if (event.offset < 3 * piece.length) {
          for (const length of lengths.values()) expect(length).toBeGreaterThanOrEqual(event.offset);
        }
        lengths.set(event.responseId, event.offset + event.text.length);
      }
      expect([...lengths.values()].sort()).toEqual([3 * piece.length, 60]);
    }
  });

  it('is shown as it comes to a reader who wants that, and is marked', async () => {
    const { shut, open } = gates(1);
    wire.respondWith((request) =>
      request.body.model === 'zqone'
        ? {
            pauses: [
              [': begun\n\n', shut[0] as Promise<void>],
              [chat.text('late') + chat.end(), 0],
            ],
          }
        : { body: chat.text('early') + chat.end() },
    );
    const asked = await sendBlind({ prompt: 'Race', modelIds: ['zqalpha/zqone', 'zqbeta/zqthree'] });
    const reader = watch(asked.turn.id, 'ws', { paced: false });
    await eventually(() =>
      expect(reader.events.some(({ __typename }) => __typename === 'ResponseFinished')).toBe(true),
    );
    expect(await storedResponses(member, asked.turn.id)).toEqual(
      expect.arrayContaining([expect.objectContaining({ text: 'early', status: 'COMPLETED' })]),
    );
    open(0);
    await reader.ended;
    expect(JSON.stringify(reader.events)).toContain('"unpaced":true');
    expect(foundIn(JSON.stringify(reader.events))).toEqual([]);
  });

  it('goes on with its true models for a reader who is there when it is revealed', async () => {
    const { shut, open } = gates(1);
    wire.respondWith(() => ({
      pauses: [
        [chat.text('one '), shut[0] as Promise<void>],
        [chat.text('two') + chat.end(), 0],
      ],
    }));
    const asked = await sendBlind({ prompt: 'Race', modelIds: ['zqalpha/zqone', 'zqbeta/zqthree'] });
    const readers = (['ws', 'sse'] as const).map((over) => watch(asked.turn.id, over));
    await eventually(() => {
      for (const { lengths } of readers) expect([...lengths.values()]).toEqual([4, 4]);
    });
    expect(foundIn(JSON.stringify(readers.map(({ events }) => events)))).toEqual([]);
    await member.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: asked.turn.id });
    open(0);
    for (const { ended, events, lengths } of readers) {
      await ended;
      expect([...lengths.values()]).toEqual([7, 7]);
      expect(foundIn(JSON.stringify(events))).toEqual(expect.arrayContaining(['zqone', 'zqthree']));
    }
    const { node } = await member.gql('query ($id: ID!) { node(id: $id) { ... on Conversation { models { id } } } }', {
      id: asked.conversation.id,
    });
    expect(node.models.map(({ id }: { id: string }) => id)).toEqual(await modelsOf(asked));
  });

  it('goes on with the same models in the same lanes, each with its own answer', async () => {
    const first = await sendBlind({ prompt: 'Fruit?', modelIds: needleModels });
    await follow(member, first.turn.id);
    wire.requests.length = 0;
    const next = await sendBlind({ prompt: 'And?', conversationId: first.conversation.id });
    await follow(member, next.turn.id);
    expect(await modelsOf(next)).toEqual(await modelsOf(first));
    const sent = wire.requests.map(({ body }) => [body.model, JSON.stringify(body.messages)] as const);
    for (const [model, messages] of sent) expect(messages).toContain(model === 'zqone' ? 'plums' : 'pears');
  });

  it('gives a model that is asked openly the answer of its lane, and not its own', async () => {
    for (let round = 0; round < 3; round++) {
      const hidden = await sendBlind({ prompt: 'Fruit?', modelIds: needleModels });
      await follow(member, hidden.turn.id);
      wire.requests.length = 0;
      const open = await send(member, {
        prompt: 'And?',
        conversationId: hidden.conversation.id,
        modelIds: ['zqalpha/zqone'],
      });
      await follow(member, open.turn.id);
      const [laneZero] = await modelsOf(hidden);
      const messages = JSON.stringify(wire.requests.map(({ body }) => body.messages));
      expect(messages).toContain(laneZero === 'zqalpha/zqone' ? 'plums' : 'pears');
    }
  });

  it('draws two real models, and quotes the dearest', async () => {
    const { quote } = await member.gql(
      'query ($input: SendPromptInput!) { quote(input: $input) { maximum affordable models { maximum model { id } } } }',
      { input: { prompt: 'Fruit?', blind: true } },
    );
    expect(quote.models.map(({ model }: { model: { id: string } }) => model.id)).toEqual(['blind/A', 'blind/B']);
    expect(quote.models[0].maximum).toBe(quote.models[1].maximum);
    const asked = await sendBlind({ prompt: 'Fruit?' });
    await follow(member, asked.turn.id);
    const drawn = await modelsOf(asked);
    expect(new Set(drawn).size).toBe(2);
    for (const id of drawn) expect(id).toMatch(/^zq/);
    const { held } = (await member.gql('{ viewer { credits { held } } }')).viewer.credits;
    expect(held % quote.maximum).toBeGreaterThanOrEqual(0);
  });

  it('draws as many as it is told, and the same go on', async () => {
    const asked = await sendBlind({ prompt: 'Fruit?', drawCount: 3 });
    await follow(member, asked.turn.id);
    const drawn = await modelsOf(asked);
    expect([...drawn].sort()).toEqual(['zqalpha/zqone', 'zqbeta/zqthree', 'zqbeta/zqtwo']);
    const next = await sendBlind({ prompt: 'And?', conversationId: asked.conversation.id, drawCount: 2 });
    await follow(member, next.turn.id);
    expect(await modelsOf(next)).toEqual(drawn);
    const refusals = [
      [{ blind: true, drawCount: 1 }, 'InvalidInputError', 'drawCount'],
      [{ blind: true, drawCount: 3, modelIds: needleModels }, 'InvalidInputError', 'drawCount'],
      [{ drawCount: 3 }, 'InvalidInputError', 'drawCount'],
      [{ blind: true, drawCount: 100 }, 'TierLimitError', undefined],
    ] as const;
    for (const [input, __typename, field] of refusals) {
      const refused = await send(member, { prompt: 'Fruit?', ...input });
      expect(refused).toMatchObject({ __typename, ...(field && { field }) });
    }
  });

  it('draws no more models than there are', async () => {
    expect(await send(member, { prompt: 'Fruit?', blind: true, drawCount: 4 })).toMatchObject({
      __typename: 'InvalidInputError',
      field: 'drawCount',
    });
  });

  it('is asked again only of its own models, and is marked then', async () => {
    const asked = await sendBlind({ prompt: 'Fruit?', modelIds: needleModels });
    await follow(member, asked.turn.id);
    const responseId = asked.turn.responses[0]?.id ?? '';
    const refused = await member.gql(regenerateDocument, { responseId, modelId: 'zqbeta/zqthree' });
    expect(refused.regenerateResponse).toMatchObject({ __typename: 'InvalidInputError', field: 'modelId' });
    const again = await member.gql(regenerateDocument, { responseId, modelId: 'blind/A' });
    expect(again.regenerateResponse).toMatchObject({ __typename: 'SendPromptPayload' });
    await follow(member, asked.turn.id);
    const versions = await storedResponses(member, asked.turn.id, true);
    expect(versions.map(({ model, lane }) => [model.id, lane])).toEqual([
      ['blind/A', 0],
      ['blind/A', 0],
      ['blind/B', 1],
    ]);
    const { node } = await member.gql('query ($id: ID!) { node(id: $id) { ... on Turn { blind hidden unpaced } } }', {
      id: asked.turn.id,
    });
    expect(node).toEqual({ blind: true, hidden: true, unpaced: true });
  });

  it('is the same again for the same key, without a word on its models', async () => {
    const input = { prompt: 'Fruit?', idempotencyKey: 'blind-1', modelIds: needleModels };
    const first = await sendBlind(input);
    const again = await sendBlind({ ...input, modelIds: ['mock/swift', 'mock/sage'] });
    expect(again.turn.id).toBe(first.turn.id);
    await follow(member, first.turn.id);
  });

  it('needs two models', async () => {
    expect(await send(member, { prompt: 'Fruit?', modelIds: needleModels.slice(0, 1), blind: true })).toMatchObject({
      __typename: 'InvalidInputError',
      field: 'modelIds',
    });
  });
});
