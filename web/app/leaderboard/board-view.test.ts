import { expect, test } from 'vitest';
import { countedWords, exportSearch, isBackwards, momentsOf, readView } from './board-view.ts';

const read = (search: string) => readView(new URLSearchParams(search));

test('an address without a filter means all blind verdicts of members', () => {
  expect(read('')).toEqual({
    ...{ from: null, to: null, topic: null, teamId: null, source: 'MEMBERS', blindOnly: true },
  });
});

test('the address says which verdicts count, and a value that is no day is not given', () => {
  expect(read('from=2026-01-31&to=2026-02-30&topic=code&team=T1&by=judges&all=on')).toEqual({
    ...{ from: '2026-01-31', to: null, topic: 'code', teamId: 'T1', source: 'JUDGES', blindOnly: false },
  });
  expect(isBackwards(read('from=2026-02-01&to=2026-01-31'))).toBe(true);
});

test('a view says whose verdicts it counts, and members only where they are', () => {
  expect(countedWords(read(''))).toContain('Only verdicts of people who could not know the models count');
  expect(countedWords(read('all=on'))).toContain('Verdicts of people who knew the models, or could, count too');
  expect(countedWords(read('by=judges'))).not.toMatch(/member/);
});

test('the API and the files are asked up to the end of the last day', () => {
  const view = read('from=2026-02-01&to=2026-02-28&topic=a%26b');
  expect(momentsOf(view)).toEqual({ from: '2026-02-01T00:00:00Z', to: '2026-03-01T00:00:00.000Z' });
  expect(exportSearch(view)).toBe('?from=2026-02-01T00%3A00%3A00Z&to=2026-03-01T00%3A00%3A00.000Z&topic=a%26b');
  expect(exportSearch(read(''))).toBe('');
});
