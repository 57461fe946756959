import { expect, test } from 'vitest';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { emptyResponse } from '../following/empty-response.ts';
import { letterOf, standInAt } from '../following/hidden.ts';
import { comparisonOf, pickOf } from './contestants.ts';
import { countingOf, revealWords, verdictWords } from './verdict-words.ts';

const model = (name: string) => ({ id: `a/${name.toLowerCase()}`, name, provider: { id: 'a', name: 'A' } });

function answer(lane: number, name: string, more: Partial<ResponseFieldsFragment> = {}): ResponseFieldsFragment {
  const empty = emptyResponse(`r${lane}`, { lane, model: model(name), createdAt: '2026-01-01T00:00:00Z' });
  return { ...empty, status: 'COMPLETED', text: 'Because.', ...more };
}

const [one, two] = [answer(0, 'One'), answer(1, 'Two')];
const turn = { blind: true, responses: [one, two], verdict: null } as unknown as TurnFieldsFragment;
const verdict: NonNullable<TurnFieldsFragment['verdict']> = {
  id: 'v',
  kind: 'BEST',
  best: [{ id: 'r1' }],
  topic: null,
  note: null,
  blind: true,
  unpaced: false,
  named: false,
  imported: false,
  changeableUntil: '2026-01-02T00:00:00Z',
};

test('answers are judged when all have ended, and only those that are complete and by the model that was asked', () => {
  expect(comparisonOf([one, answer(1, 'Two', { status: 'STREAMING' })])).toEqual({ state: 'writing' });
  expect(comparisonOf([one, two])).toMatchObject({
    state: 'comparable',
    contestants: [{ letter: 'A' }, { letter: 'B' }],
  });
  const drawn = { __typename: 'ImagePart', index: 0, file: {} } as ResponseFieldsFragment['parts'][number];
  expect(comparisonOf([one, answer(1, 'Two', { text: '', parts: [drawn] })])).toMatchObject({ state: 'comparable' });
  const unfit: Partial<ResponseFieldsFragment>[] = [
    { status: 'FAILED' },
    { status: 'STOPPED' },
    { status: 'INTERRUPTED' },
    { text: ' \n' },
    { shortenedBy: 'CREDITS' },
    { servedBy: model('Other') },
    { mergeMode: 'COMPARE' },
    { mergeMode: 'JUDGE' },
  ];
  for (const more of unfit) {
    expect(comparisonOf([one, answer(1, 'Two', more), answer(2, 'Three')])).toMatchObject({
      state: 'comparable',
      contestants: [{ lane: 0 }, { lane: 2 }],
    });
    expect(comparisonOf([one, answer(1, 'Two', more)])).toMatchObject({
      state: 'alone',
      reason: expect.stringMatching(/^Only one answer/),
    });
  }
});

test('a verdict is said with the names that it revealed', () => {
  expect(verdictWords(verdict, turn)).toBe('You preferred B: Two.');
  expect(verdictWords(verdict, { ...turn, blind: false })).toBe('You preferred Two.');
  expect(verdictWords({ kind: 'TIE', best: [] }, turn)).toBe('You called it a tie.');
  expect(verdictWords({ kind: 'ALL_BAD', best: [] }, turn)).toBe('You found all answers bad.');
  expect(verdictWords({ kind: 'BEST', best: [] }, turn)).toBe('You preferred an answer that is gone.');
  expect(revealWords(turn.responses)).toBe('A is One, B is Two.');
});

test('a blind turn says how its verdict counts, and why', () => {
  const count = (more: object) => countingOf({ blind: true, verdict: { ...verdict, ...more } })?.word;
  expect([count({}), count({ named: true }), count({ unpaced: true }), count({ blind: false })]).toEqual([
    'blind',
    'blind, marked',
    'blind, marked',
    'not blind',
  ]);
  expect(countingOf({ blind: false, verdict })).toBeNull();
  expect(countingOf({ blind: true, verdict: null })).toBeNull();
});

test('a changed verdict begins with what it said, unless that answer is not shown any more', () => {
  const { contestants } = comparisonOf([one, two]) as Extract<ReturnType<typeof comparisonOf>, { state: 'comparable' }>;
  expect(pickOf(verdict, contestants)).toEqual({ kind: 'BEST', responseId: 'r1' });
  expect(pickOf({ ...verdict, kind: 'TIE' }, contestants)).toEqual({ kind: 'TIE' });
  expect(pickOf({ ...verdict, best: [{ id: 'gone' }] }, contestants)).toBeNull();
});

test('lanes are named by letters', () => {
  expect([0, 1].map(standInAt).map(({ id, name }) => [id, name])).toEqual([
    ['blind/A', 'Answer A'],
    ['blind/B', 'Answer B'],
  ]);
  expect([0, 25, 26, 51, 52].map(letterOf)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA']);
});
