import { expect, test } from 'vitest';
import { ariaKeys, isPressed, keyNames } from './pressed.ts';
import { type ShortcutName, shortcuts } from './shortcuts.ts';

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

test('a shortcut is its keys and no others: Ctrl or ⌘, letters in both cases, and Shift only where a sign may need it', () => {
  expect(isPressed('palette', press('k', { ctrlKey: true }))).toBe(true);
  expect(isPressed('palette', press('K', { metaKey: true }))).toBe(true);
  expect(isPressed('palette', press('k'))).toBe(false);
  expect(isPressed('palette', press('k', { ctrlKey: true, shiftKey: true }))).toBe(false);
  expect(isPressed('newChat', press('O', { ctrlKey: true, shiftKey: true }))).toBe(true);
  expect(isPressed('list', press('/', { ctrlKey: true, shiftKey: true }))).toBe(true);
  expect(isPressed('laneMove', press('ArrowRight', { altKey: true }))).toBe(true);
  expect(isPressed('laneMove', press('ArrowRight'))).toBe(false);
  expect(isPressed('best', press('7'))).toBe(true);
  expect(isPressed('best', press('0'))).toBe(false);
  expect(isPressed('send', press('Enter', { shiftKey: true }))).toBe(false);
});

test('keys are named as on the keyboard, and for screen readers', () => {
  expect(keyNames('Mod+Shift+O', false)).toEqual(['Ctrl', 'Shift', 'O']);
  expect(keyNames('Mod+Shift+O', true)).toEqual(['⌘', '⇧', 'O']);
  expect(keyNames('Alt+ArrowUp', false)).toEqual(['Alt', '↑']);
  expect(ariaKeys('palette')).toBe('Control+K Meta+K');
});

test('no two shortcuts that are heard everywhere have the same keys', () => {
  const everywhere = (Object.keys(shortcuts) as ShortcutName[]).filter(
    (name) => shortcuts[name].group === 'everywhere',
  );
  const keys = everywhere.flatMap((name) => shortcuts[name].keys);
  expect(new Set(keys).size).toBe(keys.length);
});
