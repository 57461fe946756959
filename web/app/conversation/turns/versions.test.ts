import { expect, test } from 'vitest';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { afterAll, byLane, continuedBy, shownOf, type Versions } from './versions.ts';

const version = (id: string, more: Partial<ResponseFieldsFragment> = {}) =>
  ({
    id,
    lane: 0,
    createdAt: `2026-01-01T00:00:0${id}.000Z`,
    chosenAt: null,
    continues: null,
    ...more,
  }) as ResponseFieldsFragment;
const idsOf = (lanes: readonly Versions[]) => lanes.map((versions) => versions.map(({ id }) => id));

test('a lane shows the newest version, unless another was chosen since', () => {
  const [first, second, third] = [version('1'), version('2'), version('3')];
  expect(shownOf([first, second, third])).toBe(third);
  const chosen = { ...first, chosenAt: '2026-01-01T00:00:02.500Z' };
  expect(shownOf([chosen, second])).toBe(chosen);
  expect(shownOf([chosen, second, third])).toBe(third);
});

test('a lane shows the later of two versions with the same time, so that a pending one is shown', () => {
  const pending = version('2', { id: 'pending-1', createdAt: '2026-01-01T00:00:01.000Z' });
  expect(shownOf([version('1'), pending])).toBe(pending);
});

test('the versions of a lane are sorted by age, without continued ones', () => {
  const responses = [
    version('4', { lane: 1 }),
    version('3', { continues: { id: '2' } }),
    version('1'),
    version('2'),
    version('5', { lane: 1, continues: { id: '4' } }),
  ];
  expect(idsOf(byLane(responses))).toEqual([['1', '3'], ['5']]);
});

test('the answers that an answer continues are found back to the first', () => {
  const responses = [version('1'), version('2', { continues: { id: '1' } }), version('3', { continues: { id: '2' } })];
  expect(continuedBy(responses[2] as ResponseFieldsFragment, responses).map(({ id }) => id)).toEqual(['2', '1']);
  expect(continuedBy(responses[0] as ResponseFieldsFragment, responses)).toEqual([]);
});

test('the time of a new request is not before any time of the turn’s versions and choices', () => {
  expect(afterAll([version('1', { chosenAt: '2026-01-01T00:00:09.000Z' }), version('2')])).toBe(
    '2026-01-01T00:00:09.000Z',
  );
});
