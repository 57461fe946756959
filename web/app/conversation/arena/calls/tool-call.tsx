import { useEffect, useSyncExternalStore } from 'react';
import type { CallViewProps } from './call-view.tsx';

type View = typeof import('./call-view.tsx').default;

let view: View | null = null;
const waiting = new Set<() => void>();

async function load(): Promise<void> {
  if (view) return;
  view = (await import('./call-view.tsx')).default;
  for (const listener of waiting) listener();
}

/**
 * A call of a tool. What shows it is loaded when there is one; until then, and in the server's page, its name stands there. A
 * Suspense boundary that is updated before it is hydrated would throw its content away.
 */
export function ToolCall(props: CallViewProps) {
  const View = useSyncExternalStore(subscribe, current, none);
  useEffect(() => void load(), []);
  return View ? <View {...props} /> : <p className="min-h-6 text-sm text-muted-foreground">{props.call.name}</p>;
}

const current = () => view;
const none = () => null;

function subscribe(listener: () => void): () => void {
  waiting.add(listener);
  return () => waiting.delete(listener);
}
