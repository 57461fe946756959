import { keys as texts } from 'texts:chat';
import { type ShortcutName, shortcuts } from './shortcuts.ts';

/** What of a KeyboardEvent tells which shortcut it is. */
export type PressedKeys = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Whether these keys are this shortcut. */
export function isPressed(name: ShortcutName, pressed: PressedKeys): boolean {
  return shortcuts[name].keys.some((keys) => areSame(keys, pressed));
}

function areSame(keys: string, { key, ctrlKey, metaKey, altKey, shiftKey }: PressedKeys): boolean {
  const parts = keys.split('+');
  const named = parts.pop() ?? '';
  if (!isKey(named, key)) return false;
  if (parts.includes('Mod') !== (ctrlKey || metaKey) || parts.includes('Alt') !== altKey) return false;
  // A keyboard may need Shift to write a sign such as the slash.
  return parts.includes('Shift') === shiftKey || /^[^\w\s]$/.test(named);
}

function isKey(named: string, key: string): boolean {
  return named === '1-9' ? /^[1-9]$/.test(key) : named.toLowerCase() === key.toLowerCase();
}

const names: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: texts.enter,
  Escape: texts.escape,
  '1-9': texts.oneToNine,
};

/** The names of keys that are pressed together, as they stand on this computer's keyboard. */
export function keyNames(keys: string, isMac: boolean): string[] {
  const marks: Record<string, string> = isMac
    ? { Mod: '⌘', Alt: '⌥', Shift: '⇧' }
    : { Mod: texts.control, Alt: texts.alt, Shift: texts.shift };
  return keys.split('+').map((part) => marks[part] ?? names[part] ?? part);
}

/** The keys of a shortcut as `aria-keyshortcuts` names them. */
export function ariaKeys(name: ShortcutName): string {
  return shortcuts[name].keys
    .flatMap((keys) => (keys.includes('Mod') ? [keys.replace('Mod', 'Control'), keys.replace('Mod', 'Meta')] : keys))
    .join(' ');
}
