import { lanes as texts } from 'texts:chat';
import { useCallback, useMemo } from 'react';
import { flushSync } from 'react-dom';
import { useAnnounce } from '../../../frame/announcer.tsx';
import type { TurnFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { nameOf } from '../../following/hidden.ts';
import { shownOf, type Versions } from '../../turns/versions.ts';
import { inOrder, keysOf, moved, withFolded, withOrder } from './arrangement.ts';
import { useLanePlaces } from './lane-places.ts';

/** A lane of a turn where it is shown. */
export interface PlacedLane {
  key: string;
  /** Its place in the order in which the models were asked, from 0. */
  index: number;
  versions: Versions;
  /** Whether it is a spine with its name. */
  folded: boolean;
}

export interface PlacedLanes {
  /** In their order: from left to right, or in Arabic from right to left. */
  lanes: readonly PlacedLane[];
  /** The index of the lane that has the width for itself; null: all share it. */
  focused: number | null;
  /** Whether the lanes can change their places. */
  movable: boolean;
  /** Gives the lane the width, or all lanes if it has it. Null: all lanes. */
  focus(key: string | null): void;
  /** Folds the lane, or opens it if it is folded. */
  fold(key: string): void;
  /** Moves the lane to this place, from 0, and tells screen readers. */
  move(key: string, to: number): void;
}

/**
 * Places a turn's lanes as the member has arranged them.
 *
 * @param narrow whether one lane is seen at a time anyway: then none is folded or focused
 */
export function usePlacedLanes(
  turn: Pick<TurnFieldsFragment, 'id' | 'blind'>,
  lanes: readonly Versions[],
  narrow: boolean,
): PlacedLanes {
  const [arrangement, places] = useLanePlaces();
  const announce = useAnnounce();
  const { id, blind } = turn;
  const keys = useMemo(() => keysOf({ id, blind }, lanes), [id, blind, lanes]);
  const shown = useMemo(() => (blind ? keys : inOrder(keys, arrangement.order)), [blind, keys, arrangement.order]);
  const placed = useMemo(() => {
    const folded = new Set(narrow ? [] : arrangement.folded);
    // A turn of folded lanes only has its first one open: an answer is never out of sight altogether.
    if (shown.every((key) => folded.has(key))) folded.delete(shown[0] ?? '');
    return shown.flatMap((key): PlacedLane | [] => {
      const index = keys.indexOf(key);
      const versions = lanes[index];
      return versions ? { key, index, versions, folded: folded.has(key) } : [];
    });
  }, [shown, keys, lanes, narrow, arrangement.folded]);
  const { focused } = arrangement;
  const at = focused === null || narrow || lanes.length < 2 ? -1 : keys.indexOf(focused);

  const focus = useCallback(
    (key: string | null) => {
      if (!places) return;
      const before = places.read();
      const focused = before.focused === key ? null : key;
      places.change({ ...before, focused, folded: before.folded.filter((other) => other !== focused) });
    },
    [places],
  );
  const fold = useCallback((key: string) => places?.change(withFolded(places.read(), key, keys)), [places, keys]);
  const move = useCallback(
    (key: string, to: number) => {
      const from = shown.indexOf(key);
      if (!places || blind || from < 0 || to < 0 || to >= shown.length || to === from) return;
      const before = places.read();
      const holder = document.activeElement;
      flushSync(() => places.change({ ...before, order: withOrder(before.order, moved(shown, from, to)) }));
      // An element that is put elsewhere loses the focus.
      if (holder instanceof HTMLElement && document.activeElement !== holder) holder.focus({ preventScroll: true });
      const versions = lanes[keys.indexOf(key)];
      if (versions)
        announce(texts.moved({ name: nameOf(shownOf(versions).model), place: to + 1, count: shown.length }));
    },
    [places, blind, shown, lanes, keys, announce],
  );
  const movable = !blind && lanes.length > 1;
  return useMemo(
    () => ({ lanes: placed, focused: at < 0 ? null : at, movable, focus, fold, move }),
    [placed, at, movable, focus, fold, move],
  );
}
