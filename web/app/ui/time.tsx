import { useSyncExternalStore } from 'react';
import { figuresLocale } from '../languages/locale.ts';

const noChanges = () => () => {};

/** A moment by the member's clock: `Jan 31, 2026, 2:05 PM`. While the page is hydrated it is in UTC, as on the server. */
export function Time({ at }: { at: string }) {
  const timeZone = useTimeZone();
  const moment = new Date(at);
  const day = new Intl.DateTimeFormat(figuresLocale, { timeZone, dateStyle: 'medium' }).format(moment);
  const time = new Intl.DateTimeFormat(figuresLocale, { timeZone, timeStyle: 'short' }).format(moment);
  return (
    <time dateTime={at} className="figures">
      <span className="whitespace-nowrap">{day}</span> <span className="whitespace-nowrap">{time}</span>
    </time>
  );
}

/** A day by the member's clock: `Jan 31, 2026`. */
export function Day({ at }: { at: string }) {
  const timeZone = useTimeZone();
  return (
    <time dateTime={at} className="figures whitespace-nowrap">
      {new Intl.DateTimeFormat(figuresLocale, { timeZone, dateStyle: 'medium' }).format(new Date(at))}
    </time>
  );
}

/** The member's time zone; that of the server's page, UTC, while it is hydrated. */
export function useTimeZone(): string {
  return useSyncExternalStore(
    noChanges,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => 'UTC',
  );
}

const dayOfUtc = new Intl.DateTimeFormat(figuresLocale, { timeZone: 'UTC', dateStyle: 'medium' });

/** The day of a moment, which is one for all time zones (UTC), such as that of a report: `Jan 31, 2026`. */
export function dayInUtc(at: string): string {
  return dayOfUtc.format(new Date(at));
}

const dayAndMonth = new Intl.DateTimeFormat(figuresLocale, { timeZone: 'UTC', day: 'numeric', month: 'long' });

/** The day on which credits renew, which is one for all time zones: `December 1`. */
export function renewalDay(renewsAt: string): string {
  return dayAndMonth.format(new Date(renewsAt));
}
