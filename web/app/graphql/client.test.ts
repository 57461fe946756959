import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoffMs, createBrowserClient } from './client.ts';

test('reconnecting waits ever longer, never more than 15 seconds, and never all at the same moment', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (retries, chance) => {
      const waitMs = backoffMs(retries, chance);
      expect(waitMs).toBeGreaterThanOrEqual(125);
      expect(waitMs).toBeLessThanOrEqual(15_000);
      expect(backoffMs(retries + 1, chance)).toBeGreaterThanOrEqual(waitMs);
    }),
  );
  expect(backoffMs(3, 0)).not.toBe(backoffMs(3, 0.9));
});

describe('a connection that falls silent', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', SilencedSocket);
    SilencedSocket.opened = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** Opens a client with one subscription, which continues from the offset that it has reached. */
  async function following() {
    const { client, connection } = createBrowserClient(new URL('http://localhost/graphql'));
    let offset = 1;
    const liveVariables = () => ({ offset });
    client
      .subscription('subscription ($offset: Int) { text(offset: $offset) }', {}, { liveVariables })
      .subscribe(() => {});
    await vi.advanceTimersByTimeAsync(10);
    offset = 2;
    return connection;
  }
  const subscribedFrom = (socket: SilencedSocket | undefined) =>
    socket?.sent.filter(({ type }) => type === 'subscribe').map(({ payload }) => payload.variables.offset);

  test('is given up when its ping goes unanswered, and the streams go on from what has arrived over a new one', async () => {
    const connection = await following();
    const [first] = SilencedSocket.opened;
    if (first) first.silent = true;
    await vi.advanceTimersByTimeAsync(12_000 + 5_000);
    expect(connection.get()).toBe('lost');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connection.get()).toBe('live');
    expect(SilencedSocket.opened.map(subscribedFrom)).toEqual([[1], [2]]);
  });

  test.each([
    ['the network is back', () => window.dispatchEvent(new Event('online'))],
    ['somebody looks at the page again', () => document.dispatchEvent(new Event('visibilitychange'))],
  ])('is noticed within 5 seconds when %s', async (_, happen) => {
    const connection = await following();
    const [first] = SilencedSocket.opened;
    if (first) first.silent = true;
    happen();
    await vi.advanceTimersByTimeAsync(5_000 + 1_000);
    expect(connection.get()).toBe('live');
    expect(SilencedSocket.opened).toHaveLength(2);
  });

  test('is none as long as anything arrives', async () => {
    const connection = await following();
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(connection.get()).toBe('live');
    expect(SilencedSocket.opened).toHaveLength(1);
  });

  test('is given up also before it was ever acknowledged', async () => {
    SilencedSocket.silentFromTheStart = true;
    const connection = await following();
    await vi.advanceTimersByTimeAsync(15_000);
    SilencedSocket.silentFromTheStart = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connection.get()).toBe('live');
    expect(SilencedSocket.opened).toHaveLength(2);
  });

  test('is opened anew at once when the network is back, however long the wait had become', async () => {
    const connection = await following();
    SilencedSocket.refusing = true;
    SilencedSocket.opened[0]?.onclose?.({ code: 1006, reason: '' });
    await vi.advanceTimersByTimeAsync(60_000);
    SilencedSocket.refusing = false;
    const tried = SilencedSocket.opened.length;
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(10);
    expect(SilencedSocket.opened).toHaveLength(tried + 1);
    expect(connection.get()).toBe('live');
  });
});

/** The server's end of a socket and the browser's in one. Once it is silent, it answers nothing and never finishes closing. */
class SilencedSocket {
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static opened: SilencedSocket[] = [];
  static silentFromTheStart = false;
  static refusing = false;
  silent = SilencedSocket.silentFromTheStart;
  readyState = 0;
  // biome-ignore lint/suspicious/noExplicitAny: messages as they come
  sent: any[] = [];
  onopen?: () => void;
  onclose?: ((event: { code: number; reason: string }) => void) | null;
  onmessage?: (event: { data: string }) => void;

  constructor() {
    SilencedSocket.opened.push(this);
    const { refusing } = SilencedSocket;
    setTimeout(() => {
      if (refusing) return this.onclose?.({ code: 1006, reason: '' });
      this.readyState = SilencedSocket.OPEN;
      this.onopen?.();
    }, 1);
  }

  send(text: string): void {
    const message = JSON.parse(text);
    this.sent.push(message);
    const answer = { connection_init: 'connection_ack', ping: 'pong' }[message.type as string];
    if (answer && !this.silent) setTimeout(() => this.onmessage?.({ data: JSON.stringify({ type: answer }) }), 1);
  }

  close(code: number): void {
    this.readyState = SilencedSocket.CLOSING;
    if (!this.silent) setTimeout(() => this.onclose?.({ code, reason: '' }), 1);
  }
}
