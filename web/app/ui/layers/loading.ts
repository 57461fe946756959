import { useEffect, useSyncExternalStore } from 'react';

export type Layers = typeof import('./layers.tsx');

let layers: Layers | null = null;
let loading: Promise<Layers> | undefined;
const listeners = new Set<() => void>();

/** Loads what menus, popovers and dialogs are made with, once. After a failure it may be called again. */
export function loadLayers(): Promise<Layers> {
  loading ??= import('./layers.tsx').then(
    (loaded) => {
      layers = loaded;
      for (const listener of listeners) listener();
      return loaded;
    },
    (failure) => {
      loading = undefined;
      throw failure;
    },
  );
  return loading;
}

/** Loads the layers ahead, for a control that opens one: when it is pointed at or has the focus. */
export function expectLayers(): void {
  void loadLayers().catch(() => {});
}

/** The layers, once they are wanted and loaded. `onFailure` is called if they cannot be had. */
export function useLayers(wanted: boolean, onFailure: () => void): Layers | null {
  useEffect(() => {
    if (wanted && !layers) loadLayers().catch(onFailure);
  }, [wanted, onFailure]);
  // Of hundreds of menus in a page only those that are open are rendered anew when the layers come.
  return useSyncExternalStore(
    subscribe,
    () => (wanted ? layers : null),
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
