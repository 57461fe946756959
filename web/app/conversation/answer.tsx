import { useSyncExternalStore } from 'react';

type Renderer = typeof import('./markdown.tsx').default;

let renderer: Renderer | null = null;
const waiting = new Set<() => void>();

/**
 * The Markdown renderer is large and only answers need it. Not React.lazy: an answer goes on while its page is
 * being hydrated, and a Suspense boundary that is updated before it is hydrated throws its content away.
 */
export async function loadMarkdown(): Promise<void> {
  if (renderer) return;
  renderer = (await import('./markdown.tsx')).default;
  for (const listener of waiting) listener();
}

/** An answer's text: as Markdown, or plain while the renderer is on its way. */
export function Answer({ text, writing }: { text: string; writing: boolean }) {
  const Markdown = useSyncExternalStore(subscribe, current, current);
  if (Markdown) return <Markdown text={text} writing={writing} />;
  return <div className="answer measure whitespace-pre-wrap">{text}</div>;
}

const current = () => renderer;

function subscribe(listener: () => void): () => void {
  waiting.add(listener);
  return () => waiting.delete(listener);
}
