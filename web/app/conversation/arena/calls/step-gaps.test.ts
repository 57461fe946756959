import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepGaps } from './step-gaps.ts';

const lane = fc
  .array(fc.integer({ min: 1, max: 2000 }), { maxLength: 30 })
  .map((heights) => heights.map((_, at) => heights.slice(0, at + 1).reduce((sum, height) => sum + height, 0)));

describe('the room above steps', () => {
  it('lets the steps of one number begin at one height, and moves none where its lane is the last to come to it', () => {
    fc.assert(
      fc.property(fc.array(lane, { maxLength: 6 }), (lanes) => {
        const gaps = stepGaps(lanes);
        const begins = lanes.map((steps, at) =>
          steps.map((place, step) => place + (gaps[at] ?? []).slice(0, step + 1).reduce((sum, gap) => sum + gap, 0)),
        );
        expect(gaps.map(({ length }) => length)).toEqual(lanes.map(({ length }) => length));
        for (let step = 0; step < 30; step++) {
          const reached = lanes.flatMap((_, at) => (begins[at]?.[step] === undefined ? [] : at));
          expect(new Set(reached.map((at) => begins[at]?.[step])).size).toBeLessThanOrEqual(1);
          const room = reached.map((at) => gaps[at]?.[step] ?? 0);
          if (reached.length > 0) expect(Math.min(...room)).toBe(0);
        }
      }),
    );
  });
});
