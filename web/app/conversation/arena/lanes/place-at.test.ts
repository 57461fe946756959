import { expect, test } from 'vitest';
import { placeAt } from './place-at.ts';

/** Lanes of these widths, side by side. */
function row(...widths: number[]) {
  let left = 0;
  return widths.map((width) => {
    const box = { left, right: left + width };
    left += width;
    return box;
  });
}

test('a lane goes past every neighbour whose middle the pointer has passed', () => {
  const equal = row(300, 300, 300, 300);
  expect([10, 440, 460, 760, 1190].map((x) => placeAt(equal, 0, x))).toEqual([0, 0, 1, 2, 3]);
  expect([1190, 760, 740, 440, 10].map((x) => placeAt(equal, 3, x))).toEqual([3, 3, 2, 1, 0]);
});

test('a pointer that rests does not move a lane back, whatever the widths', () => {
  // A spine that was dragged past the middle of a wide lane.
  expect(placeAt(row(44, 300), 0, 200)).toBe(1);
  expect(placeAt(row(300, 44), 1, 200)).toBe(1);
});
