const DAY_MS = 24 * 60 * 60 * 1000;

interface Period {
  from: Date | null;
  /** Exclusive. */
  to: Date | null;
}

/** The days (UTC) that the period touches: a finer one would tell the time of a verdict by whether it is there. */
export function wholeDays({ from, to }: Period): Period {
  const bound = (date: Date | null, round: (days: number) => number) =>
    date && new Date(round(date.getTime() / DAY_MS) * DAY_MS);
  return { from: bound(from, Math.floor), to: bound(to, Math.ceil) };
}
