import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, streamBody, type WireAnswer, type WireServer } from '../wire-server.ts';
import {
  accountOf,
  ask,
  choose,
  continueDocument,
  continueResponse,
  converse,
  expectSettled,
  follow,
  followDocument,
  Reading,
  type Stored,
  storedResponses,
} from './asking.ts';

const modelId = 'openai/gpt-4.1';
const fallbackId = 'anthropic/claude-sonnet-5';

describe.each(['on', 'off'])('FAST_PATH=%s:', (FAST_PATH) => {
  describeDatabases('a continued answer', (database) => {
    let wire: WireServer;
    let app: TestApp;
    let admin: Client;
    let member: Client;
    beforeAll(async () => {
      wire = await startWireServer();
      const prices = { inputPriceUsd: 2, outputPriceUsd: 8 };
      app = await startApp({
        database: database(),
        wire,
        env: { FAST_PATH },
        retryDelayMs: 1,
        catalogue: {
          models: [
            { id: modelId, minimumTier: 'FREE', fallbacks: [fallbackId], ...prices },
            { id: fallbackId, minimumTier: 'FREE', fallbacks: [], ...prices },
          ],
        },
      });
      admin = await app.newMember();
      member = await app.newMember();
    });
    beforeEach(() => wire.reset());
    afterAll(async () => {
      await app?.close();
      await wire?.close();
      expect(app?.errors).toEqual([]);
    });

    it('streams the joined text from its beginning and from any offset', async () => {
      const { turn, cut } = await cutOff(beginning);
      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: rest }), pieces: [90], pieceDelayMs: 5 }));
      await member.gql(continueDocument, { responseId: cut.id });
      const [{ id }] = (await storedResponses(member, turn.id)) as [Stored];
      expect(id).not.toBe(cut.id);
      const places = [0, 3, beginning.indexOf('🔥') + 2, beginning.length, beginning.length + 1];
      const readings = places.flatMap((textOffset) => (['ws', 'sse'] as const).map((over) => ({ textOffset, over })));
      await Promise.all(
        readings.map(async ({ textOffset, over }) => {
          const resume = [{ responseId: id, textOffset, reasoningOffset: 0 }];
          let text = '';
          for await (const { data, errors } of member.subscribe(over, followDocument, { turnId: turn.id, resume })) {
            expect(errors).toBeUndefined();
            const { __typename, responseId, offset, text: piece } = data.streamResponse;
            if (__typename !== 'TextDelta' || responseId !== id) continue;
            expect(offset).toBe(textOffset + text.length);
            text += piece;
          }
          expect(text).toBe(whole.slice(textOffset));
        }),
      );
      expect(await storedResponses(member, turn.id)).toMatchObject([{ id, status: 'COMPLETED', text: whole, lane: 0 }]);
      const after = await follow(member, turn.id);
      expect(after.texts.get(id)?.text).toBe(whole);
      await expectSettled(member);
    });

    it('names the answer it continues, which stays as an older version of its lane', async () => {
      const { turn, cut } = await cutOff('One, ');
      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['two.'] }) }));
      await continueResponse(member, cut.id);
      const { node } = await member.gql(
        'query ($id: ID!) { node(id: $id) { ... on Turn { responses(superseded: true) { text continues { id text } } } } }',
        { id: turn.id },
      );
      expect(node.responses).toEqual([
        { text: 'One, ', continues: null },
        { text: 'One, two.', continues: { id: cut.id, text: 'One, ' } },
      ]);
    });

    it('is held and charged for its own tokens only, with its own receipt', async () => {
      member = await app.newMember();
      const { turn, cut } = await cutOff('One, ', { usage: { input: 10, output: 20 } });
      let goOn = () => {};
      const looked = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      wire.enqueue(async ({ api }) => {
        await looked;
        return { body: streamBody(api, { text: ['two.'], usage: { input: 40, output: 3 } }) };
      });
      await member.gql(continueDocument, { responseId: cut.id });
      const [running] = await storedResponses(member, turn.id);
      const { held } = await accountOf(member);
      expect(held).toBe(running?.creditsHeld);
      expect(held).toBeGreaterThan(40 * 2 + 3 * 8);
      goOn();
      await follow(member, turn.id);
      const [continued] = await storedResponses(member, turn.id);
      expect(continued).toMatchObject({ creditsCharged: 40 * 2 + 3 * 8, usage: { inputTokens: 40, outputTokens: 3 } });
      const { entries } = await expectSettled(member);
      expect(entries.map(({ kind, amount }) => (kind === 'CHARGE' ? amount : kind))).toEqual(['GRANT', -180, -104]);
      const { viewer } = await member.gql(
        '{ viewer { credits { entries(first: 1) { edges { node { response { id } receipt { credits status } } } } } } }',
      );
      const receipt = { credits: 104, status: 'COMPLETED' };
      expect(viewer.credits.entries.edges[0].node).toEqual({ response: { id: continued?.id }, receipt });
    });

    it('is charged by the server’s count of the new text alone if the provider reports no usage', async () => {
      const long = 'word '.repeat(2000);
      const { turn, cut } = await cutOff(long);
      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['Done.'] }) }));
      await continueResponse(member, cut.id);
      const [continued] = await storedResponses(member, turn.id);
      expect(continued?.text).toBe(`${long}Done.`);
      expect(continued?.usage).toMatchObject({ estimated: true });
      expect(continued?.usage?.outputTokens).toBeLessThan(10);
      expect(continued?.usage?.inputTokens).toBeGreaterThan(2000);
    });

    it('is made once, however often it is requested, at once or later', async () => {
      member = await app.newMember();
      const { turn, cut } = await cutOff('One, ');
      wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['two.'] }), pieces: [40], pieceDelayMs: 5 }));
      const before = wire.requests.length;
      const results = await Promise.all(
        Array.from({ length: 5 }, () => member.gql(continueDocument, { responseId: cut.id })),
      );
      for (const { continueResponse: result } of results) {
        expect(result).toMatchObject({ __typename: 'SendPromptPayload', turn: { id: turn.id } });
      }
      await follow(member, turn.id);
      await continueResponse(member, cut.id);
      expect(wire.requests.length).toBe(before + 1);
      expect((await storedResponses(member, turn.id, true)).map(({ text }) => text)).toEqual(['One, ', 'One, two.']);
      expect((await expectSettled(member)).entries).toHaveLength(3);
    });

    it('is shown again if the member chose the older version and then continues once more', async () => {
      const { turn, cut } = await cutOff('One, ');
      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['two.'] }) }));
      await continueResponse(member, cut.id);
      await choose(member, cut.id);
      expect(await storedResponses(member, turn.id)).toMatchObject([{ text: 'One, ' }]);
      await continueResponse(member, cut.id);
      expect(await storedResponses(member, turn.id)).toMatchObject([{ text: 'One, two.' }]);
    });

    it('can follow a length limit, a stop and a broken stream', async () => {
      const { turn, cut } = await cutOff('One, ');
      wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['two, '] }), ending: 'stall' }));
      await member.gql(continueDocument, { responseId: cut.id });
      await readUntil(turn.id, 'One, two, ');
      await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
      await follow(member, turn.id);
      const [stopped] = (await storedResponses(member, turn.id)) as [Stored];
      expect(stopped).toMatchObject({ status: 'STOPPED', text: 'One, two, ' });

      wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['three, '] }), ending: 'cut' }));
      await continueResponse(member, stopped.id);
      const [broken] = (await storedResponses(member, turn.id)) as [Stored];
      expect(broken).toMatchObject({ status: 'FAILED', text: 'One, two, three, ' });

      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['four.'] }) }));
      await continueResponse(member, broken.id);
      expect(await storedResponses(member, turn.id)).toMatchObject([
        { status: 'COMPLETED', text: 'One, two, three, four.' },
      ]);
      expect(await storedResponses(member, turn.id, true)).toHaveLength(4);
      await expectSettled(member);
    });

    it('keeps the text and costs nothing if it fails before a word, and can be tried again from either version', async () => {
      const { turn, cut } = await cutOff('One, ');
      const { balance } = await expectSettled(member);
      wire.respondWith(() => ({ status: 400, body: '{}' }));
      await continueResponse(member, cut.id);
      const [failed] = (await storedResponses(member, turn.id)) as [Stored];
      expect(failed).toMatchObject({ status: 'FAILED', text: 'One, ', creditsCharged: 0, usage: null });
      expect((await expectSettled(member)).balance).toBe(balance);

      wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['two.'] }) }));
      await continueResponse(member, failed.id);
      expect(await storedResponses(member, turn.id)).toMatchObject([{ text: 'One, two.' }]);
      await continueResponse(member, cut.id);
      expect(await storedResponses(member, turn.id)).toMatchObject([{ text: 'One, two.' }]);
      expect(await storedResponses(member, turn.id, true)).toHaveLength(4);
    });

    it('is retried and falls back before its own first character', async () => {
      const { turn, cut } = await cutOff('One, ');
      const overloaded: WireAnswer = { status: 529, body: '{}' };
      wire.enqueue(overloaded, overloaded, ({ api }) => ({ body: streamBody(api, { text: ['two.'] }) }));
      await member.gql(continueDocument, { responseId: cut.id });
      const reading = await follow(member, turn.id);
      const [continued] = (await storedResponses(member, turn.id)) as [Stored];
      expect(continued).toMatchObject({ text: 'One, two.', model: { id: modelId }, servedBy: { id: fallbackId } });
      expect(continued.attempts.map(({ failure }) => failure?.code ?? null)).toEqual([
        'OVERLOADED',
        'OVERLOADED',
        null,
      ]);
      expect(reading.texts.get(continued.id)?.text).toBe('One, two.');
      await expectSettled(member);
    });

    it('is written by the model that wrote the cut-off answer, even if that was a fallback', async () => {
      wire.enqueue({ status: 529, body: '{}' }, ({ api }) => ({
        body: streamBody(api, { text: ['One, '] }).replace('"end_turn"', '"max_tokens"'),
      }));
      const { turn } = await converse(member, { prompt: 'Count', modelIds: [modelId] });
      const [cut] = (await storedResponses(member, turn.id)) as [Stored];
      expect(cut).toMatchObject({ finishReason: 'LENGTH', servedBy: { id: fallbackId } });
      wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['two.'] }) }));
      await continueResponse(member, cut.id);
      expect(wire.requests.at(-1)?.api).toBe('anthropic.messages');
      expect(await storedResponses(member, turn.id)).toMatchObject([
        { text: 'One, two.', model: { id: modelId }, servedBy: { id: fallbackId } },
      ]);
    });

    it('appends to the earlier reasoning, and sends none of it to the model', async () => {
      const { turn, cut } = await cutOff('One, ', { reasoning: ['I count.'] });
      expect(cut.reasoning).toBe('I count.');
      wire.enqueue(({ api }) => ({ body: streamBody(api, { reasoning: ['On', ' I go.'], text: ['two.'] }) }));
      await member.gql(continueDocument, { responseId: cut.id });
      const reading = await follow(member, turn.id);
      const [continued] = (await storedResponses(member, turn.id)) as [Stored];
      expect(continued).toMatchObject({ text: 'One, two.', reasoning: 'I count.\n\nOn I go.' });
      expect(reading.texts.get(continued.id)).toEqual({ text: 'One, two.', reasoning: 'I count.\n\nOn I go.' });
      expect(JSON.stringify(wire.requests.at(-1)?.body)).not.toContain('I count');
    });

    it('is refused if the answer is complete, has no text or is still being written', async () => {
      wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['Whole.'] }) }));
      const complete = await converse(member, { prompt: 'One?', modelIds: [modelId] });
      await expectRefusal(complete.turn.responses[0]?.id, /not cut off/);

      wire.enqueue({ status: 400, body: '{}' });
      const failed = await converse(member, { prompt: 'Two?', modelIds: [modelId] });
      await expectRefusal(failed.turn.responses[0]?.id, /no text/);

      wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['Once', ' upon'] }), ending: 'stall' }));
      const running = await ask(member, { prompt: 'Three?', modelIds: [modelId] });
      await readUntil(running.turn.id, 'Once upon');
      await expectRefusal(running.turn.responses[0]?.id, /still being written/);
      await member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: running.turn.id });
      await expectSettled(member);
    });

    it('is refused without enough credits, and nothing changes', async () => {
      member = await app.newMember();
      const { turn, cut } = await cutOff('One, ');
      const { balance } = await expectSettled(member);
      await leave(1, balance);
      const { continueResponse: refusal } = await member.gql(continueDocument, { responseId: cut.id });
      expect(refusal).toMatchObject({ __typename: 'InsufficientCreditsError', available: 1 });
      expect(await storedResponses(member, turn.id, true)).toHaveLength(1);
      await expectSettled(member);
    });

    /** Lets the admin take all but `credits` of the member's balance. */
    async function leave(credits: number, balance: number): Promise<void> {
      const find = 'query ($search: String!) { admin { users(search: $search) { edges { node { id } } } } }';
      const { users } = (await admin.gql(find, { search: member.email })).admin;
      await admin.gql(
        'mutation ($id: ID!, $amount: Credits!) { adjustCredits(userId: $id, amount: $amount, note: "Test") { id } }',
        { id: users.edges[0].node.id, amount: credits - balance },
      );
    }

    async function expectRefusal(responseId: string | undefined, message: RegExp): Promise<void> {
      const { continueResponse: refusal } = await member.gql(continueDocument, { responseId });
      expect(refusal).toEqual({
        __typename: 'InvalidInputError',
        field: 'responseId',
        message: expect.stringMatching(message),
      });
    }

    /** Sends a prompt whose answer ends at its length limit. */
    async function cutOff(
      text: string,
      script: { usage?: { input: number; output: number }; reasoning?: string[] } = {},
    ) {
      const body = streamBody('openai.chat', { text: [text], ...script });
      wire.enqueue({ body: body.replace('"finish_reason":"stop"', '"finish_reason":"length"') });
      const { turn } = await converse(member, { prompt: 'Count', modelIds: [modelId] });
      const [cut] = (await storedResponses(member, turn.id)) as [Stored];
      expect(cut).toMatchObject({ status: 'COMPLETED', finishReason: 'LENGTH', text });
      return { turn, cut };
    }

    async function readUntil(turnId: string, text: string): Promise<void> {
      const subscription = member.subscribe('sse', followDocument, { turnId });
      const reading = new Reading();
      for await (const { data } of subscription) {
        reading.take(data.streamResponse);
        if ([...reading.texts.values()].some((read) => read.text === text)) break;
      }
      subscription.cut();
    }
  });
});

const beginning = 'Ünd 🔥 it was cut o';
const rest = Array.from({ length: 40 }, (_, index) => `ff ${index} 🔥`);
const whole = beginning + rest.join('');
