/**
 * Where a dragged lane goes: past each neighbour whose middle the pointer has passed. So lanes of different widths do not
 * change back and forth under a pointer that rests.
 *
 * @param boxes the lanes from left to right
 * @param at the place of the dragged one
 */
export function placeAt(boxes: readonly { left: number; right: number }[], at: number, x: number): number {
  const middleOf = (place: number) => ((boxes[place]?.left ?? 0) + (boxes[place]?.right ?? 0)) / 2;
  let to = at;
  while (to + 1 < boxes.length && x > middleOf(to + 1)) to += 1;
  while (to > 0 && to <= at && x < middleOf(to - 1)) to -= 1;
  return to;
}
