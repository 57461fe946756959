import type { KeyboardEvent } from 'react';
import { isPressed } from '../../frame/shortcuts/pressed.ts';

/**
 * Whether this key sends the text. Enter does, but not with Shift, not if it ends a composition (an input method's
 * choice), and not on a touch screen, where no other key breaks a line.
 */
export function isSendKey(event: KeyboardEvent): boolean {
  if (!isPressed('send', event) || event.nativeEvent.isComposing || event.keyCode === 229) return false;
  return !matchMedia('(pointer: coarse)').matches;
}
