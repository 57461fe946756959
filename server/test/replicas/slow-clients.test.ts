import { subscribe as subscribeChannel, unsubscribe as unsubscribeChannel } from 'node:diagnostics_channel';
import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { ask, follow, Reading } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBody, type WireServer } from '../wire-server.ts';

const modelIds = ['openai/gpt-4.1'];
// Each character takes six bytes in JSON, so the text exceeds the kernel's buffers of a connection.
const piece = '\u0001'.repeat(10_000);
const pieces = Array.from({ length: 200 }, () => piece);
const wholeLength = piece.length * pieces.length;

/** The document leaves out the whole text at the end, which is always one message. */
const document = `subscription ($turnId: ID!) {
  streamResponse(turnId: $turnId) {
    __typename responseId ... on TextDelta { offset text } ... on ResponseFinished { response { status } }
  }
}`;

/** The most that a connection may have waiting in the server: the outbox's limit and one more delta. */
const WAITING_BYTES_MAX = 64 * 1024 + 6 * 64 * 1024 + 16 * 1024;

describe.each(['on', 'off'])('a client that stops reading (FAST_PATH=%s)', (FAST_PATH) => {
  let database: TestDatabase;
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  const ofServer = new Set<Socket>();
  const note = (message: unknown) => void ofServer.add((message as { socket: Socket }).socket);
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    wire = await startWireServer();
    const body = streamBody('openai.chat', { text: pieces, usage: { input: 9, output: 100 } });
    wire.respondWith(() => ({ body, pieces: [500_000], pieceDelayMs: 5 }));
    const models = modelIds.map((id) => ({ id, minimumTier: 'FREE' }));
    app = await startApp({ database, wire, catalogue: { models }, env: { FAST_PATH } });
    member = await app.newMember();
    subscribeChannel('net.server.socket', note);
  });
  afterEach(() => ofServer.clear());
  afterAll(async () => {
    unsubscribeChannel('net.server.socket', note);
    await app?.close();
    await wire?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  it.each(['sse', 'ws'] as const)(
    'costs limited memory, slows no other client, and reads on to the end (%s)',
    async (over) => {
      const { turn } = await ask(member, { prompt: 'A lot', modelIds });
      ofServer.clear();
      const slow = over === 'sse' ? followByRawEvents(member, turn.id) : followByRawSocket(member, turn.id);
      await until(() => ofServer.size === 1 && slow.started(), 'it follows');
      const [inServer] = ofServer;
      let waitingBytesMax = 0;
      const watching = setInterval(() => {
        waitingBytesMax = Math.max(waitingBytesMax, inServer?.writableLength ?? 0);
      }, 1);
      slow.pause();
      const quick = await follow(member, turn.id, { over: 'ws' });
      expect([...quick.texts.values()].map(({ text }) => text.length)).toEqual([wholeLength]);
      const held = inServer?.writableLength ?? 0;
      await delay(200);
      expect(inServer?.writableLength).toBe(held);
      expect(held).toBeGreaterThan(0);
      slow.resume();
      const reading = await slow.end;
      clearInterval(watching);
      expect([...reading.finished.values()].map(({ status }) => status)).toEqual(['COMPLETED']);
      expect([...reading.texts.values()].map(({ text }) => text.length)).toEqual([wholeLength]);
      console.log(`  ${over}, FAST_PATH=${FAST_PATH}: at most ${waitingBytesMax} bytes waiting in the server`);
      expect(waitingBytesMax).toBeLessThan(WAITING_BYTES_MAX);
    },
  );
});

interface SlowFollower {
  started(): boolean;
  pause(): void;
  resume(): void;
  end: Promise<Reading>;
}

function followByRawEvents({ url, cookie }: Client, turnId: string): SlowFollower {
  const { hostname, port } = new URL(url);
  const reading = new Reading();
  const body = JSON.stringify({ query: document, variables: { turnId } });
  const socket = connectSocket(Number(port), hostname);
  const head = [
    'POST /graphql HTTP/1.1',
    `Host: ${hostname}:${port}`,
    'Accept: text/event-stream',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Cookie: ${cookie}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === 'next') reading.take(JSON.parse(data).data.streamResponse);
      // Without this the server would keep the connection for a next request.
      if (event === 'complete') socket.end();
    },
  });
  socket.on(
    'data',
    dechunked((text) => parser.feed(text)),
  );
  return {
    started: () => reading.events.length > 0,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: new Promise((resolve, reject) => {
      socket.on('close', () => resolve(reading));
      socket.on('error', reject);
    }),
  };
}

/** Decodes the body of an HTTP answer in chunked encoding. */
function dechunked(onText: (text: string) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let inBody = false;
  let chunkLeft = 0;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      if (rest.length < chunkLeft) return;
      if (chunkLeft > 0) onText(rest.subarray(0, chunkLeft).toString());
      rest = rest.subarray(chunkLeft);
      chunkLeft = 0;
      const mark = inBody ? '\r\n' : '\r\n\r\n';
      const at = rest.indexOf(mark);
      if (at < 0) return;
      const line = rest.subarray(0, at).toString();
      rest = rest.subarray(at + mark.length);
      if (inBody && line !== '') chunkLeft = Number.parseInt(line, 16);
      inBody = true;
    }
  };
}

function followByRawSocket({ url, cookie }: Client, turnId: string): SlowFollower {
  const reading = new Reading();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers: { cookie } });
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  return {
    started: () => reading.events.length > 0,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`Closed with ${code}`)));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        const payload = { query: document, variables: { turnId } };
        if (message.type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        if (message.type === 'next') reading.take(message.payload.data.streamResponse);
        if (message.type !== 'complete') return;
        socket.removeAllListeners('close');
        socket.terminate();
        resolve(reading);
      });
    }),
  };
}
