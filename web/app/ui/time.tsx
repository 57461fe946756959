import { useSyncExternalStore } from 'react';

const noChanges = () => () => {};

/** A moment by the member's clock: `2026-01-31 14:05`. While the page is hydrated it is in UTC, as on the server. */
export function Time({ at }: { at: string }) {
  const timeZone = useSyncExternalStore(
    noChanges,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => 'UTC',
  );
  // The Swedish locale writes ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  const [day, time] = format.format(new Date(at)).split(' ');
  return (
    <time dateTime={at} className="figures">
      <span className="whitespace-nowrap">{day}</span> <span className="whitespace-nowrap">{time}</span>
    </time>
  );
}

const renewal = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'long' });

/** The day on which credits renew, which is one for all time zones: `1 December`. */
export function renewalDay(renewsAt: string): string {
  return renewal.format(new Date(renewsAt));
}
