import { useSyncExternalStore } from 'react';

const noChanges = () => () => {};

/** A moment as the reader's clock shows it: `2026-01-31 14:05`. While the server's page is taken over, in UTC as that had it. */
export function Time({ at }: { at: string }) {
  const timeZone = useSyncExternalStore(
    noChanges,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => 'UTC',
  );
  // Sweden writes ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const [day, time] = format.format(new Date(at)).split(' ');
  return (
    <time dateTime={at} className="figures">
      <span className="whitespace-nowrap">{day}</span> <span className="whitespace-nowrap">{time}</span>
    </time>
  );
}
