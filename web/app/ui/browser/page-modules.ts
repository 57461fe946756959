import { useEffect } from 'react';

interface Manifest {
  routes: Record<string, { id: string; module: string; imports?: string[] }>;
}

/** How long the page has been at work, in ms, before what its own controls need next is loaded, and then the other pages. */
const ownPatienceMs = 2000;
const patienceMs = 4000;

/** The manifest of the router; undefined in development's first moments. */
function manifest(): Manifest | undefined {
  return (window as { __remixManifest?: Manifest }).__remixManifest;
}

/** Loads the script of the page with this route, if it can be had. */
export function loadPageModule(route: string): void {
  const module = manifest()?.routes[route]?.module;
  if (module !== undefined) void import(/* @vite-ignore */ module).catch(() => {});
}

/**
 * Loads what the page's own controls need next (`loadOwn`, the same function in every render) and, once there is nothing else
 * to do, the scripts of the other pages. Remix loads the whole document anew for a script
 * that it cannot get: while the server is away, the frame would be gone with it.
 */
export function usePageModules({ isAdmin, loadOwn }: { isAdmin: boolean; loadOwn: () => void }): void {
  useEffect(() => {
    const known = manifest();
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (!known || connection?.saveData) return;
    const modules = Object.values(known.routes)
      .filter(({ id }) => id.startsWith('routes/_chat') && (isAdmin || !id.startsWith('routes/_chat.admin')))
      .map(({ module }) => module);
    let wanted = true;
    const next = (): void => {
      const module = modules.pop();
      if (!wanted || module === undefined) return;
      // Whoever goes to the page loads its script again if it could not be had now.
      const load = () => import(/* @vite-ignore */ module).catch(() => {}).then(next);
      if ('requestIdleCallback' in window) requestIdleCallback(() => void load());
      else setTimeout(() => void load(), 200);
    };
    const expectOwn = (): void => {
      clearTimeout(soon);
      here.abort();
      loadOwn();
    };
    const here = new AbortController();
    // Whoever moves the pointer or presses a key may open a menu next.
    for (const sign of ['pointermove', 'pointerdown', 'keydown'])
      window.addEventListener(sign, expectOwn, { signal: here.signal, passive: true });
    const soon = setTimeout(expectOwn, ownPatienceMs);
    const timer = setTimeout(next, patienceMs);
    return () => {
      wanted = false;
      here.abort();
      clearTimeout(soon);
      clearTimeout(timer);
    };
  }, [isAdmin, loadOwn]);
}
