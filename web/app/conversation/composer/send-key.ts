import type { KeyboardEvent } from 'react';

/**
 * Whether this key sends what was written: Enter, but not with Shift, nor the one that ends a composition (an input
 * method's choice), nor under a finger, where there is no other key that breaks a line.
 */
export function isSendKey(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return false;
  return !matchMedia('(pointer: coarse)').matches;
}
