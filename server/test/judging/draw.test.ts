import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawLanes, shuffled } from '../../src/domain/asking/blind/draw.ts';
import { standInId } from '../../src/domain/catalogue/catalogue.ts';
import { chanceFrom } from './boards/simulated-team.ts';

const models = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 6 });

describe('the draw of a blind turn', () => {
  it('takes every pair as often as one and its number of verdicts divide, and lets nobody foresee it', () => {
    fc.assert(
      fc.property(models, fc.array(fc.nat(30), { minLength: 36, maxLength: 36 }), (ids, counts) => {
        const verdicts = (one: string, other: string) => {
          const [first, second] = [ids.indexOf(one), ids.indexOf(other)].sort((a, b) => a - b) as [number, number];
          return counts[first * 6 + second] ?? 0;
        };
        const items = ids.map((id) => ({ id }));
        const pairs = ids.flatMap((one, index) => ids.slice(index + 1).map((other) => [one, other] as const));
        if (pairs.length === 0) {
          expect(drawLanes(items, 2, verdicts)).toBeNull();
          return;
        }
        const draws = 300;
        const drawn = new Map<string, number>();
        // Each part of the random numbers is taken once.
        for (let draw = 0; draw < draws; draw++) {
          const pair = drawLanes(items, 2, verdicts, (below) => Math.floor(((draw + 0.5) / draws) * below));
          const key = JSON.stringify((pair ?? []).map(({ id }) => id).sort());
          drawn.set(key, (drawn.get(key) ?? 0) + 1);
        }
        const weightOf = ([one, other]: readonly [string, string]) => 1 / (1 + verdicts(one, other));
        const total = pairs.reduce((sum, pair) => sum + weightOf(pair), 0);
        for (const pair of pairs) {
          const expected = (draws * weightOf(pair)) / total;
          expect(Math.abs((drawn.get(JSON.stringify([...pair].sort())) ?? 0) - expected)).toBeLessThanOrEqual(1.001);
        }
      }),
    );
  });

  it('takes a pair that nine verdicts have compared a tenth as often as a new one', () => {
    const chance = chanceFrom(22);
    const random = (below: number) => Math.floor(chance.even() * below);
    const verdicts = (...pair: string[]) => (pair.includes('c') ? 0 : 9);
    let old = 0;
    for (let draw = 0; draw < 21_000; draw++) {
      const drawn = drawLanes([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 2, verdicts, random);
      if (drawn?.every(({ id }) => id !== 'c')) old++;
    }
    // One in 21, give or take four standard deviations.
    expect(Math.abs(old - 1000)).toBeLessThan(125);
  });

  it('reaches every pair, in both orders', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 500; round++) {
      const drawn = drawLanes([{ id: 'a' }, { id: 'b' }, { id: 'c' }], 2, () => 0);
      seen.add((drawn ?? []).map(({ id }) => id).join(''));
    }
    expect([...seen].sort()).toEqual(['ab', 'ac', 'ba', 'bc', 'ca', 'cb']);
  });

  it('draws as many as it is told, each once, and none if there are fewer', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 2, max: 7 }), fc.nat(30), (ids, count, verdicts) => {
        const drawn = drawLanes(
          ids.map((id) => ({ id })),
          count,
          () => verdicts,
        );
        if (ids.length < count) expect(drawn).toBeNull();
        else {
          const drawnIds = (drawn ?? []).map(({ id }) => id);
          expect([drawnIds.length, new Set(drawnIds).size]).toEqual([count, count]);
          for (const id of drawnIds) expect(ids).toContain(id);
        }
      }),
    );
  });

  it('draws the third by what is known of it and both before, each lane as likely as the others', () => {
    const chance = chanceFrom(23);
    const random = (below: number) => Math.floor(chance.even() * below);
    // Ten verdicts are known of each pair, none of those with d.
    const verdicts = (...pair: string[]) => (pair.includes('d') ? 0 : 10);
    const items = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
    let without = 0;
    const places = [0, 0, 0];
    for (let draw = 0; draw < 30_000; draw++) {
      const drawn = (drawLanes(items, 3, verdicts, random) ?? []).map(({ id }) => id);
      if (!drawn.includes('d')) without++;
      else places[drawn.indexOf('d')] = (places[drawn.indexOf('d')] ?? 0) + 1;
    }
    // The first pair lacks d in one of 12 draws, and then so does the third in one of 22.
    const expected = 30_000 * (1 / 12) * (1 / 22);
    expect(Math.abs(without - expected)).toBeLessThan(4 * Math.sqrt(expected));
    for (const count of places) expect(Math.abs(count - (30_000 - without) / 3)).toBeLessThan(4 * Math.sqrt(10_000));
  });

  it('shuffles to each order, and loses nothing', () => {
    const seen = new Set<string>();
    for (let round = 0; round < 500; round++) seen.add(shuffled(['a', 'b', 'c']).join(''));
    expect([...seen].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  });

  it('names the lanes by letters', () => {
    expect([0, 1, 25, 26, 51, 52].map(standInId)).toEqual([
      'blind/A',
      'blind/B',
      'blind/Z',
      'blind/AA',
      'blind/AZ',
      'blind/BA',
    ]);
  });
});
