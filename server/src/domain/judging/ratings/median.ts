/** A median, and the values between which it lies in at least 95 of 100 samples; null: there are too few for that. */
export interface Median {
  value: number;
  low: number | null;
  high: number | null;
}

/** Null: there are no values. */
export function medianOf(values: ArrayLike<number>): Median | null {
  const { length } = values;
  if (length === 0) return null;
  const list = Float64Array.from(values);
  const middle = length >> 1;
  const upper = valueAt(list, middle, 0, length - 1);
  const lower = length % 2 === 1 ? upper : valueAt(list, middle - 1, 0, middle - 1);
  const value = (lower + upper) / 2;
  // How many values are below the median is binomial: so far from the middle it is in one of 20 samples.
  const place = Math.floor((length - 1.96 * Math.sqrt(length)) / 2) - 1;
  if (place < 0) return { value, low: null, high: null };
  return {
    value,
    low: valueAt(list, place, 0, middle - 1),
    high: valueAt(list, length - 1 - place, middle, length - 1),
  };
}

/**
 * The value that would be at this place if the values from `first` to `last` were sorted (Hoare's selection). It puts no greater one
 * before it, and no lesser one behind.
 */
function valueAt(list: Float64Array, place: number, first: number, last: number): number {
  let [from, to] = [first, last];
  while (from < to) {
    // Nobody can arrange values so that a pivot drawn by chance is bad each time.
    const pivot = list[from + Math.floor(Math.random() * (to - from + 1))] as number;
    let [low, high] = [from, to];
    while (low <= high) {
      while ((list[low] as number) < pivot) low++;
      while ((list[high] as number) > pivot) high--;
      if (low > high) break;
      const value = list[low] as number;
      list[low++] = list[high] as number;
      list[high--] = value;
    }
    if (place <= high) to = high;
    else if (place >= low) from = low;
    else break;
  }
  return list[place] as number;
}
