import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EqualPace, type WrittenLane } from '../../src/domain/following/equal-pace.ts';

/** How lanes are written: for each step the characters that each of them gets, in ms after the step before. */
const course = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 2, maxLength: 4 }),
  steps: fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 60 }),
      share: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 4, maxLength: 4 }),
    }),
    {
      maxLength: 60,
    },
  ),
});

function* written({ lengths, steps }: { lengths: number[]; steps: { ms: number; share: number[] }[] }) {
  const lanes: WrittenLane[] = lengths.map(() => ({ length: 0, ended: false }));
  let now = 0;
  for (const { ms, share } of steps) {
    now += ms;
    for (const [index, lane] of lanes.entries()) {
      const most = lengths[index] as number;
      lane.length = Math.min(most, lane.length + (share[index] ?? 0));
      lane.ended = lane.length === most;
    }
    yield { lanes, now };
  }
  for (const [index, lane] of lanes.entries()) Object.assign(lane, { length: lengths[index], ended: true });
  for (let rest = 0; rest < 5000; rest += 50) yield { lanes, now: now + rest };
}

describe('the pace of a blind turn', () => {
  it('never runs ahead of the slowest lane that is being written, and never goes back', () => {
    fc.assert(
      fc.property(course, (given) => {
        const pace = new EqualPace();
        let before = -1;
        for (const { lanes, now } of written(given)) {
          const shown = pace.advance(lanes, now);
          for (const { length, ended } of lanes) if (!ended) expect(shown).toBeLessThanOrEqual(length);
          expect(shown).toBeGreaterThanOrEqual(before);
          before = shown;
        }
        // In the end everything is shown.
        expect(before).toBeGreaterThanOrEqual(Math.max(...given.lengths));
      }),
    );
  });

  it('hides the end of the slowest lane by showing its last words late, and all of it as slowly as those of others', () => {
    fc.assert(
      fc.property(course, fc.integer({ min: 1, max: 80 }), (given, lag) => {
        const pace = new EqualPace({ lag });
        let before = { shown: -1, now: 0 };
        for (const { lanes, now } of written(given)) {
          const shown = pace.advance(lanes, now);
          const running = lanes.filter(({ ended }) => !ended);
          for (const { length } of running) expect(shown).toBeLessThanOrEqual(Math.max(0, length - lag));
          expect(shown).toBeGreaterThanOrEqual(before.shown);
          if (before.shown >= 0 && Number.isFinite(shown)) {
            expect(shown - before.shown).toBeLessThanOrEqual(0.4 * (now - before.now) + 1);
          }
          before = { shown, now };
        }
        expect(before.shown).toBeGreaterThanOrEqual(Math.max(...given.lengths));
      }),
    );
  });

  it('tells nothing of any lane before each has begun or ended', () => {
    const pace = new EqualPace();
    const lanes = [
      { length: 500, ended: true },
      { length: 0, ended: false },
    ];
    expect(pace.advance(lanes, 1000)).toBe(-1);
    expect(pace.advance([lanes[0] as WrittenLane, { length: 3, ended: false }], 2000)).toBe(3);
  });

  it('does not show at once what waited for a slow lane that has ended', () => {
    const pace = new EqualPace();
    const fast = { length: 1000, ended: true };
    expect(pace.advance([fast, { length: 1, ended: false }], 0)).toBe(1);
    expect(pace.advance([fast, { length: 300, ended: true }], 1500)).toBe(300);
    const later = pace.advance([fast, { length: 300, ended: true }], 1600);
    expect(later).toBeGreaterThan(300);
    expect(later).toBeLessThanOrEqual(340);
    expect(pace.isHeldBack).toBe(true);
  });

  it('is not held by a lane that failed before its first character', () => {
    const pace = new EqualPace();
    const failed = { length: 0, ended: true };
    expect(pace.advance([failed, { length: 50, ended: false }], 0)).toBe(50);
    expect(pace.advance([failed, { length: 700, ended: false }], 1)).toBe(700);
  });

  it('shows everything to a reader who comes when all lanes have ended', () => {
    const lanes = [10, 2000].map((length) => ({ length, ended: true }));
    expect(new EqualPace().advance(lanes, 5)).toBe(Number.POSITIVE_INFINITY);
  });
});
