import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { newestWithin, nextTo } from './page-of-turns.ts';

function pageOf(lengths: readonly number[], hasPreviousPage = false) {
  const edges = lengths.map((length, index) => {
    const response = { text: 'a'.repeat(length >> 1), reasoning: '' };
    const turn = { id: `${index}`, prompt: 'b'.repeat(length - (length >> 1)), responses: [response] };
    return { cursor: `cursor-${index}`, node: turn as unknown as TurnFieldsFragment };
  });
  return { edges, pageInfo: { hasPreviousPage, startCursor: edges[0]?.cursor ?? null } };
}

test('a page within its limit is kept whole, and has earlier turns only if the API says so', () => {
  expect(newestWithin(pageOf([10, 10, 10]), 30)).toMatchObject({
    turns: [{ id: '0' }, { id: '1' }, { id: '2' }],
    earlier: null,
  });
  expect(newestWithin(pageOf([10, 10], true), 30).earlier).toBe('cursor-0');
});

test('a page that is too large keeps its newest turns, and the others are earlier turns', () => {
  expect(newestWithin(pageOf([10, 10, 10]), 25)).toMatchObject({
    turns: [{ id: '1' }, { id: '2' }],
    earlier: 'cursor-1',
  });
});

test('the last turn is kept whatever its length', () => {
  expect(newestWithin(pageOf([10, 1000]), 25)).toMatchObject({ turns: [{ id: '1' }], earlier: 'cursor-1' });
});

test('a page keeps no more than the limit or the last turn, and no less than fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 12 }),
      fc.nat({ max: 200 }),
      (lengths, max) => {
        const { turns } = newestWithin(pageOf(lengths), max);
        const sum = (from: number) => lengths.slice(from).reduce((total, length) => total + length, 0);
        const first = lengths.length - turns.length;
        expect(turns.length === 1 || sum(first) <= max).toBe(true);
        expect(first === 0 || sum(first - 1) > max).toBe(true);
      },
    ),
  );
});

test('an empty conversation has an empty page', () => {
  expect(newestWithin(pageOf([]), 10)).toEqual({ turns: [], earlier: null, characters: 0 });
});

test('of a page around a turn, the turns next to it are kept as far as they fit', () => {
  const turns = pageOf([10, 10, 30, 10, 10]).edges.map(({ node }) => node);
  const ids = (id: string, max: number) => nextTo(id, turns, max)?.turns.map((turn) => turn.id);
  expect(nextTo('2', turns, 70)).toMatchObject({ isFirst: true, isLast: true });
  expect(ids('2', 50)).toEqual(['1', '2', '3']);
  expect(ids('2', 5)).toEqual(['2']);
  expect(ids('0', 20)).toEqual(['0', '1']);
  expect(nextTo('9', turns, 100)).toBeNull();
});
