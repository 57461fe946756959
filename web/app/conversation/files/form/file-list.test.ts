import { expect, it } from 'vitest';
import { FileList } from './file-list.ts';

const file = (id: string) => ({ id, name: id, mediaType: 'text/plain', bytes: 1, pages: null });

it('A file moves by one place, and not beyond an end', () => {
  const list = new FileList(['a', 'b', 'c'].map(file));
  let told = 0;
  const end = list.subscribe(() => {
    told += 1;
  });
  expect([list.move('a', 1), list.move('c', -1), list.move('b', -1), list.move('b', -1), list.move('a', 1)]).toEqual([
    1, 1, 0, 0, 2,
  ]);
  expect(list.files.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  expect(told).toBe(2);
  end();
  list.keepFiles([]);
  expect(told).toBe(2);
});
