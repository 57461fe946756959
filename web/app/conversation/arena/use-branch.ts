import { type RefObject, useRef } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import type { Conversation } from '../turns/conversation.ts';
import type { LoadedConversation } from '../turns/conversation-state.ts';
import { type BranchPlaces, findPlaces, takeUpPlace } from './branch-place.ts';

/**
 * Shows another branch of the conversation when its page has loaded it, in the place of the branch before.
 *
 * @param turns the turns as they are rendered
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
    // The branch before is still rendered here. The next one replaces it before anything is painted.
    places.current = findPlaces(arena.current, turns);
    conversation.showBranch(loaded);
  }, [loaded]);
  useBrowserLayoutEffect(() => {
    if (!places.current || turns !== shown.current?.turns) return;
    takeUpPlace(arena.current, turns, places.current);
    places.current = null;
  });
}
