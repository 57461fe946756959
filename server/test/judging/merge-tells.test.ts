import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { speaksOfAnswers } from '../../src/domain/judging/source-naming.ts';
import { type Asked, ask, follow, type PromptInput, type Stored, storedResponses } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { startWireServer, streamBeginning, streamBody, type WireRequest, type WireServer } from '../wire-server.ts';

const models = ['openai/gpt-4.1', 'openai/gpt-4.1-mini'];
const stopDocument = `mutation ($id: ID!, $ids: [ID!]) { stopResponses(turnId: $id, responseIds: $ids) { unpaced } }`;
const judgeDocument = `mutation ($input: JudgeTurnInput!) { judgeTurn(input: $input) { verdict { blind unpaced named } } }`;

describeDatabases('a hidden merge that its judge has found out', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      wire,
      catalogue: {
        models: models.map((id) => ({ id, minimumTier: 'FREE', fallbacks: [] })),
        tiers: { maxOutputTokens: 1000 },
      },
      retryDelayMs: 1,
      passwords: quickPasswords,
    });
  });
  beforeEach(async () => {
    wire.reset();
    mergeSays('One text.');
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  function mergeSays(text: string): void {
    wire.respondWith((request) => ({ body: streamBody(request.api, { text: [textOf(request, text)] }) }));
  }

  /** Lets a merge begin, but not end before `end` is called. */
  function holdMerge(): { end: () => void } {
    let end: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      end = resolve;
    });
    wire.respondWith((request) => {
      const answer = { text: [textOf(request, 'One text.')] };
      const body = streamBody(request.api, answer);
      return isMerge(request)
        ? {
            pauses: [
              [streamBeginning(request.api, answer), gate],
              [body, 0],
            ],
          }
        : { body };
    });
    return { end };
  }

  const blind = { prompt: 'What is it?', modelIds: models, blind: true, merge: {} };

  async function begun(input: PromptInput): Promise<Asked> {
    wire.requests.length = 0;
    const asked = await ask(member, input);
    await eventually(() => expect(wire.requests.some(isMerge)).toBe(true));
    return asked;
  }

  async function ended(input: PromptInput): Promise<Asked> {
    const asked = await ask(member, input);
    await follow(member, asked.turn.id);
    return asked;
  }

  async function judge({ turn }: Asked): Promise<Stored> {
    const input = { turnId: turn.id, kind: 'TIE' };
    return (await member.gql(judgeDocument, { input })).judgeTurn.verdict;
  }

  it('marks the turn if single answers are stopped: only the last one to be written would be', async () => {
    const { end } = holdMerge();
    const asked = await begun(blind);
    const { db } = database();
    const rows = await db
      .selectFrom('response')
      .select(['lane', 'merge'])
      .orderBy('created_at', 'desc')
      .limit(3)
      .execute();
    const source = rows.find(({ merge }) => merge === null)?.lane as number;
    const ids = [asked.turn.responses[source]?.id];
    expect((await member.gql(stopDocument, { id: asked.turn.id, ids })).stopResponses.unpaced).toBe(true);
    end();
    await follow(member, asked.turn.id);
    expect((await storedResponses(member, asked.turn.id)).map(({ status }) => status)).toEqual(
      Array(3).fill('COMPLETED'),
    );
    expect(await judge(asked)).toMatchObject({ blind: true, unpaced: true });
  });

  it('counts no verdict as blind on a turn that goes on in lanes where all were stopped before', async () => {
    const { end } = holdMerge();
    const first = await begun(blind);
    await member.gql(stopDocument, { id: first.turn.id, ids: null });
    end();
    await follow(member, first.turn.id);
    expect((await storedResponses(member, first.turn.id)).map(({ status }) => status).sort()).toEqual([
      ...['COMPLETED', 'COMPLETED', 'STOPPED'],
    ]);
    mergeSays('One text.');
    const next = await ended({ prompt: 'And then?', blind: true, conversationId: first.conversation.id });
    expect(await judge(next)).toMatchObject({ blind: false, unpaced: false });
  });

  it('marks a verdict on a turn that goes on in lanes which were shown as they came', async () => {
    const { end } = holdMerge();
    const first = await begun(blind);
    const ids = [first.turn.responses[0]?.id];
    await member.gql(stopDocument, { id: first.turn.id, ids });
    end();
    await follow(member, first.turn.id);
    mergeSays('One text.');
    const next = await ended({ prompt: 'And then?', blind: true, conversationId: first.conversation.id });
    const verdict = await judge(next);
    expect(verdict).toMatchObject({ unpaced: true });
  });

  it('marks a verdict if the merge speaks of the answers that it is made of, and they do not', async () => {
    expect(await judge(await ended(blind))).toEqual({ blind: true, unpaced: false, named: false });
    mergeSays('Answer A is right, and I keep what B adds.');
    expect(await judge(await ended(blind))).toEqual({ blind: true, unpaced: false, named: true });
    wire.respondWith((request) => ({ body: streamBody(request.api, { text: ['Answer B is the right one.'] }) }));
    expect(await judge(await ended(blind))).toMatchObject({ named: false });
  });

  it('knows the words by which a text speaks of several answers', () => {
    const telling = [
      'Answer A and B agree.',
      'As **Answer C** says, no.',
      'Combining both answers: yes.',
      'The provided responses differ.',
      'Antwort A hat recht.',
      'Beide Antworten stimmen überein.',
      'Les deux réponses se complètent.',
    ];
    const silent = [
      'The answer a child gives is no.',
      'An answer: 42.',
      'La respuesta a la pregunta es no.',
      'Plants answer Autumn by shedding leaves.',
      'Responses are cached.',
    ];
    for (const text of telling) expect([text, speaksOfAnswers(text)]).toEqual([text, true]);
    for (const text of silent) expect([text, speaksOfAnswers(text)]).toEqual([text, false]);
  });
});

function isMerge({ body }: WireRequest): boolean {
  return JSON.stringify(body).includes('End of Question');
}

function textOf(request: WireRequest, merged: string): string {
  return isMerge(request) ? merged : 'Some text.';
}
