import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireApi, type WireServer } from '../wire-server.ts';
import { ask, expectSettled, follow, followDocument, Reading, storedResponses } from './asking.ts';

describe.each([
  ['on', 'fast'],
  ['off', 'plain'],
])('FAST_PATH=%s UPSTREAM=%s:', (FAST_PATH, UPSTREAM) => {
  describeDatabases('stopping', (database) => {
    let wire: WireServer;
    let app: TestApp;
    let member: Client;
    const modelIds = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5', 'google/gemini-3.8-flash'];
    beforeAll(async () => {
      wire = await startWireServer();
      const models = modelIds.map((id) => ({ id, minimumTier: 'FREE' }));
      app = await startApp({ database: database(), wire, catalogue: { models }, env: { FAST_PATH, UPSTREAM } });
    });
    beforeEach(async () => {
      wire.reset();
      wire.respondWith(({ api }) => ({ body: beginningOf(api), ending: 'stall' }));
      member = await app.newMember();
    });
    afterAll(async () => {
      await app?.close();
      await wire?.close();
      expect(app?.errors).toEqual([]);
    });

    it('ends every answer of a turn, upstream too, keeps its text and charges the estimated usage', async () => {
      const { turn } = await askAndWait();
      const stopped = await stop(turn.id);
      expect(stopped.responses.map(({ status }: { status: string }) => status)).toEqual(Array(3).fill('STOPPED'));
      await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
      for (const response of await storedResponses(member, turn.id)) {
        expect(response).toMatchObject({
          status: 'STOPPED',
          text: 'Once upon a time',
          failure: null,
          finishReason: null,
          usage: { estimated: true },
        });
        expect(response.usage?.inputTokens).toBeGreaterThan(0);
        expect(response.usage?.outputTokens).toBeGreaterThan(0);
        expect(response.creditsCharged).toBeGreaterThan(0);
        expect(response.creditsCharged).toBeLessThanOrEqual(response.creditsHeld);
        expect(response.attempts.map(({ failure }) => failure)).toEqual([null]);
      }
      await expectSettled(member);
    });

    it('ends only the named answer, and the others go on', async () => {
      const { turn } = await askAndWait();
      const [first, second, third] = turn.responses.map(({ id }) => id);
      await stop(turn.id, [second]);
      const statuses = async () => (await storedResponses(member, turn.id)).map(({ status }) => status);
      expect(await statuses()).toEqual(['STREAMING', 'STOPPED', 'STREAMING']);
      const following = follow(member, turn.id);
      await stop(turn.id, [first, third]);
      expect(await statuses()).toEqual(Array(3).fill('STOPPED'));
      expect([...(await following).finished.values()].map(({ status }) => status)).toEqual(Array(3).fill('STOPPED'));
      await expectSettled(member);
    });

    it('costs nothing before the first character', async () => {
      wire.respondWith(() => ({ silent: true }));
      const { turn } = await ask(member, { prompt: 'Wait', modelIds });
      await stop(turn.id);
      for (const response of await storedResponses(member, turn.id)) {
        expect(response).toMatchObject({ status: 'STOPPED', text: '', usage: null, creditsCharged: 0 });
      }
      expect((await expectSettled(member)).entries.map(({ kind }) => kind)).toEqual(['GRANT']);
    });

    it('changes nothing when it is repeated, even after the end', async () => {
      const { turn } = await askAndWait();
      await Promise.all([stop(turn.id), stop(turn.id), stop(turn.id)]);
      const stored = await storedResponses(member, turn.id);
      const settled = await expectSettled(member);
      await stop(turn.id);
      expect(await storedResponses(member, turn.id)).toEqual(stored);
      expect(await expectSettled(member)).toEqual(settled);
    });

    it('fails for a response of another turn, and ends no answer', async () => {
      const { turn } = await askAndWait();
      const other = await askAndWait();
      const responseIds = [turn.responses[0]?.id, other.turn.responses[0]?.id];
      const { errors } = await member.post(stopDocument, { turnId: turn.id, responseIds });
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
      const statuses = (await storedResponses(member, turn.id)).map(({ status }) => status);
      expect(statuses).toEqual(Array(3).fill('STREAMING'));
      await Promise.all([stop(turn.id), stop(other.turn.id)]);
    });

    /** Sends a prompt and waits until all its answers have begun. */
    async function askAndWait() {
      const asked = await ask(member, { prompt: 'Tell me a story', modelIds });
      const subscription = member.subscribe('sse', followDocument, { turnId: asked.turn.id });
      const reading = new Reading();
      for await (const { data } of subscription) {
        reading.take(data.streamResponse);
        const begun = [...reading.texts.values()].filter(({ text }) => text === 'Once upon a time');
        if (begun.length === modelIds.length) break;
      }
      subscription.cut();
      return asked;
    }

    const stopDocument = `mutation ($turnId: ID!, $responseIds: [ID!]) {
    stopResponses(turnId: $turnId, responseIds: $responseIds) { responses { id status } }
  }`;

    async function stop(turnId: string, responseIds?: (string | undefined)[]) {
      return (await member.gql(stopDocument, { turnId, responseIds })).stopResponses;
    }
  });
});

function beginningOf(api: WireApi): string {
  const end = 'END';
  const body = streamBody(api, { text: ['Once upon', ' a time', end] });
  return body.slice(0, body.lastIndexOf('data: ', body.indexOf(end))).replace(/event: \S+\n$/, '');
}
