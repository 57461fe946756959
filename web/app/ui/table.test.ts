import { expect, test } from 'vitest';
import { type Column, readSort, sorted, writeSort } from './table.tsx';

const columns: Column<{ name: string; ms: number | null }>[] = [
  { id: 'name', head: 'Name', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { id: 'ms', head: 'Time', numeric: true, cell: ({ ms }) => ms, sortBy: ({ ms }) => ms },
];
const rows = [
  { name: 'b', ms: 10 },
  { name: 'c', ms: null },
  { name: 'a', ms: 9 },
];
const names = (sort: string) => sorted(rows, columns, readSort(sort) ?? never()).map(({ name }) => name);
function never(): never {
  throw new Error('no sort');
}

test('rows are sorted by figures or words, up or down, with empty cells last', () => {
  expect(names('name')).toEqual(['a', 'b', 'c']);
  expect(names('-name')).toEqual(['c', 'b', 'a']);
  expect(names('ms')).toEqual(['a', 'b', 'c']);
  expect(names('-ms')).toEqual(['b', 'a', 'c']);
});

test('an unknown column leaves the order unchanged', () => {
  expect(names('-size')).toEqual(['b', 'c', 'a']);
});

test('the address stores the sort order and gives it back', () => {
  for (const value of ['ms', '-ms']) expect(writeSort(readSort(value) ?? never())).toBe(value);
  expect(readSort(null)).toBeNull();
});
