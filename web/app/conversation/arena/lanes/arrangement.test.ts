import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import type { Versions } from '../../turns/versions.ts';
import { asAsked, inOrder, keysOf, moved, withFolded, withOrder } from './arrangement.ts';

const lane = (modelId: string, place: number): Versions => [
  { lane: place, model: { id: modelId } } as ResponseFieldsFragment,
];
const keysArbitrary = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 });

test('a model has one key in every turn, and two if it holds two lanes; a blind lane has one of its turn alone', () => {
  expect(keysOf({ id: 't1', blind: false }, [lane('a', 0), lane('b', 1), lane('a', 2)])).toEqual(['a', 'b', 'a 2']);
  expect(keysOf({ id: 't1', blind: true }, [lane('blind/A', 0), lane('a', 1)])).toEqual(['blind t1 0', 'blind t1 1']);
});

test('lanes that were moved keep their order in turns with fewer or more lanes', () => {
  expect(inOrder(['a', 'b', 'c'], ['c', 'a', 'b'])).toEqual(['c', 'a', 'b']);
  expect(inOrder(['a', 'c'], ['c', 'a', 'b'])).toEqual(['c', 'a']);
  expect(inOrder(['a', 'x', 'c'], ['c', 'a', 'b'])).toEqual(['c', 'x', 'a']);
});

test('no lane is lost or shown twice, whatever the order holds', () => {
  fc.assert(
    fc.property(keysArbitrary, keysArbitrary, (keys, order) => {
      expect(inOrder(keys, order).toSorted()).toEqual(keys.toSorted());
    }),
  );
});

test('a lane that is moved is found in its new place, and the others keep their order', () => {
  fc.assert(
    fc.property(keysArbitrary, keysArbitrary, fc.nat(6), fc.nat(6), (keys, order, from, to) => {
      const shown = inOrder(keys, order);
      const after = moved(shown, from, to);
      const again = inOrder(keys, withOrder(order, after));
      expect(again).toEqual(after);
      const isThere = from < keys.length && to < keys.length;
      expect(after[to]).toBe(isThere ? shown[from] : shown[to]);
      const others = (list: string[]) => list.filter((key) => key !== shown[from]);
      expect(others(after)).toEqual(others(shown));
    }),
  );
});

test('the last open lane of a turn cannot be folded, and a folded lane that is focused gives the width back', () => {
  const one = withFolded({ ...asAsked, focused: 'a' }, 'a', ['a', 'b']);
  expect(one).toEqual({ order: [], folded: ['a'], focused: null });
  expect(withFolded(one, 'b', ['a', 'b'])).toBe(one);
  expect(withFolded(one, 'a', ['a', 'b'])).toEqual(asAsked);
});
