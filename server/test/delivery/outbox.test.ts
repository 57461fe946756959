import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Outbox, type Pump } from '../../src/delivery/outbox.ts';

const FRAME_MS = 16;
const ROUND_MS = 4;

class Connection extends EventEmitter {
  write = () => true;
}

/** Notes each write with its time. */
class NotedOutbox extends Outbox {
  readonly writes: { at: number; messages: readonly string[] }[] = [];
  /** Whether the connection takes nothing more for now. The test emits its `drain`. */
  isSlow = false;
  override readonly connection: Connection;

  constructor() {
    const connection = new Connection();
    super(connection);
    this.connection = connection;
  }

  protected send(messages: readonly string[]): boolean {
    this.writes.push({ at: performance.now(), messages });
    return !this.isSlow;
  }
}

/** A subscription whose news are consecutive numbers. */
class Counter implements Pump {
  waits = false;
  nextDue: Pump | null = null;
  readonly #outbox: Outbox;
  readonly name: string;
  readonly askedAt: number[] = [];
  #told = 0;

  constructor(outbox: Outbox, name: string) {
    this.#outbox = outbox;
    this.name = name;
  }

  count(): void {
    this.askedAt.push(performance.now());
    this.#outbox.request(this);
  }

  pump(messages: string[]): void {
    while (this.#told < this.askedAt.length) messages.push(`${this.name}${this.#told++}`);
  }
}

/** An outbox with one subscription for each name. */
function connection(names: readonly string[]) {
  const outbox = new NotedOutbox();
  const counters = names.map((name) => new Counter(outbox, name));
  return { outbox, counters };
}

/** The outbox's rounds outlive a test, so the time goes on from one test to the next. */
let now = performance.now();

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  await vi.advanceTimersByTimeAsync(now + 1000);
});

afterEach(() => {
  now = performance.now();
  vi.useRealTimers();
});

describe('the outbox of a connection', () => {
  test('sends the first news after a quiet time at once, and further news of that frame together at its end', async () => {
    const { outbox, counters } = connection(['a', 'b']);
    const startedAt = performance.now();
    for (let ms = 0; ms < FRAME_MS; ms += 4) {
      for (const counter of counters) counter.count();
      await vi.advanceTimersByTimeAsync(4);
    }
    await vi.advanceTimersByTimeAsync(FRAME_MS);
    expect(outbox.writes.map(({ messages }) => [...messages].sort())).toEqual([
      ['a0', 'b0'],
      ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'],
    ]);
    const [first, second] = outbox.writes.map(({ at }) => at - startedAt);
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(FRAME_MS - 1);
    expect(second).toBeLessThanOrEqual(FRAME_MS + ROUND_MS);
  });

  test('sends each news of a lone stream at once if they come more slowly than its frames', async () => {
    const { outbox, counters } = connection(['a']);
    for (let count = 0; count < 10; count++) {
      counters[0]?.count();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(outbox.writes.map(({ at }) => at)).toEqual(counters[0]?.askedAt);
  });

  test('sends first news in the next microtask, but to at most 32 connections in one go', async () => {
    const connections = Array.from({ length: 100 }, () => connection(['a']));
    const written = () => connections.filter(({ outbox }) => outbox.writes.length === 1).length;
    for (const { counters } of connections) counters[0]?.count();
    await Promise.resolve();
    expect(written()).toBe(32);
    await vi.advanceTimersByTimeAsync(ROUND_MS);
    expect(written()).toBe(100);
  });

  test('keeps news while the connection takes none, and sends all of them afterwards', async () => {
    const { outbox, counters } = connection(['a']);
    const [counter] = counters as [Counter];
    outbox.isSlow = true;
    counter.count();
    await vi.advanceTimersByTimeAsync(100);
    for (let count = 0; count < 5; count++) {
      counter.count();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(outbox.isOpen).toBe(false);
    expect(outbox.writes.map(({ messages }) => messages)).toEqual([['a0']]);
    outbox.isSlow = false;
    outbox.connection.emit('drain');
    await vi.advanceTimersByTimeAsync(FRAME_MS + ROUND_MS);
    expect(outbox.writes.map(({ messages }) => messages)).toEqual([['a0'], ['a1', 'a2', 'a3', 'a4', 'a5']]);
    expect(outbox.connection.listenerCount('drain')).toBe(0);
  });

  test('loses nothing, keeps the order, writes at most once a frame, and delays no news beyond its frame and round', async () => {
    const news = fc.record({ afterMs: fc.nat(12), of: fc.nat(5) });
    await fc.assert(
      fc.asyncProperty(fc.array(news, { maxLength: 120 }), async (all) => {
        const connections = [connection(['a']), connection(['b', 'c']), connection(['d', 'e', 'f'])];
        const counters = connections.flatMap((one) => one.counters);
        for (const { afterMs, of } of all) {
          await vi.advanceTimersByTimeAsync(afterMs);
          counters[of]?.count();
        }
        await vi.advanceTimersByTimeAsync(1000);
        for (const { outbox, counters } of connections) {
          const times = outbox.writes.map(({ at }) => at);
          for (const [index, at] of times.slice(1).entries()) {
            expect(at - (times[index] as number)).toBeGreaterThanOrEqual(FRAME_MS - 1);
          }
          const told = outbox.writes.flatMap(({ at, messages }) => messages.map((message) => ({ at, message })));
          for (const { name, askedAt } of counters) {
            const own = told.filter(({ message }) => message.startsWith(name));
            expect(own.map(({ message }) => message)).toEqual(askedAt.map((_, number) => `${name}${number}`));
            const waits = own.map(({ at }, number) => at - (askedAt[number] as number));
            expect(Math.max(0, ...waits)).toBeLessThanOrEqual(FRAME_MS + ROUND_MS);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
