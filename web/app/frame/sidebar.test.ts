import { expect, test } from 'vitest';
import type { ConversationItem } from './conversation-list-state.ts';
import { grouped } from './sidebar.tsx';

const item = (title: string, updatedAt: string, pinned = false): ConversationItem => ({
  id: title,
  title,
  pinned,
  archived: false,
  updatedAt,
  folder: null,
});
const names = (items: ConversationItem[], now: string, timeZone: string) =>
  Object.fromEntries(
    grouped(items, Date.parse(now), timeZone).map((group) => [group.name, group.items.map(({ title }) => title)]),
  );

test('conversations are grouped by the reader’s calendar days, with pinned ones apart', () => {
  const items = [
    item('pin', '2026-01-01T00:00:00Z', true),
    item('now', '2026-03-02T01:00:00Z'),
    item('late', '2026-03-01T23:30:00Z'),
    item('old', '2026-02-27T12:00:00Z'),
  ];
  expect(names(items, '2026-03-02T01:30:00Z', 'UTC')).toEqual({
    Pinned: ['pin'],
    Today: ['now'],
    Yesterday: ['late'],
    Earlier: ['old'],
  });
  // It is past midnight in Berlin for both conversations.
  expect(names(items, '2026-03-02T01:30:00Z', 'Europe/Berlin').Today).toEqual(['now', 'late']);
});

test('yesterday is the previous calendar day, however many hours it had', () => {
  // The clock in Berlin went from 2 to 3 on the 29th.
  const items = [item('sunday', '2026-03-29T10:00:00Z'), item('saturday', '2026-03-28T21:30:00Z')];
  expect(names(items, '2026-03-29T22:30:00Z', 'Europe/Berlin')).toMatchObject({
    Today: [],
    Yesterday: ['sunday'],
    Earlier: ['saturday'],
  });
});
