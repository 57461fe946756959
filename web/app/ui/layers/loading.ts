import { useEffect, useSyncExternalStore } from 'react';

export type Layers = typeof import('./layers.tsx');

let layers: Layers | null = null;
let loading: Promise<Layers> | undefined;
/** Where to get the layers after a failure: a browser may remember that it could not get a module, unless its address differs. */
let otherAddress: string | undefined;
let failures = 0;
const listeners = new Set<() => void>();

/** Loads what menus, popovers and dialogs are made with, once. After a failure it may be called again. */
export function loadLayers(): Promise<Layers> {
  loading ??= (otherAddress ? import(/* @vite-ignore */ otherAddress) : import('./layers.tsx')).then(
    (loaded: Layers) => {
      layers = loaded;
      for (const listener of listeners) listener();
      return loaded;
    },
    (failure) => {
      loading = undefined;
      failures += 1;
      const address = String(failure).match(/https?:[^\s?]+/)?.[0];
      otherAddress = address && `${address}?failures=${failures}`;
      throw failure;
    },
  );
  return loading;
}

/** Loads the layers ahead, for a control that opens one: when it is pointed at or has the focus. */
export function expectLayers(): void {
  void loadLayers().catch(() => {});
}

/**
 * The layers, once they are loaded, for one that is `open` or `wasOpen` before. `onFailure` is called whenever it is opened and
 * they cannot be had.
 */
export function useLayers(open: boolean, wasOpen: boolean, onFailure: () => void): Layers | null {
  useEffect(() => {
    if (open && !layers) loadLayers().catch(onFailure);
  }, [open, onFailure]);
  // Of hundreds of menus in a page only those that are open are rendered anew when the layers come.
  return useSyncExternalStore(
    subscribe,
    () => (open || wasOpen ? layers : null),
    () => null,
  );
}

/** The layers, for a part of one that is open. */
export function openLayers(): Layers {
  if (!layers) throw new Error('A part of a layer is rendered only in an open layer');
  return layers;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
