import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, startApp, type TestApp, type Transport } from '../setup/app.ts';
import { describeDatabases, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { ask, converse, expectSettled, follow, followDocument, Reading, storedResponses, take } from './asking.ts';

// What a tokenizer may produce: pieces cut anywhere, even inside surrogate pairs, and characters that no text should
// contain.
const story = 'Once 👩‍🚀 upon a time 🔥🔥 there was \0 a \ud83d lone \udd25 surrogate, und Grüße aus 東京. '.repeat(
  150,
);
const stored = story.toWellFormed().replaceAll('\0', '\ufffd');
const pieces = Array.from({ length: Math.ceil(story.length / 3) }, (_, index) => story.slice(index * 3, index * 3 + 3));

describe.each(['on', 'off'])('FAST_PATH=%s:', (FAST_PATH) => {
  describeDatabases('a follower', (database) => {
    let wire: WireServer;
    let app: TestApp;
    let member: Client;
    let slowReadMs = 0;
    const modelIds = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5'];
    beforeAll(async () => {
      wire = await startWireServer();
      const models = modelIds.map((id) => ({ id, minimumTier: 'FREE' }));
      app = await startApp({
        database: withSlowReads(database(), () => slowReadMs),
        wire,
        catalogue: { models },
        env: { FAST_PATH },
      });
      member = await app.newMember();
      wire.respondWith(({ api }) => ({
        body: streamBody(api, { reasoning: ['Hm. '], text: pieces }),
        pieces: [6000],
        pieceDelayMs: 25,
      }));
    });
    afterAll(async () => {
      await app?.close();
      await wire?.close();
      expect(app?.errors).toEqual([]);
    });

    it.concurrent('ends with the stored text after losing the connection again and again, beside seven other followers', async () => {
      const patience = fc.array(fc.nat(12), { minLength: 1, maxLength: 10 });
      await fc.assert(
        fc.asyncProperty(fc.array(patience, { minLength: 8, maxLength: 8 }), async (patiences) => {
          const { turn } = await ask(member, { prompt: 'Tell me a story', modelIds });
          const readings = await Promise.all(
            patiences.map((events, index) => followRestlessly(turn.id, index % 2 === 0 ? 'ws' : 'sse', events)),
          );
          for (const response of await storedResponses(member, turn.id)) {
            expect(response).toMatchObject({ status: 'COMPLETED', text: stored, reasoning: response.reasoning });
            for (const { texts } of readings) {
              expect(texts.get(response.id)).toEqual({ text: stored, reasoning: response.reasoning });
            }
          }
          const late = await follow(member, turn.id);
          expect(late.texts).toEqual(readings[0]?.texts);
        }),
        { numRuns: 1, endOnFailure: true },
      );
    });

    it.concurrent('ends with the stored text in a crowd of sixty followers', async () => {
      const many = Array.from({ length: 12 }, (_, lane) => modelIds[lane % 2] as string);
      const { turn } = await ask(member, { prompt: 'Tell me a story', modelIds: many });
      const readings = await Promise.all(
        Array.from({ length: 60 }, (_, index) => follow(member, turn.id, { over: index % 2 === 0 ? 'ws' : 'sse' })),
      );
      for (const { texts } of readings) {
        expect([...texts.values()]).toEqual(many.map(() => ({ text: stored, reasoning: expect.any(String) })));
      }
    });

    it.concurrent('loses neither half of a character if it resumes between the halves', async () => {
      const { turn } = await ask(member, { prompt: 'Tell me a story', modelIds });
      const textOffset = stored.indexOf('🔥') + 1;
      const resume = turn.responses.map(({ id }) => ({ responseId: id, textOffset, reasoningOffset: 2 }));
      const live = await textsFrom(turn.id, resume);
      const late = await textsFrom(turn.id, resume);
      for (const { id } of turn.responses) {
        expect(live.get(id)).toEqual({ text: stored.slice(textOffset), reasoning: 'Hm. '.slice(2) });
        expect(late.get(id)).toEqual(live.get(id));
      }
    });

    it.concurrent('receives only the text after its offset, even if it claims more than there is', async () => {
      const { turn } = await ask(member, { prompt: 'Tell me a story', modelIds });
      const claim = (textOffset: number) =>
        turn.responses.map(({ id }) => ({ responseId: id, textOffset, reasoningOffset: 1000 }));
      const ahead = await textsFrom(turn.id, claim(stored.length - 10));
      const beyond = await textsFrom(turn.id, claim(stored.length + 10));
      for (const { id } of turn.responses) {
        expect(ahead.get(id)).toEqual({ text: stored.slice(-10), reasoning: '' });
        expect(beyond.get(id)).toEqual({ text: '', reasoning: '' });
      }
    });

    it.concurrent('receives the text so far and then the rest if it joins in the middle', async () => {
      const { turn } = await ask(member, { prompt: 'Tell me a story', modelIds });
      const first = member.subscribe('ws', followDocument, { turnId: turn.id });
      for await (const { data } of first) if (data.streamResponse.__typename === 'TextDelta') break;
      const soFar = await storedResponses(member, turn.id);
      const second = await follow(member, turn.id, { over: 'sse' });
      for (const { id, status, text } of soFar) {
        expect(['QUEUED', 'STREAMING', 'COMPLETED']).toContain(status);
        expect(stored.startsWith(text)).toBe(true);
        expect(second.texts.get(id)?.text).toBe(stored);
      }
    });

    it('hears of a regeneration that begins while it follows', async () => {
      wire.reset();
      wire.enqueue(
        { body: streamBody('openai.chat', { text: ['First.'] }) },
        { silent: true },
        { body: streamBody('openai.chat', { text: ['Second.'] }) },
      );
      const { turn } = await ask(member, { prompt: 'Again', modelIds: ['openai/gpt-4.1', 'openai/gpt-4.1'] });
      const reading = new Reading();
      let regeneration: Promise<unknown> | undefined;
      for await (const { data } of member.subscribe('ws', followDocument, { turnId: turn.id })) {
        const event = data.streamResponse;
        reading.take(event);
        if (event.__typename !== 'ResponseFinished') continue;
        regeneration ??= member.gql('mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }', {
          id: event.responseId,
        });
        await regeneration;
        if (reading.finished.size === 2) {
          const stop = 'mutation ($id: ID!) { stopResponses(turnId: $id) { id } }';
          void member.gql(stop, { id: turn.id });
        }
      }
      const outcomes = [...reading.finished.values()].map(({ status, text }) => [status, text]);
      expect(outcomes).toEqual([
        ['COMPLETED', 'First.'],
        ['COMPLETED', 'Second.'],
        ['STOPPED', ''],
      ]);
    });

    it('never sees less text than before when it polls, even at the moment of the end', async () => {
      const text = Array.from({ length: 20 }, (_, index) => `word ${index} `);
      wire.respondWith(({ api }) => ({ body: streamBody(api, { text }), pieces: [200], pieceDelayMs: 10 }));
      slowReadMs = 20;
      for (let round = 0; round < 3; round++) {
        const { turn } = await ask(member, { prompt: 'Short', modelIds });
        const seen = new Map<string, number>();
        const look = async () => {
          const responses = await storedResponses(member, turn.id);
          for (const { id, text } of responses) {
            expect(text.length).toBeGreaterThanOrEqual(seen.get(id) ?? 0);
            seen.set(id, text.length);
          }
          return responses;
        };
        while ((await look()).some(({ finishedAt }) => finishedAt === null));
      }
      slowReadMs = 0;
    });

    it('reads a final turn together with any number of others', async () => {
      wire.reset();
      const { turn } = await converse(member, { prompt: 'Short', modelIds });
      const readings = await Promise.all(
        Array.from({ length: 30 }, (_, index) => follow(member, turn.id, { over: index % 2 === 0 ? 'ws' : 'sse' })),
      );
      for (const { texts } of readings) {
        expect([...texts.values()].map(({ text }) => text)).toEqual(['Hello there!', 'Hello there!']);
      }
      await expectSettled(member);
    });

    async function textsFrom(
      turnId: string,
      resume: { responseId: string; textOffset: number; reasoningOffset: number }[],
    ) {
      const texts = new Map(resume.map(({ responseId }) => [responseId, { text: '', reasoning: '' }]));
      const places = new Map(resume.map(({ responseId, textOffset }) => [responseId, textOffset]));
      for await (const { data } of member.subscribe('ws', followDocument, { turnId, resume })) {
        const { __typename, responseId, text, offset } = data.streamResponse;
        const read = texts.get(responseId);
        if (!read) throw new Error('An event of a response that nobody asked for.');
        if (__typename === 'ReasoningDelta') read.reasoning += text;
        if (__typename !== 'TextDelta') continue;
        expect(offset).toBe((places.get(responseId) ?? 0) + read.text.length);
        read.text += text;
      }
      return texts;
    }

    /** Cuts each connection after the given number of events, and follows the last one to its end. */
    async function followRestlessly(turnId: string, over: Transport, patience: number[]): Promise<Reading> {
      const reading = new Reading();
      for (const events of patience) {
        const { resume } = reading;
        const subscription = member.subscribe(over, followDocument, { turnId, resume });
        let seen = 0;
        let cut = false;
        try {
          for await (const { data, errors } of subscription) {
            expect(errors).toBeUndefined();
            reading.take(data.streamResponse);
            if (seen++ < events) continue;
            cut = true;
            subscription.cut();
            break;
          }
        } catch (error) {
          if (!cut) throw error;
        }
        if (!cut) return reading;
      }
      await take(member.subscribe(over, followDocument, { turnId, resume: reading.resume }), reading);
      return reading;
    }
  });
});

/** Delays every read of responses by slowReadMs, so that the responses may change meanwhile. */
function withSlowReads(database: TestDatabase, slowReadMs: () => number): TestDatabase {
  const late = new WeakSet<object>();
  const db = database.db.withPlugin({
    transformQuery({ node, queryId }) {
      if (node.kind === 'SelectQueryNode' && JSON.stringify(node.from).includes('"response"')) late.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (late.has(queryId) && slowReadMs() > 0) await delay(slowReadMs());
      return result;
    },
  });
  return { ...database, db };
}
