import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { bodyOf } from '../../src/providers/transport/body.ts';
import { readEventStream } from '../../src/providers/transport/event-stream.ts';
import { ReadingPace } from '../../src/providers/transport/reading-pace.ts';
import { upstreamFetch } from '../../src/providers/transport/upstream-fetch.ts';
import { selfSigned } from '../setup/certificate.ts';

const PAUSE_MS = 40;
/** The number of pieces of an answer that are read without a pause. */
const FIRST_PIECES = 8;

afterEach(() => {
  // A pause whose end never came would keep all later ones from ending.
  if (vi.isFakeTimers()) vi.runOnlyPendingTimers();
  vi.useRealTimers();
});

interface Action {
  /** The index of the connection on which a piece arrives. */
  piece?: number;
  /** Milliseconds that pass. */
  passes?: number;
  crowded?: boolean;
}

describe('ReadingPace', () => {
  test('resumes each paused connection once within 40 ms, and pauses none unless there is a crowd', () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ piece: fc.nat(99) }) },
      { weight: 2, arbitrary: fc.record({ passes: fc.integer({ min: 1, max: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ crowded: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 600 }), (actions) => {
        vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
        let isCrowded = true;
        const connections = Array.from({ length: 100 }, () => {
          const connection = { pieces: 0, pausedAt: null as number | null, resume };
          function resume() {
            expect(connection.pausedAt).not.toBe(null);
            expect(performance.now() - (connection.pausedAt as number)).toBeLessThanOrEqual(PAUSE_MS);
            connection.pausedAt = null;
          }
          return { connection, pace: new ReadingPace(connection, () => isCrowded) };
        });
        for (const { piece = -1, passes = 0, crowded } of actions as Action[]) {
          isCrowded = crowded ?? isCrowded;
          vi.advanceTimersByTime(passes);
          const one = connections[piece];
          if (!one || one.connection.pausedAt !== null) continue;
          one.connection.pieces += 1;
          const readsOn = one.pace.readsOn();
          expect(readsOn).toBe(!isCrowded || one.connection.pieces <= FIRST_PIECES);
          if (!readsOn) one.connection.pausedAt = performance.now();
        }
        vi.advanceTimersByTime(PAUSE_MS);
        expect(connections.filter(({ connection }) => connection.pausedAt !== null)).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
        vi.useRealTimers();
      }),
    );
  });

  test('resumes three hundred connections in rows of at most 128', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate'] });
    let resumed = 0;
    const connection = { resume: () => resumed++ };
    for (let index = 0; index < 300; index++) {
      const pace = new ReadingPace(connection, () => true);
      for (let piece = 0; piece <= FIRST_PIECES; piece++) pace.readsOn();
    }
    vi.advanceTimersToNextTimer();
    const rows = [resumed];
    while (vi.getTimerCount() > 0) {
      vi.advanceTimersToNextTimer();
      rows.push(resumed);
    }
    expect(rows).toEqual([128, 256, 300]);
  });
});

describe.each(['http', 'https'] as const)('reading over %s in a crowd', (scheme) => {
  const servers: http.Server[] = [];
  /** The server's connections, beneath TLS. */
  const connections: Socket[] = [];
  afterEach(() => {
    connections.length = 0;
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    vi.unstubAllEnvs();
  });

  async function serve(answer: (response: http.ServerResponse) => Promise<void>): Promise<string> {
    const listener: http.RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      answer(response).catch((error) => response.destroy(error));
    };
    const server = scheme === 'http' ? http.createServer(listener) : https.createServer(selfSigned(), listener);
    // Each new connection reads this variable.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    servers.push(server.listen(0, '127.0.0.1'));
    server.on('connection', (socket) => connections.push(socket));
    await once(server, 'listening');
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  async function read(url: string): Promise<{ events: string[]; end: Promise<void> }> {
    const events: string[] = [];
    const onEvent = (data: string) => {
      events.push(data);
      return data === 'last';
    };
    const end = readEventStream(bodyOf(await upstreamFetch(url)), { onRead() {}, onEvent }, () => true);
    return { events, end };
  }

  test('gives every answer to its end, and nothing is lost, doubled or out of order', async () => {
    const written = Array.from({ length: 200 }, (_, index) => `${index} ${'é'.repeat(index)}`);
    const url = await serve(async (response) => {
      for (const text of written) {
        response.write(toEvent(text));
        if (Math.random() < 0.5) await delay(Math.random() * 4);
      }
      response.end(toEvent('last'));
    });
    // The second round uses the connections of the first.
    for (let round = 0; round < 2; round++) {
      const readings = await Promise.all(Array.from({ length: 40 }, () => read(url)));
      await Promise.all(readings.map(({ end }) => end));
      for (const { events } of readings) expect(events).toEqual([...written, 'last']);
    }
    expect(connections).toHaveLength(40);
  });

  test('takes the beginning as it comes, and the rest only after the pause', async () => {
    const { response, events, end, write } = await readPausing();
    for (let count = 0; count < 20; count++) await write('more');
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect(events).toHaveLength(FIRST_PIECES + 1);

    // TLS may deliver the rest in more than one piece, with a pause between them.
    while (events.length < FIRST_PIECES + 21) {
      vi.advanceTimersByTime(PAUSE_MS);
      await nextTurn();
    }
    vi.advanceTimersByTime(PAUSE_MS);
    response.end(toEvent('last'));
    vi.useRealTimers();
    await end;
    expect(events.slice(-2)).toEqual(['more', 'last']);
  });

  test.each(['cut', 'reset'])('gives the text that arrived before the connection was %s', async (how) => {
    const { response, events, end, write } = await readPausing();
    const broken = expect(end).rejects.toThrow('terminated');
    await write('more');
    const closed = once(response, 'close');
    if (how === 'cut') response.destroy();
    else connections.at(-1)?.resetAndDestroy();
    await closed;
    vi.advanceTimersByTime(PAUSE_MS);
    vi.useRealTimers();
    await broken;
    expect(events.slice(-2)).toEqual(['first', 'more']);
  });

  /** An answer whose connection pauses, on a clock that stands still. */
  async function readPausing() {
    let begin = (_response: http.ServerResponse) => {};
    const begun = new Promise<http.ServerResponse>((resolve) => {
      begin = resolve;
    });
    const reading = read(await serve(async (response) => begin(response)));
    const response = await begun;
    response.flushHeaders();
    const { events, end } = await reading;
    const write = (text: string) => new Promise((resolve) => response.write(toEvent(text), resolve));
    // A pause of the test before would end during this one.
    await delay(PAUSE_MS + 1);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    for (let count = 1; count <= FIRST_PIECES + 1; count++) {
      await write('first');
      while (events.length < count) await nextTurn();
    }
    return { response, events, end, write };
  }
});

function toEvent(text: string): string {
  return `data: ${text}\n\n`;
}
