/** The field of a page's next prompt, as a selector. */
export const promptField = 'textarea[data-prompt]';

/**
 * For a dialog that no button of the page has opened: gives the focus to the page's prompt when the dialog closes and the
 * focus would be nowhere, unless that brought up an on-screen keyboard.
 */
export function focusPrompt(event: Event): void {
  event.preventDefault();
  // The dialog lets go of the focus after this event.
  setTimeout(() => {
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body) return;
    if (!matchMedia('(pointer: fine)').matches) return;
    document.querySelector<HTMLElement>(`main ${promptField}`)?.focus({ preventScroll: true });
  });
}
