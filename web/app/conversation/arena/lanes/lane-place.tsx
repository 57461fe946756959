import type { KeyboardEvent, MouseEvent, ReactNode } from 'react';
import { useCallback, useMemo, useRef } from 'react';
import { isPressed } from '../../../frame/shortcuts/pressed.ts';
import { direction } from '../../../languages/locale.ts';
import { stepOf } from '../../../languages/reading.ts';
import { useBrowserLayoutEffect } from '../../../ui/browser/layout-effect.ts';
import { classes } from '../../../ui/classes.ts';
import { shownOf } from '../../turns/versions.ts';
import { LaneControlsProvider } from './lane-controls.tsx';
import type { PlacedLane, PlacedLanes } from './placed-lanes.ts';
import { Spine } from './spine.tsx';
import type { useLaneDrag } from './use-lane-drag.ts';

interface LanePlaceProps {
  lane: PlacedLane;
  /** Its place among the lanes, from 0. */
  at: number;
  placed: PlacedLanes;
  drag: ReturnType<typeof useLaneDrag>;
  /** The attributes of a panel of tabs, while one lane is seen at a time. */
  panel: object | undefined;
  className: string | false;
  children: ReactNode;
}

/** The place of a lane among the others: what moves, folds and focuses it by pointer and by key. */
export function LanePlace({ lane, at, placed, drag, panel, className, children }: LanePlaceProps) {
  const { key, folded, index } = lane;
  const { lanes, focused, focus, fold, move } = placed;
  const several = lanes.length > 1;
  const openCount = lanes.filter((other) => !other.folded).length;
  const isFocused = focused === index;
  const foldable = openCount > 1 && focused === null;
  const place = useRef<HTMLDivElement>(null);
  /** Whether the lane was folded, opened or focused by its own button or key, which is gone since. */
  const acted = useRef(false);
  useBrowserLayoutEffect(() => {
    if (acted.current && document.activeElement === document.body) {
      place.current?.querySelector<HTMLElement>('[data-lane-control]')?.focus({ preventScroll: true });
    }
    acted.current = false;
  }, [folded, isFocused]);
  const act = useCallback(
    (action: (key: string) => void) => {
      acted.current = true;
      action(key);
    },
    [key],
  );
  const controls = useMemo(
    () => (several ? { focused: isFocused, focus: () => act(focus), fold: foldable ? () => act(fold) : null } : null),
    [several, isFocused, foldable, focus, fold, act],
  );

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    if (!several) return;
    if (isPressed('laneMove', event)) move(key, at + stepOf(event.key));
    else if (isPressed('laneAlone', event)) act(folded ? fold : focus);
    else if (isPressed('laneFold', event)) foldable && !folded && act(fold);
    else return;
    // Alt with an arrow leads to another page otherwise.
    event.preventDefault();
    const lane = event.currentTarget;
    requestAnimationFrame(() => intoSight(lane));
  }

  function onDoubleClick({ target }: MouseEvent): void {
    const element = target as Element;
    if (several && element.closest('[data-lane-head]') && !element.closest('button')) focus(key);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the lane's buttons do the same; these are shorter ways to them
    <div
      {...panel}
      ref={place}
      data-lane={key}
      data-dragged={drag.dragged === key || undefined}
      data-folded={folded || undefined}
      className={classes('lane', className)}
      onKeyDown={onKeyDown}
      onDoubleClick={onDoubleClick}
      onPointerDown={(event) => drag.start(event, key)}
    >
      {folded ? (
        <Spine snapshot={shownOf(lane.versions)} onOpen={() => act(fold)} />
      ) : (
        <LaneControlsProvider value={controls}>{children}</LaneControlsProvider>
      )}
    </div>
  );
}

/** Scrolls sideways alone, as far as it takes to see the lane. */
function intoSight(lane: HTMLElement): void {
  const arena = lane.closest('.arena');
  if (!arena) return;
  const { left, right } = lane.getBoundingClientRect();
  const box = arena.getBoundingClientRect();
  const before = left - box.left;
  const after = right - box.right;
  // Of a lane that is wider than the arena, its beginning comes into sight.
  if (direction === 'rtl') {
    if (after > 0) arena.scrollLeft += after + gutter;
    else if (before < 0) arena.scrollLeft += Math.max(before, after) - gutter;
  } else if (before < 0) arena.scrollLeft += before - gutter;
  else if (after > 0) arena.scrollLeft += Math.min(before, after) + gutter;
}

const gutter = 24;
