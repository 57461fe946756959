export type Renderer = typeof import('./markdown.tsx').default;

let renderer: Renderer | null = null;
const waiting = new Set<() => void>();

/**
 * Loads the Markdown renderer, which is large and needed in the browser only: the server sends an answer's text as it is.
 * React.lazy would not do: an answer grows while its page is being hydrated, and a Suspense boundary that is updated
 * before it is hydrated throws its content away.
 */
export async function loadMarkdown(): Promise<void> {
  if (renderer) return;
  renderer = (await import('./markdown.tsx')).default;
  for (const listener of waiting) listener();
}

/** The renderer; null until it is loaded. */
export function loadedMarkdown(): Renderer | null {
  return renderer;
}

/** Calls the listener when the renderer has loaded. @returns a function that ends it */
export function onMarkdown(listener: () => void): () => void {
  waiting.add(listener);
  return () => waiting.delete(listener);
}
