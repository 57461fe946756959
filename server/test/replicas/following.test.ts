import { encodeGlobalID } from '@pothos/plugin-relay';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import WebSocket from 'ws';
import {
  ask,
  continueDocument,
  expectSettled,
  follow,
  followDocument,
  Reading,
  type Stored,
  storedResponses,
} from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';
import { type PostgresProxy, startDeafProxy } from './postgres-proxy.ts';
import { modelIds, prepareReplicas, type Replica, type Replicas } from './replicas.ts';

const words = Array.from({ length: 120 }, (_, index) => `wörd ${index} 🔥 `);
const whole = words.join('');

describe.runIf(inject('databases').postgres).each(['notified', 'polling'])('a second replica (%s)', (kind) => {
  let database: TestDatabase & { url: string };
  let proxy: PostgresProxy | undefined;
  let wire: WireServer;
  let replicas: Replicas;
  let first: Replica;
  let second: Replica;
  let here: Client;
  let there: Client;
  beforeAll(async () => {
    database = await openCopy('template');
    if (kind === 'polling') proxy = await startDeafProxy(database.url);
    wire = await startWireServer();
    replicas = await prepareReplicas({ databaseUrl: proxy?.url ?? database.url, wire });
    [first, second] = await Promise.all([replicas.start(), replicas.start()]);
    await signUp(first.url);
    here = await signUp(first.url);
    there = connect(second.url, here);
  });
  beforeEach(() => {
    wire.reset();
    wire.respondWith(({ api }) => ({
      body: streamBody(api, { reasoning: ['Hm, 🔥 ', 'well. '], text: words }),
      pieces: [400],
      pieceDelayMs: 60,
    }));
  });
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await proxy?.close();
    await database?.close();
  });

  it('follows a blind turn of the first one at one pace, without its models', async () => {
    const { turn } = await ask(here, { prompt: 'Tell', modelIds, blind: true });
    for (const reading of await Promise.all([follow(there, turn.id, { over: 'ws' }), follow(there, turn.id)])) {
      const lengths = new Map(turn.responses.map(({ id }) => [id, 0]));
      for (const event of reading.events as {
        __typename: string;
        responseId: string;
        offset: number;
        text: string;
      }[]) {
        if (event.__typename === 'ResponseFinished') lengths.delete(event.responseId);
        if (event.__typename !== 'TextDelta') continue;
        // Nothing more is told of one answer before the others are as far.
        for (const length of lengths.values()) expect(length).toBeGreaterThanOrEqual(event.offset);
        lengths.set(event.responseId, event.offset + event.text.length);
      }
      for (const { id } of turn.responses) expect(reading.texts.get(id)).toEqual({ text: whole, reasoning: '' });
      for (const id of modelIds) expect(JSON.stringify(reading.events)).not.toContain(id);
    }
    await there.gql('mutation ($id: ID!) { revealTurn(turnId: $id) { id } }', { id: turn.id });
    await expectSettled(here);
  });

  it('follows live what the first one writes, over either transport', async () => {
    const { turn } = await ask(here, { prompt: 'Tell', modelIds });
    const arrivals = new Map(['here', 'ws', 'sse'].map((name) => [name, new Map<string, number[]>()]));
    const readings = await Promise.all([
      timed(here, 'ws', turn.id, arrivals.get('here')),
      timed(there, 'ws', turn.id, arrivals.get('ws')),
      timed(there, 'sse', turn.id, arrivals.get('sse')),
    ]);
    for (const { id, text, reasoning, status } of await storedResponses(there, turn.id)) {
      expect(status).toBe('COMPLETED');
      expect(text).toBe(whole);
      for (const reading of readings) {
        expect(reading.texts.get(id)).toEqual({ text, reasoning });
        expect(reading.finished.get(id)?.status).toBe('COMPLETED');
        expect(reading.typesOf(id).filter((type) => type === 'TextDelta').length).toBeGreaterThan(5);
      }
    }
    for (const name of ['ws', 'sse']) {
      console.log(
        `  ${kind}, ${name}: ${medianDelayMs(arrivals.get('here'), arrivals.get(name)).toFixed(0)} ms later (median)`,
      );
    }
    await expectSettled(here);
  });

  it('resumes within a piece of the journal and within a character', async () => {
    const { turn } = await ask(here, { prompt: 'Tell', modelIds });
    const places = [1, 7, 333, whole.indexOf('🔥') + 1];
    const readings = places.map(async (textOffset) => {
      const texts = new Map<string, string>();
      const resume = turn.responses.map(({ id }) => ({ responseId: id, textOffset, reasoningOffset: 5 }));
      for await (const { data } of there.subscribe('ws', followDocument, { turnId: turn.id, resume })) {
        const { __typename, responseId, offset, text } = data.streamResponse;
        if (__typename === 'ReasoningDelta')
          expect('Hm, 🔥 well. '.slice(offset)).toContain(text.toWellFormed().replace(/^\ufffd/, ''));
        if (__typename !== 'TextDelta') continue;
        const before = texts.get(responseId) ?? '';
        expect(offset).toBe(textOffset + before.length);
        texts.set(responseId, before + text);
      }
      for (const { id } of turn.responses) expect(texts.get(id)).toBe(whole.slice(textOffset));
    });
    await Promise.all(readings);
  });

  it('regenerates an answer while the first one writes another, and the first one’s followers hear of it', async () => {
    let isFirst = true;
    wire.respondWith(({ api }) => {
      const isShort = isFirst && api === 'openai.chat';
      isFirst &&= !isShort;
      return { body: streamBody(api, { text: isShort ? ['First.'] : words }), pieces: [400], pieceDelayMs: 60 };
    });
    const { turn } = await ask(here, { prompt: 'Tell', modelIds: ['openai/gpt-4.1', 'anthropic/claude-sonnet-5'] });
    const reading = new Reading();
    let again: Promise<unknown> | undefined;
    for await (const { data } of here.subscribe('ws', followDocument, { turnId: turn.id })) {
      reading.take(data.streamResponse);
      const { __typename, responseId } = data.streamResponse;
      if (__typename !== 'ResponseFinished') continue;
      again ??= there.gql('mutation ($id: ID!) { regenerateResponse(responseId: $id) { __typename } }', {
        id: responseId,
      });
    }
    expect(await again).toEqual({ regenerateResponse: { __typename: 'SendPromptPayload' } });
    const texts = [...reading.finished.values()].map(({ status, text }) => [status, text]);
    expect(texts.sort()).toEqual([
      ['COMPLETED', 'First.'],
      ['COMPLETED', whole],
      ['COMPLETED', whole],
    ]);
    await expectSettled(here);
  });

  it('follows an answer that the first one continues, from any offset of the joined text', async () => {
    const beginning = 'Ünd 🔥 it was cut o';
    const body = streamBody('openai.chat', { text: [beginning] });
    wire.enqueue({ body: body.replace('"finish_reason":"stop"', '"finish_reason":"length"') });
    const { turn } = await ask(here, { prompt: 'Tell', modelIds: ['openai/gpt-4.1'] });
    await follow(here, turn.id);
    await here.gql(continueDocument, { responseId: turn.responses[0]?.id });
    const [{ id }] = (await storedResponses(there, turn.id)) as [Stored];
    const places = [0, beginning.indexOf('🔥') + 1, beginning.length, beginning.length + 7];
    const readings = places.map(async (textOffset) => {
      const resume = [{ responseId: id, textOffset, reasoningOffset: 0 }];
      let text = '';
      for await (const { data } of there.subscribe('ws', followDocument, { turnId: turn.id, resume })) {
        const { __typename, responseId, offset, text: piece } = data.streamResponse;
        if (__typename !== 'TextDelta' || responseId !== id) continue;
        expect(offset).toBe(textOffset + text.length);
        text += piece;
      }
      expect(text).toBe((beginning + whole).slice(textOffset));
    });
    await Promise.all(readings);
    expect(await storedResponses(there, turn.id)).toMatchObject([{ id, status: 'COMPLETED', text: beginning + whole }]);
    await expectSettled(here);
  });

  it('stops answers that the first one writes', async () => {
    const { turn } = await ask(here, { prompt: 'Tell', modelIds });
    await firstText(there, turn.id);
    const following = follow(there, turn.id, { over: 'ws' });
    await there.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
    await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
    const { finished, texts } = await following;
    for (const { id } of turn.responses) {
      expect(finished.get(id)).toMatchObject({ status: 'STOPPED', usage: { estimated: true } });
      expect(whole.startsWith(texts.get(id)?.text ?? '-')).toBe(true);
      expect(finished.get(id)?.text).toBe(texts.get(id)?.text);
    }
    await expectSettled(there);
  });

  it('deletes a conversation that the first one writes', async () => {
    const { turn, conversation } = await ask(here, { prompt: 'Tell', modelIds });
    await firstText(there, turn.id);
    const followers = [follow(here, turn.id, { over: 'ws' }), follow(there, turn.id)];
    await there.gql('mutation ($id: ID!) { deleteConversation(id: $id) }', { id: conversation.id });
    await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
    await Promise.all(followers);
    expect((await here.gql('query ($id: ID!) { node(id: $id) { id } }', { id: turn.id })).node).toBeNull();
    await expectSettled(there);
    await expectReconciled(database.db);
  });

  it('reports the credits that the first one holds and settles', async () => {
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: ['Short.'], usage: { input: 9, output: 3 } }) }));
    const before = await expectSettled(there);
    const seen: { balance: number; held: number }[] = [];
    for await (const { data } of there.subscribe('ws', 'subscription { creditsChanged { balance held } }')) {
      seen.push(data.creditsChanged);
      if (seen.length === 1) await ask(here, { prompt: 'Tell', modelIds });
      if (data.creditsChanged.balance < before.balance && data.creditsChanged.held === 0) break;
    }
    const after = await expectSettled(there);
    expect(seen[0]).toMatchObject({ balance: before.balance, held: 0 });
    expect(seen.at(-1)?.balance).toBe(after.balance);
  });

  it('closes the connections of a member whom the first one suspends', async () => {
    const admin = await signUp(first.url);
    await database.db.updateTable('user').set({ role: 'ADMIN' }).where('email', '=', admin.email).execute();
    const member = await signUp(first.url);
    const far = connect(second.url, member);
    const { turn } = await ask(member, { prompt: 'Tell', modelIds });
    // The follower is told the end of the answers, or is cut off before.
    const following = follow(far, turn.id).catch(({ message }) => expect(message).toBe('terminated'));
    const closed = closingOf(far, turn.id);
    await firstText(far, turn.id);
    const { id } = await database.db
      .selectFrom('user')
      .select('id')
      .where('email', '=', member.email)
      .executeTakeFirstOrThrow();
    const suspend = 'mutation ($id: ID!) { setSuspended(userId: $id, suspended: true) { id } }';
    await admin.gql(suspend, { id: encodeGlobalID('User', id) });
    await Promise.all(wire.requests.map(({ closedByClient }) => closedByClient));
    expect(await closed).toBe(4403);
    await following;
    expect((await far.post('{ viewer { email } }')).data).toEqual({ viewer: null });
    await expectReconciled(database.db);
  });

  it('logs no complaint, and neither does the first one', () => {
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });
});

/** Returns the close code of a socket that follows a turn and stays open after the end of the turn. */
function closingOf({ url, cookie }: Client, turnId: string): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: { cookie } });
  const payload = { query: followDocument, variables: { turnId } };
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
  socket.once('message', () => socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload })));
  return new Promise((resolve, reject) => {
    socket.on('close', resolve);
    socket.on('error', reject);
  });
}

async function firstText(client: Client, turnId: string): Promise<void> {
  for await (const { data } of client.subscribe('sse', followDocument, { turnId })) {
    if (data.streamResponse.__typename === 'TextDelta') return;
  }
}

/** Follows a turn to its end, and notes the time of each code unit of text. */
async function timed(
  client: Client,
  over: 'ws' | 'sse',
  turnId: string,
  arrivals = new Map<string, number[]>(),
): Promise<Reading> {
  const reading = new Reading();
  for await (const { data, errors } of client.subscribe(over, followDocument, { turnId })) {
    expect(errors).toBeUndefined();
    reading.take(data.streamResponse);
    const { __typename, responseId, text } = data.streamResponse;
    if (__typename !== 'TextDelta') continue;
    const times = arrivals.get(responseId) ?? [];
    arrivals.set(responseId, times);
    for (let index = 0; index < text.length; index++) times.push(performance.now());
  }
  return reading;
}

/** The median of the delays with which the code units arrived. */
function medianDelayMs(near = new Map<string, number[]>(), far = new Map<string, number[]>()): number {
  const delays = [...near].flatMap(([id, times]) =>
    times.map((time, index) => (far.get(id)?.[index] ?? Number.NaN) - time),
  );
  return delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)] ?? Number.NaN;
}
