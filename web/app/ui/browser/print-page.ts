/** How long a page may take to come, in ms, and how long it stays if the browser never says that it was printed. */
const PATIENCE_MS = 30_000;
const STAY_MS = 600_000;

/** Has the browser print a page of this origin, which is loaded out of sight. Rejects if it cannot be loaded. */
export function printPage(address: string): Promise<void> {
  const frame = document.createElement('iframe');
  // A frame that is not displayed is not printed either.
  frame.className = 'fixed size-0 border-0';
  // not read by people: the frame is hidden from them
  frame.title = 'The page that is printed';
  frame.tabIndex = -1;
  frame.setAttribute('aria-hidden', 'true');
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => end(new Error('The page did not come.')), PATIENCE_MS);
    const end = (error: Error) => {
      clearTimeout(late);
      frame.remove();
      reject(error);
    };
    frame.addEventListener('load', () => {
      clearTimeout(late);
      const page = frame.contentWindow;
      // A refusal is a text without a heading.
      if (!page || !frame.contentDocument?.querySelector('h1')) return end(new Error('The page was refused.'));
      page.addEventListener('afterprint', () => frame.remove());
      setTimeout(() => frame.remove(), STAY_MS);
      page.focus();
      page.print();
      resolve();
    });
    frame.src = address;
    document.body.append(frame);
  });
}
