import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { ClientSocket, type MessageJson } from '../../src/graphql/delivery/client-socket.ts';
import { JsonThread } from '../../src/http/json-thread.ts';
import { eventually } from '../eventually.ts';

afterEach(() => vi.restoreAllMocks());

/** A socket whose messages and bytes come from the test. */
const small: MessageJson = { accepts: () => true, parseLarge: () => null };

function openSocket({
  findMember = async () => null as never,
  json = small,
  take = async (_message: unknown) => {},
} = {}) {
  const connection = Object.assign(new EventEmitter(), { writableLength: 0 });
  const webSocket = Object.assign(new EventEmitter(), {
    readyState: 1,
    isPaused: false,
    ping: vi.fn(),
    close: vi.fn(),
    terminate: vi.fn(),
    pause: vi.fn(() => Object.assign(webSocket, { isPaused: true })),
    resume: vi.fn(() => Object.assign(webSocket, { isPaused: false })),
  });
  const client = new ClientSocket(webSocket as unknown as WebSocket, connection as unknown as Duplex, {
    headers: {},
    address: '192.0.2.1',
    connectionId: 'one',
    onFault: () => {},
    json,
    findMember,
  });
  client.introduce({});
  client.onMessage(take);
  const now = vi.spyOn(performance, 'now');
  const started = now.getMockImplementation() ? 0 : performance.now();
  const look = (seconds: number) => {
    now.mockReturnValue(started + seconds * 1000);
    // The client answers every ping.
    webSocket.emit('pong', Buffer.alloc(0));
    client.look();
  };
  return { connection, webSocket, look };
}

it('a message that does not end is waited for at most half a minute', () => {
  const { connection, webSocket, look } = openSocket();
  connection.emit('data', Buffer.alloc(1000));
  look(29);
  expect(webSocket.terminate).not.toHaveBeenCalled();
  // More bytes of the same message do not extend the wait.
  connection.emit('data', Buffer.alloc(1));
  look(31);
  expect(webSocket.terminate).toHaveBeenCalled();
});

it('a client that only answers pings may stay silent as long as it likes', () => {
  const { connection, webSocket, look } = openSocket();
  connection.emit('data', Buffer.alloc(1000));
  webSocket.emit('message', Buffer.from('{}'));
  for (let seconds = 1; seconds < 300; seconds += 7) {
    connection.emit('data', Buffer.alloc(6));
    look(seconds);
  }
  expect(webSocket.terminate).not.toHaveBeenCalled();
});

it('a socket reads no more than a stranger may send in one message until its member is known', async () => {
  for (const member of [null, { id: 'm' }]) {
    let find = (_member: unknown) => {};
    const found = new Promise((resolve) => {
      find = resolve;
    });
    const { connection, webSocket } = openSocket({ findMember: () => found as Promise<never> });
    for (let piece = 0; piece < 5; piece++) connection.emit('data', Buffer.alloc(65_536));
    expect(webSocket.pause).toHaveBeenCalledTimes(1);
    expect(webSocket.resume).not.toHaveBeenCalled();
    find(member);
    await found;
    await Promise.resolve();
    expect(webSocket.resume).toHaveBeenCalledTimes(member ? 1 : 0);
    expect(webSocket.close.mock.calls).toEqual(member ? [] : [[1009, 'Message too big']]);
    vi.restoreAllMocks();
  }
});

it('messages are taken in the order of their arrival, and large ones are parsed in another thread', async () => {
  const thread = new JsonThread();
  const taken: unknown[] = [];
  const { webSocket } = openSocket({
    json: { accepts: () => true, parseLarge: (message) => (message.length > 100 ? thread.parse([message]) : null) },
    take: async (message) => void taken.push(message),
  });
  const large = (id: string) => ({ id, type: 'subscribe', payload: { query: 'x'.repeat(1000) } });
  const inLarge = vi.spyOn(JSON, 'parse');
  webSocket.emit('message', Buffer.from('{"id":"1"}'));
  webSocket.emit('message', Buffer.from(JSON.stringify(large('2'))));
  webSocket.emit('message', Buffer.from('{"id":"3"}'));
  webSocket.emit('message', Buffer.from(JSON.stringify(large('4'))));
  webSocket.emit('message', Buffer.from('x'.repeat(1000)));
  webSocket.emit('message', Buffer.from('{"id":"6"}'));
  expect(webSocket.isPaused).toBe(true);
  await eventually(() => expect(webSocket.isPaused).toBe(false));
  expect(inLarge).not.toHaveBeenCalled();
  // Malformed JSON becomes an empty message, for which graphql-ws closes the socket.
  expect(taken).toEqual(['{"id":"1"}', large('2'), '{"id":"3"}', large('4'), '', '{"id":"6"}']);
  await thread.close();
});

it('a large message is dropped if its client leaves while it is parsed', async () => {
  const thread = new JsonThread();
  const take = vi.fn(async () => {});
  const parsed: Promise<unknown>[] = [];
  const parseLarge = (message: Buffer) => {
    const parsing = thread.parse([message]);
    parsed.push(parsing);
    return parsing;
  };
  const { webSocket } = openSocket({ json: { accepts: () => true, parseLarge }, take });
  webSocket.emit('message', Buffer.from('{"id":"1"}'));
  webSocket.readyState = 3;
  await parsed[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(take).not.toHaveBeenCalled();
  await thread.close();
});
