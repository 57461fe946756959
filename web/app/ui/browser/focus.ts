/** Gives the focus to a text field that nobody has pressed, unless that brought up an on-screen keyboard. */
export function focusField(field: HTMLElement | null | undefined, options?: FocusOptions): void {
  if (matchMedia('(pointer: fine)').matches) field?.focus(options);
}

/** For a box that begins with a text field and opens: a finger has not asked for the keyboard, so the box has the focus. */
export function withoutKeyboard(event: Event): void {
  if (matchMedia('(pointer: fine)').matches || !(event.currentTarget instanceof HTMLElement)) return;
  event.preventDefault();
  event.currentTarget.focus();
}
