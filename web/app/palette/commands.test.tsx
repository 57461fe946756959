import { expect, test, vi } from 'vitest';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { commandsFor } from './commands.tsx';
import type { FoundLine } from './use-found-conversations.ts';

const model = (id: string, allowed = true) =>
  ({ id, name: id.toUpperCase(), provider: { id: 'a', name: 'A' }, access: { allowed } }) as ModelChoiceFragment;

function labels(search: string, answer: 'awaited' | 'here' | 'failed' = 'here', isAdmin = false) {
  const conversations = [
    { id: 'c1', title: 'All about light' },
    { id: 'c2', title: 'Otters' },
  ];
  const models = [model('a/light'), model('a/lightest', false)];
  const commands = commandsFor({ search, conversations, lines: [], answer, models, isAdmin, navigate: vi.fn() });
  return commands.map(({ group, label }) => `${group}: ${label}`);
}

test('a search finds actions, conversations and the allowed models', () => {
  expect(labels('light')).toEqual([
    'actions: Light theme',
    'conversations: All about light',
    // The API may have found the conversation by its text.
    'conversations: Otters',
    'models: A/LIGHT',
  ]);
});

test('earlier results are listed only by matching titles until the search is answered', () => {
  const found = ['actions: Light theme', 'conversations: All about light', 'models: A/LIGHT'];
  expect(labels('light', 'awaited')).toEqual(found);
  expect(labels('light', 'failed')).toEqual(found);
});

test('models are not listed without a search, and the admin page is listed for admins only', () => {
  expect(labels('').some((label) => label.startsWith('models'))).toBe(false);
  expect(labels('')).not.toContain('actions: Admin');
  expect(labels('', 'here', true)).toContain('actions: Admin');
});

test('a chosen model leads to a new chat with it, and a conversation to its page', () => {
  const navigate = vi.fn();
  const conversations = [{ id: 'c/1', title: 'Otters' }];
  const choices = {
    conversations,
    lines: [],
    answer: 'here' as const,
    models: [model('a/light')],
    isAdmin: false,
    navigate,
  };
  for (const command of commandsFor({ search: 'light', ...choices })) if (command.group !== 'actions') command.run();
  expect(navigate.mock.calls).toEqual([['/c/c%2F1'], ['/?model=a%2Flight']]);
});

test('a found line says who said it, opens its turn, and stands for its conversation', () => {
  const navigate = vi.fn();
  const line = (turn: string, name: string | null): FoundLine => ({
    conversation: { id: 'c2', title: 'Otters' },
    turn: { id: turn },
    model: name === null ? null : { id: `a/${name}`, name, provider: { id: 'a' } },
    createdAt: '2026-01-31T12:00:00.000Z',
    snippet: { text: 'All is light', marks: [{ start: 7, end: 12 }] },
  });
  const lines = [line('t1', null), line('t1', 'A'), line('t2', 'A')];
  const conversations = [{ id: 'c2', title: 'Otters' }];
  const choices = { conversations, lines, answer: 'here' as const, models: [], isAdmin: false, navigate };
  const commands = commandsFor({ search: 'is light', ...choices });
  expect(commands.map(({ label, note }) => [label, note])).toEqual([
    ['All is light', 'You · Jan 31, 2026 · Otters'],
    ['All is light', 'A · Jan 31, 2026 · Otters'],
  ]);
  commands[1]?.run();
  expect(navigate.mock.calls).toEqual([['/c/c2?turn=t2&find=is+light']]);
  expect(commandsFor({ search: 'is light', ...choices, answer: 'awaited' })).toEqual([]);
});
