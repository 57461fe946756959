import { type RefObject, useRef } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import type { Conversation } from '../turns/conversation.ts';
import type { LoadedConversation } from '../turns/conversation-state.ts';
import { type BranchPlaces, findPlaces, takeUpPlace } from './branch-place.ts';

/**
 * Shows what was loaded of the conversation since its page stands: another branch, in the place of the one before.
 *
 * @param turns as they are rendered
 */
export function useBranch(
  conversation: Conversation,
  loaded: LoadedConversation | null,
  { turns, arena }: { turns: readonly TurnFieldsFragment[]; arena: RefObject<HTMLElement> },
): void {
  const shown = useRef(loaded);
  const places = useRef<BranchPlaces | null>(null);
  useBrowserLayoutEffect(() => {
    if (!loaded || loaded === shown.current) return;
    shown.current = loaded;
    // The branch before still stands there; the next one comes before anything is painted.
    places.current = findPlaces(arena.current, turns);
    conversation.showBranch(loaded);
  }, [loaded]);
  useBrowserLayoutEffect(() => {
    if (!places.current || turns !== shown.current?.turns) return;
    takeUpPlace(arena.current, turns, places.current);
    places.current = null;
  });
}
