const key = 'polylogue.first-steps';
const watchers = new Set<() => void>();

/** Remembers in this browser that the first account was made here, and its admin has not seen yet what a new server needs. */
export function rememberFirstSteps(): void {
  store(() => localStorage.setItem(key, 'due'));
}

export function forgetFirstSteps(): void {
  store(() => localStorage.removeItem(key));
}

export function hasFirstSteps(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    // The browser lets this page store nothing.
    return false;
  }
}

/** @returns a function that ends the watch */
export function watchFirstSteps(onChange: () => void): () => void {
  watchers.add(onChange);
  return () => watchers.delete(onChange);
}

function store(change: () => void): void {
  try {
    change();
  } catch {
    // As above: the notice does not come, and the page is still linked on the Overview.
  }
  for (const onChange of watchers) onChange();
}
