import { useEffect } from 'react';
import { expectLayers } from '../layers/loading.ts';

interface Manifest {
  routes: Record<string, { id: string; module: string; imports?: string[] }>;
}

/** How long the page has been at work, in ms, before what its own controls need next is loaded, and then the other pages. */
const ownPatienceMs = 2000;
const patienceMs = 4000;

/**
 * Loads what menus and dialogs need, and the scripts of the other pages, once there is nothing else to do. Remix loads the whole document anew for a script
 * that it cannot get: while the server is away, the frame would be gone with it.
 */
export function usePageModules({ isAdmin }: { isAdmin: boolean }): void {
  useEffect(() => {
    const { __remixManifest } = window as { __remixManifest?: Manifest };
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (!__remixManifest || connection?.saveData) return;
    const modules = Object.values(__remixManifest.routes)
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
    const timers = [setTimeout(expectLayers, ownPatienceMs), setTimeout(next, patienceMs)];
    return () => {
      wanted = false;
      for (const timer of timers) clearTimeout(timer);
    };
  }, [isAdmin]);
}
