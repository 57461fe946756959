import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { TurnStream } from '../../src/domain/following/response-stream.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, type WireServer } from '../wire-server.ts';
import { ask, followDocument } from './asking.ts';

/** The requirements of the protocols graphql-transport-ws and graphql-sse ("distinct connections") for a server. */
let database: TestDatabase;
let wire: WireServer;
let app: TestApp;
let member: Client;
let turnId: string;
beforeAll(async () => {
  database = await openTestDatabase('pglite');
  wire = await startWireServer();
  wire.respondWith(({ api }) => ({ body: streamBeginning(api, { text: ['And '] }), ending: 'stall' }));
  app = await startApp({ database, wire });
  member = await app.newMember();
  turnId = (await ask(member, { prompt: 'Go on', modelIds: ['openai/gpt-4.1-mini'] })).turn.id;
});
afterAll(async () => {
  await wire?.close();
  await app?.close();
  await database?.close();
  expect(app?.errors).toEqual([]);
});

interface Message {
  type: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests read whatever fields they asked for
  payload?: any;
}

class Connection {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #messages: Message[] = [];
  #wake = () => {};

  constructor(protocol: string | string[] = 'graphql-transport-ws') {
    this.socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, protocol, {
      headers: { cookie: member.cookie },
    });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)));
      this.#wake();
    });
  }

  async open(): Promise<this> {
    await new Promise((resolve) => this.socket.on('open', resolve));
    return this;
  }

  async begin(): Promise<this> {
    await this.open();
    this.send({ type: 'connection_init' });
    expect(await this.next()).toEqual({ type: 'connection_ack' });
    return this;
  }

  send(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const subscribing = (id: string, query: string, variables = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});
const following = (id: string, of = turnId) => subscribing(id, followDocument, { turnId: of });

describe('a socket', () => {
  it('is closed with 4406 without a known subprotocol', async () => {
    expect(await new Connection([]).closed).toBe(4406);
  });

  it.each([
    'no JSON',
    '[]',
    '{}',
    '{"type":"unheard"}',
    '{"type":"subscribe","id":1}',
    '{"type":"connection_ack"}',
    '{"type":"next","id":"1","payload":{}}',
  ])('is closed with 4400 after the message %s', async (message) => {
    const connection = await new Connection().begin();
    connection.send(message);
    expect(await connection.closed).toBe(4400);
  });

  it('is closed with 4401 if it subscribes before the acknowledgement', async () => {
    const connection = await new Connection().open();
    connection.send(subscribing('1', '{ __typename }'));
    expect(await connection.closed).toBe(4401);
  });

  it('is closed with 4429 if it initialises twice', async () => {
    const connection = await new Connection().begin();
    connection.send({ type: 'connection_init' });
    expect(await connection.closed).toBe(4429);
  });

  it('is closed with 4409 if it uses an id twice at once, but may reuse the id later', async () => {
    const connection = await new Connection().begin();
    for (const _ of [1, 2]) {
      connection.send(subscribing('1', '{ __typename }'));
      expect(await connection.next()).toEqual({ id: '1', type: 'next', payload: { data: { __typename: 'Query' } } });
      expect(await connection.next()).toEqual({ id: '1', type: 'complete' });
    }
    connection.send(following('2'));
    await connection.next();
    connection.send(following('2'));
    expect(await connection.closed).toBe(4409);
  });

  it('gets its pings answered with their payload, before and after the acknowledgement', async () => {
    const connection = await new Connection().open();
    connection.send({ type: 'ping', payload: { at: 1 } });
    expect(await connection.next()).toEqual({ type: 'pong', payload: { at: 1 } });
    connection.send({ type: 'connection_init' });
    expect(await connection.next()).toEqual({ type: 'connection_ack' });
    connection.send({ type: 'ping' });
    expect(await connection.next()).toEqual({ type: 'pong' });
    connection.send({ type: 'pong' });
    connection.socket.terminate();
  });

  it.each(['{', '{ nothing }', 'subscription { nothing }'])(
    'gets an error message for %s, and stays open',
    async (query) => {
      const connection = await new Connection().begin();
      connection.send(subscribing('1', query));
      const message = await connection.next();
      expect(message).toMatchObject({ id: '1', type: 'error', payload: [{ message: expect.any(String) }] });
      connection.send(subscribing('1', '{ __typename }'));
      expect(await connection.next()).toMatchObject({ id: '1', type: 'next' });
      connection.socket.terminate();
    },
  );

  it('gets nothing more of an operation that it has completed', async () => {
    const words = Array.from({ length: 2000 }, (_, index) => `${index} `);
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: words }), pieces: [400], pieceDelayMs: 5 }));
    const { turn } = await ask(member, { prompt: 'Count', modelIds: ['openai/gpt-4.1-mini'] });
    const connection = await new Connection().begin();
    for (const id of ['1', '2']) connection.send(following(id, turn.id));
    const ids = new Set([(await connection.next()).id]);
    while (ids.size < 2) ids.add((await connection.next()).id);
    connection.send({ id: '1', type: 'complete' });
    connection.send(subscribing('3', '{ __typename }'));
    for (let message = await connection.next(); message.id !== '3'; message = await connection.next());
    // The answer flows on, for the other operation only.
    for (let count = 0; count < 10; ) {
      const message = await connection.next();
      expect(message).toMatchObject({
        type: expect.stringMatching(/^(next|complete)$/),
        id: expect.stringMatching(/^[23]$/),
      });
      if (message.id === '2') count += 1;
    }
    connection.socket.terminate();
    await member.gql('mutation ($turnId: ID!) { stopResponses(turnId: $turnId) { id } }', { turnId: turn.id });
  });
});

describe('server-sent events', () => {
  const post = (body: object) =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { cookie: member.cookie, accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('deliver the result of a query and then the completion', async () => {
    const response = await post({ query: '{ __typename }' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toMatch(/no-/);
    const events = (await response.text()).split('\n\n').filter((event) => /^event:/m.test(event));
    expect(events[0]).toBe('event: next\ndata: {"data":{"__typename":"Query"}}');
    expect(events.slice(1).map((event) => event.split('\n')[0])).toEqual(['event: complete']);
  });

  it('also answer a GET', async () => {
    const response = await fetch(`${app.url}/graphql?query=${encodeURIComponent('{ __typename }')}`, {
      headers: { cookie: member.cookie, accept: 'text/event-stream' },
    });
    expect(await response.text()).toContain('event: next\ndata: {"data":{"__typename":"Query"}}');
  });

  it.each(['{', '{ nothing }', 'subscription { nothing }'])('report the errors of %s and then end', async (query) => {
    const response = await post({ query });
    const text = await response.text();
    expect(response.status === 400 || text.includes('event: complete')).toBe(true);
    expect(text).toContain('"errors":[{"message":');
    expect(text).not.toContain('"data":{');
  });

  it('are refused with 406 to a client that accepts only JSON, and no stream stays open', async () => {
    const endings = vi.spyOn(TurnStream.prototype, 'return');
    for (const accept of ['application/json', 'multipart/mixed, application/graphql-response+json']) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { cookie: member.cookie, accept, 'content-type': 'application/json' },
        body: JSON.stringify({ query: followDocument, variables: { turnId } }),
      });
      expect(response.status).toBe(406);
      expect(response.headers.get('content-type')).toBe(`${accept.split(', ').at(-1)}; charset=utf-8`);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'A subscription needs Accept: text/event-stream, or a WebSocket.',
            extensions: { code: 'NOT_ACCEPTABLE' },
          },
        ],
      });
    }
    expect(endings).toHaveBeenCalledTimes(2);
    endings.mockRestore();
  });

  it('arrive while a subscription runs', async () => {
    const left = new AbortController();
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { cookie: member.cookie, accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ query: followDocument, variables: { turnId } }),
      signal: left.signal,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('And ')) text += (await reader?.read())?.value ?? '';
    expect(text).toMatch(/event: next\ndata: \{"data":\{"streamResponse":/);
    expect(text).not.toContain('event: complete');
    left.abort();
  });
});
