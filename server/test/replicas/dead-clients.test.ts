import { subscribe as subscribeChannel, unsubscribe as unsubscribeChannel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { ask, followDocument } from '../api/asking.ts';
import { until } from '../credits/house.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, streamBeginning, type WireServer } from '../wire-server.ts';

describe('a connection', () => {
  let database: TestDatabase;
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  const ofServer: Socket[] = [];
  const note = (message: unknown) => void ofServer.push((message as { socket: Socket }).socket);
  beforeAll(async () => {
    database = await openTestDatabase('pglite');
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({ body: streamBeginning(api, { text: ['And '] }), ending: 'stall' }));
    app = await startApp({ database, wire });
    member = await app.newMember();
    subscribeChannel('net.server.socket', note);
  });
  afterAll(async () => {
    unsubscribeChannel('net.server.socket', note);
    // The wire server closes first, as the app waits some seconds for answers that are still being written.
    await wire?.close();
    await app?.close();
    await database?.close();
    expect(app?.errors).toEqual([]);
  });

  it('is closed if its client answers no ping', async () => {
    let skippedMs = 0;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + skippedMs);
    const { turn } = await ask(member, { prompt: 'Go on', modelIds: ['openai/gpt-4.1-mini'] });
    ofServer.length = 0;
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { cookie: member.cookie },
      autoPong: false,
    });
    let pings = 0;
    socket.on('ping', () => {
      pings += 1;
      skippedMs += 12_000;
    });
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    const payload = { query: followDocument, variables: { turnId: turn.id } };
    socket.once('message', () => {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      skippedMs += 12_000;
    });
    const code = await new Promise((resolve) => socket.on('close', resolve));
    // The code means that there was no closing handshake, as the client does not answer.
    expect(code).toBe(1006);
    expect(pings).toBe(1);
    await until(() => ofServer.every(({ destroyed }) => destroyed), 'it is gone');
    clock.mockRestore();
  });

  it('is closed after three seconds without connection_init', async () => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(4408);
  });

  it('a connection for server-sent events has a time-out of 45 seconds', async () => {
    const { turn } = await ask(member, { prompt: 'Go on', modelIds: ['openai/gpt-4.1-mini'] });
    // The request may arrive on a kept-alive connection, which `net.server.socket` does not report.
    let socket: Socket | undefined;
    const noteRequest = (message: unknown) => {
      socket = (message as { socket: Socket }).socket;
    };
    subscribeChannel('http.server.request.start', noteRequest);
    for await (const { data } of member.subscribe('sse', followDocument, { turnId: turn.id })) {
      if (data.streamResponse.__typename === 'TextDelta') break;
    }
    unsubscribeChannel('http.server.request.start', noteRequest);
    expect(socket?.timeout).toBe(45_000);
  });

  it('is closed, without an effect on others, if its client sends too large a message', async () => {
    const printed = vi.spyOn(console, 'error');
    const other = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('open', () => socket.send(`{"type":"connection_init","payload":{"x":"${'x'.repeat(9 * 1024 * 1024)}"}}`));
    socket.on('error', () => {});
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1009);
    other.send('{"type":"connection_init"}');
    const [reply] = await new Promise<Buffer[]>((resolve) =>
      other.once('message', (...message) => resolve(message as Buffer[])),
    );
    expect(JSON.parse(String(reply))).toEqual({ type: 'connection_ack' });
    other.terminate();
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });
});
