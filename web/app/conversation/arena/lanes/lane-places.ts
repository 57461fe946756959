import { createContext, useContext, useState, useSyncExternalStore } from 'react';
import { useShortcut } from '../../../frame/shortcuts/use-shortcut.ts';
import { useBrowserLayoutEffect } from '../../../ui/browser/layout-effect.ts';
import { type Arrangement, asAsked } from './arrangement.ts';
import { KeptArrangements, toldArrangement } from './kept-arrangements.ts';

/** The arrangement of one conversation's lanes, as the member changes it. It is kept once the conversation has an id. */
export class LanePlaces {
  readonly #kept: KeptArrangements;
  readonly #listeners = new Set<() => void>();
  /** The arrangement that the server draws. */
  readonly first: Arrangement;
  #conversationId: string | null = null;
  #arrangement: Arrangement;

  constructor(viewerId: string, told: Arrangement | null) {
    this.#kept = new KeptArrangements(viewerId);
    this.first = told ?? asAsked;
    this.#arrangement = this.first;
  }

  readonly read = (): Arrangement => this.#arrangement;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Takes up the arrangement that is kept for a conversation; one that a new chat began with goes into its conversation. */
  openAt(conversationId: string): void {
    if (conversationId === this.#conversationId) return;
    this.#conversationId = conversationId;
    if (this.#arrangement === asAsked) this.#put(this.#kept.read(conversationId));
    // What was not told of is the next time.
    if (this.#arrangement !== asAsked) this.#kept.write(conversationId, this.#arrangement);
  }

  readonly change = (next: Arrangement): void => {
    if (next === this.#arrangement) return;
    this.#put(next);
    if (this.#conversationId !== null) this.#kept.write(this.#conversationId, next);
  };

  #put(next: Arrangement): void {
    this.#arrangement = next;
    for (const listener of this.#listeners) listener();
  }
}

const LanePlacesContext = createContext<LanePlaces | null>(null);
export const LanePlacesProvider = LanePlacesContext.Provider;

/**
 * The places of a page's lanes; what is kept of them is there before the page's script first paints.
 *
 * @param told what the browser has told the server of them
 */
export function useLanePlacesOf(viewerId: string, conversationId: string | null, told: readonly string[]): LanePlaces {
  const [places] = useState(() => new LanePlaces(viewerId, toldArrangement(told)));
  useBrowserLayoutEffect(() => {
    if (conversationId !== null) places.openAt(conversationId);
  }, [places, conversationId]);
  useFocusEnd(places);
  return places;
}

/** The arrangement and how to change it. Outside a conversation's page lanes stand as they were asked for. */
export function useLanePlaces(): [arrangement: Arrangement, places: LanePlaces | null] {
  const places = useContext(LanePlacesContext);
  const arrangement = useSyncExternalStore(
    places?.subscribe ?? nothingChanges,
    () => places?.read() ?? asAsked,
    () => places?.first ?? asAsked,
  );
  return [arrangement, places];
}

const nothingChanges = () => () => {};

/** Gives the width back to all lanes. */
function useFocusEnd(places: LanePlaces): void {
  useShortcut('allLanes', () => {
    const arrangement = places.read();
    if (arrangement.focused === null) return false;
    places.change({ ...arrangement, focused: null });
    return true;
  });
}
