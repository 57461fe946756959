import { isPressed } from '../../frame/shortcuts/pressed.ts';
import type { ShortcutName } from '../../frame/shortcuts/shortcuts.ts';
import type { Ballot, Contestant } from './contestants.ts';

/** A pressed key, and where the focus was. */
export interface PressedKey {
  key: string;
  /** Whether the key belongs to somebody else: with a modifier, in a menu or a dialog, while an input method composes. */
  taken: boolean;
  focus: {
    /** Whether typed letters go into the focused element. */
    inTextField: boolean;
    /** Whether it is the composer's prompt, without a letter in it. */
    inEmptyPrompt: boolean;
    /** Whether Enter presses the focused element, such as a button. */
    onControl: boolean;
    /** Whether the focused element belongs to this turn, to another one, or to none. */
    turn: 'this' | 'other' | 'none';
  };
}

export type JudgingAction = { type: 'pick'; pick: Ballot } | { type: 'send' } | { type: 'enter' } | null;

interface Judging {
  contestants: readonly Contestant[];
  /** Whether the turn is the last of its conversation: it takes the keys if the focus is in no turn. */
  newest: boolean;
}

/**
 * What a key does in a turn that can be judged. Nothing is taken from a text field, but Escape leads from an empty prompt
 * to the newest turn's row (`enter`).
 */
export function judgingAction({ key, taken, focus }: PressedKey, { contestants, newest }: Judging): JudgingAction {
  if (!taken && newest && focus.inEmptyPrompt && isPlain('judge', key)) return { type: 'enter' };
  if (taken || focus.inTextField || focus.turn === 'other') return null;
  if (focus.turn === 'none' && !newest) return null;
  if (isPlain('verdict', key)) return focus.onControl ? null : { type: 'send' };
  const pick = pickOfKey(key, contestants);
  return pick && { type: 'pick', pick };
}

function pickOfKey(key: string, contestants: readonly Contestant[]): Ballot | null {
  if (isPlain('tie', key)) return { kind: 'TIE' };
  if (isPlain('allBad', key)) return { kind: 'ALL_BAD' };
  const named = isPlain('best', key) ? contestants.find(({ lane }) => lane === Number(key) - 1) : undefined;
  return named ? { kind: 'BEST', responseId: named.responseId } : null;
}

/** Whether this key alone is the shortcut. What is pressed with Ctrl, Alt or ⌘ is taken. */
function isPlain(name: ShortcutName, key: string): boolean {
  return isPressed(name, { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false });
}
