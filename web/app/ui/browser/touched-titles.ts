/**
 * Shows the `title` of what a finger taps, as a mouse that rests on it does: the exact figure behind a short one, or what a
 * figure means. The next tap, a scroll or a key takes it away. Whatever a tap acts on, such as a button, is left alone.
 */
export function showTouchedTitles(): void {
  let shown: HTMLElement | null = null;
  const hide = () => {
    shown?.remove();
    shown = null;
  };
  document.addEventListener('click', (event) => {
    const was = shown;
    hide();
    if (!isOfFinger(event) || !(event.target instanceof Element)) return;
    const titled = event.target.closest<HTMLElement>('[title]');
    if (!titled || event.target.closest(acting) || was?.dataset.of === titled.title) return;
    shown = bubble(titled);
  });
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  document.addEventListener('keydown', hide);
}

/** A tap on these does something else. */
const acting = 'a, button, input, label, select, summary, textarea, [role=option], [role=menuitem], [contenteditable]';

function isOfFinger(event: MouseEvent): boolean {
  return event instanceof PointerEvent && event.pointerType === 'touch';
}

const edge = 8;

/** The title above what has it, or below if there is no room. */
function bubble(titled: HTMLElement): HTMLElement {
  const element = document.createElement('div');
  element.role = 'status';
  element.className =
    'figures pointer-events-none fixed z-60 max-w-72 rounded-sm bg-foreground px-2 py-1 text-xs text-background wrap-anywhere';
  element.dataset.of = titled.title;
  // A popover of the page lies above dialogs and sheets.
  (titled.closest('[role=dialog]') ?? document.body).append(element);
  element.textContent = titled.title;
  const at = titled.getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const middle = at.left + at.width / 2 - width / 2;
  const above = at.top - height - 6;
  element.style.left = `${Math.max(edge, Math.min(middle, innerWidth - width - edge))}px`;
  element.style.top = `${above < edge ? at.bottom + 6 : above}px`;
  return element;
}
