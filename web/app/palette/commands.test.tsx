import { expect, test, vi } from 'vitest';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { commandsFor } from './commands.tsx';

const model = (id: string, allowed = true) =>
  ({ id, name: id.toUpperCase(), provider: { id: 'a', name: 'A' }, access: { allowed } }) as ModelChoiceFragment;

function labels(search: string, answer: 'awaited' | 'here' | 'failed' = 'here', isAdmin = false) {
  const conversations = [
    { id: 'c1', title: 'All about light' },
    { id: 'c2', title: 'Otters' },
  ];
  const models = [model('a/light'), model('a/lightest', false)];
  const commands = commandsFor({ search, conversations, answer, models, isAdmin, navigate: vi.fn() });
  return commands.map(({ group, label }) => `${group}: ${label}`);
}

test('a search finds actions, conversations and the models that may be asked', () => {
  expect(labels('light')).toEqual([
    'Actions: Light theme',
    'Conversations: All about light',
    // The API may have found this conversation by the text of a prompt or an answer.
    'Conversations: Otters',
    'Ask one model: A/LIGHT',
  ]);
});

test('until a search is answered, what was found before must match it by its title', () => {
  const found = ['Actions: Light theme', 'Conversations: All about light', 'Ask one model: A/LIGHT'];
  expect(labels('light', 'awaited')).toEqual(found);
  expect(labels('light', 'failed')).toEqual(found);
});

test('without a search the models are not listed, and the admin page is listed for admins only', () => {
  expect(labels('').some((label) => label.startsWith('Ask one model'))).toBe(false);
  expect(labels('')).not.toContain('Actions: Admin');
  expect(labels('', 'here', true)).toContain('Actions: Admin');
});

test('a chosen model leads to a new chat with it, and a conversation to its page', () => {
  const navigate = vi.fn();
  const conversations = [{ id: 'c/1', title: 'Otters' }];
  const choices = { conversations, answer: 'here' as const, models: [model('a/light')], isAdmin: false, navigate };
  for (const command of commandsFor({ search: 'light', ...choices })) if (command.group !== 'Actions') command.run();
  expect(navigate.mock.calls).toEqual([['/c/c%2F1'], ['/?model=a%2Flight']]);
});
