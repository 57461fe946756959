import { words as texts } from 'texts:leaderboard';
import type { VerdictSource } from '../graphql/generated/graphql.ts';

/** Which verdicts a board counts, as the address says it. */
export interface BoardView {
  /** The first day, such as 2026-01-31 in UTC; null: from the beginning. */
  from: string | null;
  /** The last day, which is included. */
  to: string | null;
  topic: string | null;
  teamId: string | null;
  source: VerdictSource;
  blindOnly: boolean;
}

export function readView(search: URLSearchParams): BoardView {
  return {
    from: toDay(search.get('from')),
    to: toDay(search.get('to')),
    topic: search.get('topic') || null,
    teamId: search.get('team') || null,
    source: search.get('by') === 'judges' ? 'JUDGES' : 'MEMBERS',
    blindOnly: search.get('all') === null,
  };
}

const DAY_MS = 24 * 3600 * 1000;

/** A value that is no day counts as not given. */
function toDay(value: string | null): string | null {
  if (!value || !/^[12]\d{3}-\d\d-\d\d$/.test(value)) return null;
  const time = Date.parse(`${value}T00:00:00Z`);
  // `Date.parse` may accept the 31st of February.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value) ? value : null;
}

/** The range as the API takes it: `to` is exclusive there. */
export function momentsOf({ from, to }: BoardView): { from: string | null; to: string | null } {
  return {
    from: from && `${from}T00:00:00Z`,
    to: to && new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString(),
  };
}

export function isBackwards({ from, to }: BoardView): boolean {
  return from !== null && to !== null && from > to;
}

/** Whether the view says more than: all blind verdicts of members. */
export function isNarrowed({ from, to, topic, teamId }: BoardView): boolean {
  return [from, to, topic, teamId].some((part) => part !== null);
}

/** What the intervals of the view are, and whose verdicts count. */
export function countedWords({ source, blindOnly }: BoardView): string {
  if (source === 'JUDGES') return texts.sureOfModels;
  return blindOnly ? texts.sureOfBlind : texts.sureOfAll;
}

/** The address of the same verdicts as a file. */
export function exportSearch(view: BoardView): string {
  const { from, to } = momentsOf(view);
  const search = new URLSearchParams({
    ...(from && { from }),
    ...(to && { to }),
    ...(view.topic && { topic: view.topic }),
  });
  return search.size === 0 ? '' : `?${search}`;
}
