import { subscribe as subscribeChannel, unsubscribe as unsubscribeChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { TurnStream } from '../../../src/domain/following/response-stream.ts';
import { TurnReaders } from '../../../src/domain/following/turn-readers.ts';
import { createGraphQLServer } from '../../../src/graphql/delivery/server.ts';
import { watchSession } from '../../../src/graphql/delivery/session-watch.ts';
import type { House } from '../../../src/graphql/ground/context.ts';
import { until } from '../../credits/house.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { openTestDatabase, type TestDatabase, testLog } from '../../setup/describe-databases.ts';
import { converse } from '../asking.ts';

describe('a hostile client', () => {
  let database: TestDatabase;
  let app: TestApp;
  let member: Client;
  const ofServer: Socket[] = [];
  const note = (message: unknown) => void ofServer.push((message as { socket: Socket }).socket);
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    app = await startApp({ database });
    member = await app.newMember();
    subscribeChannel('net.server.socket', note);
  });
  beforeEach(() => {
    ofServer.length = 0;
  });
  afterAll(async () => {
    unsubscribeChannel('net.server.socket', note);
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  function open(allowHalfOpen = false): Socket {
    const { hostname, port } = new URL(app.url);
    return connect({ host: hostname, port: Number(port), allowHalfOpen }).on('error', () => {});
  }

  /** Sends a request head and returns the first line of the answer. */
  async function answerTo(head: string): Promise<string | undefined> {
    const socket = open();
    socket.write(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const piece of socket.setEncoding('latin1')) answer += piece;
    return answer.split('\r\n', 1)[0];
  }

  it.each(['//', '///', '/\\', '/%', '//graphql', '/graphql//'])('gets 404 when it asks for %s', async (path) => {
    expect(await answerTo(`GET ${path} HTTP/1.1`)).toBe('HTTP/1.1 404 Not Found');
  });

  it('gets 400 when it asks for a malformed address', async () => {
    expect(await answerTo('GET http://[/ HTTP/1.1')).toBe('HTTP/1.1 400 Bad Request');
  });

  it('is answered as usual when its address names a host', async () => {
    expect(await answerTo('GET http://somewhere/health HTTP/1.1')).toBe('HTTP/1.1 200 OK');
    expect(await answerTo('GET http://somewhere/api/auth/get-session HTTP/1.1')).toBe('HTTP/1.1 200 OK');
  });

  it.each(['//', '///', '/\\', 'http://[/'])('gets no socket at %s', async (path) => {
    const socket = open();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    await once(socket.resume(), 'close');
    await until(() => ofServer.every(({ destroyed }) => destroyed), 'it is let go');
  });

  it('gets no socket for a foreign page, and its connection is closed even if it keeps its half open', async () => {
    for (const thenReset of [false, true]) {
      const socket = open(true);
      const headers = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: https://evil.example';
      socket.write(`GET /graphql HTTP/1.1\r\n${headers}\r\n\r\n`, () => thenReset && socket.resetAndDestroy());
      if (!thenReset) expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 403 /);
      await until(() => ofServer.length > 0 && ofServer.every(({ destroyed }) => destroyed), 'it is let go');
      socket.destroy();
    }
  });

  it('is not read from while it does not read its answers', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const [served] = ofServer as [Socket];
    socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { filling: 'x'.repeat(100_000) } });
    for (let sent = 0; sent < 400; sent++) socket.send(ping);
    let read = -1;
    await until(async () => {
      const before = read;
      read = served.bytesRead;
      await delay(200);
      return read === before;
    }, 'no more is read');
    expect(served.bytesRead).toBeLessThan(10_000_000);
    // The server reads again as soon as the client reads.
    socket.resume();
    await until(() => served.bytesRead > 400 * ping.length, 'all is read');
    socket.terminate();
  });

  it('leaves no long documents in the parser’s cache', () => {
    const yoga = createGraphQLServer({ log: testLog } as House, async () => null);
    const parsed = (source: string) => yoga.getEnveloped({} as never).parse(source);
    expect(parsed('{ __typename }')).toBe(parsed('{ __typename }'));
    const long = `{ __typename } # ${'x'.repeat(20_000)}`;
    expect(parsed(long)).not.toBe(parsed(long));
    for (let number = 0; number < 20; number++) parsed(`{ __typename } # ${number} ${'x'.repeat(15_000)}`);
    const first = parsed('{ __typename }');
    expect(parsed('{ __typename }')).toBe(first);
  });

  it.each([true, false])('gets 400 for malformed variables (over server-sent events: %s)', async (streams) => {
    for (const variables of ['abc', 7, ['x']]) {
      const response = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          cookie: member.cookie,
          accept: streams ? 'text/event-stream' : 'application/json',
        },
        body: JSON.stringify({
          query: 'subscription ($id: ID!) { streamResponse(turnId: $id) { responseId } }',
          variables,
        }),
      });
      expect(response.status).toBe(400);
      await response.body?.cancel();
    }
  });

  it.each([
    { operationName: 5 },
    { extensions: 'abc' },
    { foo: 1 },
    { query: 'subscription ($id: ID!) { streamResponse(turnId: $id) { responseId } }' },
  ])('gets 400 for %j over server-sent events, with and without the fast path', async (wrong) => {
    const answers: { status: number; text: string }[] = [];
    for (const fastPath of ['on', 'off']) {
      const plain = await startApp({ database, env: { FAST_PATH: fastPath } });
      const response = await fetch(`${plain.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          cookie: member.cookie,
          accept: 'text/event-stream',
          'x-request-id': 'same',
        },
        body: JSON.stringify({ query: 'subscription { streamResponse(turnId: "x") { responseId } }', ...wrong }),
      });
      answers.push({ status: response.status, text: await response.text() });
      await plain.close();
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(400);
  });

  it('gets 400 for a NUL in a sign-up or in a session token', async () => {
    for (const [path, body] of [
      ['sign-up/email', { email: 'a\0b@example.org', password: 'correct-horse-9', name: 'n' }],
      ['revoke-session', { token: '\0' }],
    ] as const) {
      const response = await fetch(`${app.url}/api/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie: member.cookie, origin: 'http://localhost:3000' },
        body: JSON.stringify(body),
      });
      expect([path, response.status]).toEqual([path, 400]);
    }
  });

  it('learns no more about its mistakes over a socket than over HTTP', async () => {
    const { value } = await member.subscribe('ws', 'subscription { nope }')[Symbol.asyncIterator]().next();
    expect(value.errors[0].extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it.each([
    ['fast', 'text'],
    ['ordinary', 'text @include(if: true)'],
  ])('leaves nothing running when it disconnects before its stream begins (%s path)', async (_way, field) => {
    const { turn } = await converse(member, { prompt: 'Hi', modelIds: ['mock/swift'] });
    const opened = vi.spyOn(TurnStream.prototype, 'open');
    const returned = vi.spyOn(TurnStream.prototype, 'return');
    // The transaction holds the database's only connection, so the session lookup waits until `release`.
    let release = () => {};
    const held = database.db.transaction().execute(() => new Promise<void>((resolve) => (release = resolve)));
    ofServer.length = 0;
    const socket = open();
    const body = JSON.stringify({
      query: `subscription ($id: ID!) { streamResponse(turnId: $id) { ... on TextDelta { ${field} } } }`,
      variables: { id: turn.id },
    });
    const head = ['Host: localhost', 'Content-Type: application/json', 'Accept: text/event-stream'];
    head.push(`Cookie: ${member.cookie}`, `Content-Length: ${Buffer.byteLength(body)}`);
    socket.write(`POST /graphql HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n${body}`);
    await until(() => ofServer.some(({ bytesRead }) => bytesRead > body.length), 'it has asked');
    socket.destroy();
    await until(() => ofServer.every(({ destroyed }) => destroyed), 'it is gone');
    release();
    await held;
    await until(() => opened.mock.calls.length === 1 && returned.mock.calls.length === 1, 'the stream has ended');
    vi.restoreAllMocks();
  });

  it('is let go if it was signed out while its session was looked up', async () => {
    const onEnd = vi.fn();
    const notifications = { subscribe: () => () => {} } as never;
    watchSession({ memberId: 'm', credentials: {}, findViewer: async () => null, notifications, onEnd });
    await until(() => onEnd.mock.calls.length === 1, 'it is told so');
  });

  it.each([
    ['fast', 'text'],
    ['ordinary', 'text @include(if: true)'],
  ])('learns nothing about a fault of the database while it follows an answer (%s path)', async (_way, field) => {
    const { turn } = await converse(member, { prompt: 'Hi', modelIds: ['mock/swift'] });
    const fault = Object.assign(new Error('password authentication failed for user "polylogue"'), { code: '28P01' });
    vi.spyOn(TurnReaders.prototype, 'read').mockRejectedValue(fault);
    const query = `subscription ($id: ID!) { streamResponse(turnId: $id) { ... on TextDelta { ${field} } } }`;
    const told: unknown[] = [];
    try {
      for await (const result of member.subscribe('ws', query, { id: turn.id })) told.push(result);
    } catch (error) {
      told.push(error);
    }
    vi.restoreAllMocks();
    expect(JSON.stringify(told)).toContain('Something went wrong on this server.');
    expect(JSON.stringify(told)).not.toContain('polylogue');
    expect(app.errors.splice(0)).toHaveLength(1);
  });

  it('gets no quote for a hundred and one models', async () => {
    const modelIds = Array.from({ length: 101 }, () => 'mock/swift');
    const quote = 'query ($input: SendPromptInput!) { quote(input: $input) { maximum } }';
    const { errors } = await member.post(quote, { input: { prompt: 'What?', modelIds } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
