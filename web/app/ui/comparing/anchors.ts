/** The place of a token in each of two ranges. */
export interface Place {
  a: number;
  b: number;
}

/**
 * The places of tokens that both ranges have exactly once: the most of them that have the same order in both. Pauses
 * between its steps if the ranges are long.
 *
 * @param left the tokens that are left out
 */
export function* anchorsOf(a: Uint32Array, b: Uint32Array, left: ReadonlySet<number>): Generator<void, Place[]> {
  const isLong = a.length + b.length > 5000;
  const inA = placesOfUnique(a);
  if (isLong) yield;
  const inB = placesOfUnique(b);
  if (isLong) yield;
  const shared: Place[] = [];
  for (const [token, at] of inA) {
    const there = inB.get(token);
    if (there !== undefined && !left.has(token)) shared.push({ a: at, b: there });
  }
  if (isLong) yield;
  const anchors = longestRising(shared);
  if (isLong) yield;
  return anchors;
}

/** The places of the tokens that the range has once, in order. */
function placesOfUnique(range: Uint32Array): Map<number, number> {
  const places = new Map<number, number>();
  const repeated = new Set<number>();
  range.forEach((token, at) => {
    if (places.delete(token)) repeated.add(token);
    else if (!repeated.has(token)) places.set(token, at);
  });
  return places;
}

/** The longest part of the places, which rise in `a`, that rises in `b` too. */
function longestRising(places: readonly Place[]): Place[] {
  interface Link {
    place: Place;
    before: Link | null;
  }
  // The end of the best chain of each length. Their places in `b` rise.
  const ends: Link[] = [];
  for (const place of places) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle]?.place.b ?? 0) < place.b) low = middle + 1;
      else high = middle;
    }
    ends[low] = { place, before: ends[low - 1] ?? null };
  }
  const rising: Place[] = [];
  for (let link = ends.at(-1) ?? null; link; link = link.before) rising.push(link.place);
  return rising.reverse();
}
