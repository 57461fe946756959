import { useEffect } from 'react';
import { basePath } from './base-path.ts';

/** How long the page has been at work before the worker is loaded, in ms: it is of no use to the page itself. */
const patienceMs = 8000;

/** Registers the worker that tells where the server cannot be reached (public/service-worker.js). */
export function useServiceWorker(): void {
  useEffect(() => {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
    const timer = setTimeout(() => void registerWorker(), patienceMs);
    return () => clearTimeout(timer);
  }, []);
}

/** A browser may refuse the worker, such as in a private window: then the page does without. */
async function registerWorker(): Promise<void> {
  const scope = `${basePath()}/`;
  await navigator.serviceWorker.register(`${scope}service-worker.js`, { scope }).catch(() => {});
}
