import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readEventStream } from '../../src/providers/transport/event-stream.ts';

const event = fc.record({
  name: fc.option(fc.constantFrom('delta', 'error', 'ping'), { nil: undefined }),
  data: fc.string({ unit: fc.constantFrom('a', ' ', 'é', '🔥', ':', '{"x":1}'), maxLength: 6 }),
  lineEnd: fc.constantFrom('\n', '\n', '\n', '\r\n'),
  comment: fc.boolean(),
});
const stream = fc.record({
  events: fc.array(event, { maxLength: 8 }),
  /** The index of the event at which the reader throws. */
  failsAt: fc.option(fc.nat(8), { nil: undefined }),
  cuts: fc.array(fc.nat(300), { maxLength: 12 }),
  bom: fc.boolean(),
});

it('readEventStream gives each of many streams its own events, however they are cut and mixed, and whichever fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { minLength: 2, maxLength: 4 }),
      fc.infiniteStream(fc.nat(3)),
      async (all, order) => {
        const readings = all.map((one) => {
          const body = new Readable({ read() {} });
          const seen: unknown[] = [];
          const end = readEventStream(body, {
            onRead() {},
            onEvent(data, name) {
              if (seen.length === one.failsAt) throw new Error('No more.');
              seen.push([name, data]);
              return false;
            },
          });
          return { body, seen, pieces: piecesOf(one), end: end.catch((error) => error.message), one };
        });
        await nextTurn();
        let left = readings.filter(({ pieces }) => pieces.length > 0);
        while (left.length > 0) {
          const { body, pieces } = left[(order.next().value as number) % left.length] as (typeof left)[number];
          body.push(pieces.shift());
          left = left.filter((reading) => reading.pieces.length > 0);
        }
        for (const { body, seen, end, one } of readings) {
          body.push(null);
          const events = one.events.filter(isTold).map(({ name, data }) => [name, data]);
          expect(seen).toEqual(events.slice(0, one.failsAt));
          const fails = one.failsAt !== undefined && one.failsAt < events.length;
          expect(await end).toBe(fails ? 'No more.' : undefined);
        }
      },
    ),
    { numRuns: 300 },
  );
});

/** Events without data are skipped, except errors. */
function isTold({ name, data }: { name: string | undefined; data: string }): boolean {
  return name === 'error' || data.trim() !== '';
}

function piecesOf({ events, cuts, bom }: typeof stream extends fc.Arbitrary<infer Stream> ? Stream : never): Buffer[] {
  const text = events.map(({ name, data, lineEnd, comment }) =>
    [...(comment ? [': keep-alive'] : []), ...(name ? [`event: ${name}`] : []), `data: ${data}`, '', ''].join(lineEnd),
  );
  const bytes = Buffer.concat([Buffer.from(bom ? '\ufeff' : ''), Buffer.from(text.join(''))]);
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return places
    .slice(1)
    .map((place, index) => bytes.subarray(places[index], place))
    .filter(({ length }) => length > 0);
}
