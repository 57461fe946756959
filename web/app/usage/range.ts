import { usage as texts } from 'texts:account';
import type { UsageGroup } from '../graphql/generated/graphql.ts';

/** A range of days (`2026-01-31`, UTC), both included; null for no limit on that side. */
export interface DayRange {
  from: string | null;
  to: string | null;
}

const dayMs = 24 * 3600 * 1000;

/** The day of a moment (ms), UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * dayMs);
}

/** Reads `from` and `to` from the address; without both, the last 30 days. A value that is no day counts as not given. */
export function readRange(search: URLSearchParams, today: string): DayRange {
  if (!search.has('from') && !search.has('to')) return { from: addDays(today, -29), to: null };
  return { from: toDay(search.get('from')), to: toDay(search.get('to')) };
}

function toDay(value: string | null): string | null {
  if (!value || !/^[12]\d{3}-\d\d-\d\d$/.test(value)) return null;
  const ms = Date.parse(`${value}T00:00:00Z`);
  // `Date.parse` may accept the 31st of February, which is no day.
  return !Number.isNaN(ms) && dayOf(ms) === value ? value : null;
}

export function isBackwards({ from, to }: DayRange): boolean {
  return from !== null && to !== null && from > to;
}

/** The range as the API takes it: `from` inclusive, `to` exclusive. */
export function toMoments({ from, to }: DayRange): { from: string | null; to: string | null } {
  return { from: from && `${from}T00:00:00Z`, to: to && `${addDays(to, 1)}T00:00:00Z` };
}

/** The ranges that the filter offers at one touch. */
export function namedRanges(today: string): { name: string; range: DayRange }[] {
  return [
    { name: texts.days({ count: 7 }), range: { from: addDays(today, -6), to: null } },
    { name: texts.days({ count: 30 }), range: { from: addDays(today, -29), to: null } },
    { name: texts.thisMonth, range: { from: `${today.slice(0, 8)}01`, to: null } },
    { name: texts.all, range: { from: null, to: null } },
  ];
}

/** Reads the group from `by` in the address; by default the day. */
export function readGroup(search: URLSearchParams, groups: readonly UsageGroup[]): UsageGroup {
  const by = search.get('by')?.toUpperCase();
  return groups.find((group) => group === by) ?? 'DAY';
}

const daysMax = 400;

/**
 * A value for every day, oldest first, so that days without use are seen. A range of more than `daysMax` days has only the
 * days with use.
 *
 * @param values by day, in any order
 */
export function everyDay(values: ReadonlyMap<string, number>, range: DayRange, today: string): [string, number][] {
  const days = [...values.keys()].sort();
  const first = range.from ?? days[0] ?? today;
  const last = range.to && range.to < today ? range.to : today;
  const count = (Date.parse(last) - Date.parse(first)) / dayMs + 1;
  if (count > daysMax || count < 1) return days.map((day) => [day, values.get(day) ?? 0]);
  return Array.from({ length: count }, (_, index) => {
    const day = addDays(first, index);
    return [day, values.get(day) ?? 0];
  });
}
