import { useEffect, useSyncExternalStore } from 'react';
import { loadPageModule } from '../ui/browser/page-modules.ts';

type TurnComponent = typeof import('./arena/turn.tsx').Turn;

let provided: TurnComponent | null = null;
const waiting = new Set<() => void>();

/**
 * Gives the page what it shows turns with. The module of a conversation's address does so, which a browser loads before it
 * shows that page: a new chat has no turn, and what draws one is a fifth of its scripts (decision 54).
 */
export function provideTurn(Turn: TurnComponent): void {
  provided = Turn;
  for (const listener of waiting) listener();
}

/** Loads what shows a turn, for a page that will soon have one. */
export function loadTurn(): void {
  if (!provided) loadPageModule('routes/_chat._conversation.c.$id');
}

/** What shows a turn; null while it is not there. It is loaded if one is `wanted`. */
export function useProvidedTurn(wanted: boolean): TurnComponent | null {
  useEffect(() => {
    if (wanted) loadTurn();
  }, [wanted]);
  return useSyncExternalStore(subscribe, current, current);
}

const current = () => provided;

function subscribe(listener: () => void): () => void {
  waiting.add(listener);
  return () => waiting.delete(listener);
}
