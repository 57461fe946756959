import { arena as texts } from 'texts:chat';
import { memo, type TouchEvent, useMemo, useRef, useSyncExternalStore } from 'react';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { direction } from '../../languages/locale.ts';
import { JudgingRow } from '../judging/judging-row.tsx';
import { byLane } from '../turns/versions.ts';
import { Lane } from './lane.tsx';
import { LaneTabs } from './lane-tabs.tsx';
import { LanePlace } from './lanes/lane-place.tsx';
import { LanesInView } from './lanes/lanes-in-view.tsx';
import { usePlacedLanes } from './lanes/placed-lanes.ts';
import { useLaneDrag } from './lanes/use-lane-drag.ts';
import { useStickyLanes } from './lanes/use-sticky-lanes.ts';
import { Prompt } from './prompt.tsx';

export interface TurnProps {
  turn: TurnFieldsFragment;
  /** How many turns the conversation has. */
  count: number;
  /** Whether the API has not taken the turn yet, so that its prompt cannot be edited. */
  pending?: boolean;
  /** Whether a prompt is on its way, so that another one has to wait. */
  busy?: boolean;
  /** The ids of the responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  /** The lane that a phone shows, which is the same in every turn: its place in the order in which the models were asked. */
  activeLane: number;
  onActiveLane: (lane: number) => void;
  /** Whether the turn is the last of its conversation. */
  newest: boolean;
}

/** A prompt and its answers, side by side. */
export const Turn = memo(function Turn(props: TurnProps) {
  const { turn, count, pending = false, busy = false, stopping, activeLane, onActiveLane, newest } = props;
  const lanes = useMemo(() => byLane(turn.responses), [turn.responses]);
  const narrow = useNarrow();
  const placed = usePlacedLanes(turn, lanes, narrow);
  const { focused } = placed;
  const several = lanes.length > 1;
  const active = focused ?? Math.min(activeLane, lanes.length - 1);
  const at = placed.lanes.findIndex(({ index }) => index === active);
  const panels = several && (narrow || focused !== null);
  const row = useRef<HTMLDivElement>(null);
  const open = useMemo(() => placed.lanes.filter(({ folded }) => !folded), [placed.lanes]);
  useStickyLanes(row, open.length);
  const drag = useLaneDrag(placed);
  const activate = (at: number) => {
    const lane = placed.lanes[at];
    if (!lane) return;
    if (focused === null) onActiveLane(lane.index);
    else if (lane.index !== focused) placed.focus(lane.key);
  };
  const swipe = useSwipe((step) => activate(at + step));
  const alone = !several || focused !== null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: elements of that name are the lanes
    <div
      className="turn"
      role="article"
      aria-posinset={turn.position || count}
      aria-setsize={count}
      data-turn={turn.id}
      data-hidden={turn.hidden || undefined}
      aria-label={texts.promptOf({ prompt: turn.prompt.slice(0, 80) })}
    >
      <Prompt turn={turn} pending={pending} busy={busy} alone={alone} />
      {several ? (
        <LaneTabs
          turnId={turn.id}
          blind={turn.blind}
          lanes={placed.lanes}
          active={at}
          isShown={panels}
          onActive={activate}
          onAll={focused === null ? null : () => placed.focus(null)}
        />
      ) : null}
      {focused === null && open.length > 2 ? <LanesInView lanes={open} row={row} /> : null}
      <div
        ref={row}
        className="lanes"
        data-lanes={alone ? 1 : Math.min(open.length, 6)}
        data-spines={alone ? undefined : Math.min(lanes.length - open.length, 5)}
        data-alone={alone || undefined}
        data-several={several || undefined}
        data-dragging={drag.dragged !== null || undefined}
        {...swipe}
      >
        {placed.lanes.map((lane, place) => (
          <LanePlace
            key={lane.key}
            lane={lane}
            at={place}
            placed={placed}
            drag={drag}
            panel={{
              id: `panel-${turn.id}-${lane.index}`,
              ...(panels && { role: 'tabpanel', 'aria-labelledby': `tab-${turn.id}-${lane.index}` }),
            }}
            className={lane.index !== active && (focused === null ? 'max-md:hidden' : 'hidden print:block')}
          >
            <Lane turn={turn} versions={lane.versions} beside={several} stopping={stopping} newest={newest} />
          </LanePlace>
        ))}
      </div>
      {several ? <JudgingRow turn={turn} lanes={lanes} newest={newest} /> : null}
    </div>
  );
});

/** Whether one lane is seen at a time: only then are the lanes panels of tabs. The server does not know it. */
function useNarrow(): boolean {
  return useSyncExternalStore(
    onWidth,
    () => matchMedia(narrow).matches,
    () => false,
  );
}

function onWidth(listener: () => void): () => void {
  const query = matchMedia(narrow);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

const narrow = '(width < 768px)';

/** Reports a clear sideways stroke of a finger, unless it scrolls a box that scrolls sideways itself. */
function useSwipe(onSwipe: (step: 1 | -1) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart(event: TouchEvent) {
      const touch = event.touches[0];
      const box = (event.target as Element).closest('[data-scrolls-sideways]');
      const scrolls = box !== null && box.scrollWidth > box.clientWidth;
      start.current = touch && event.touches.length === 1 && !scrolls ? { x: touch.clientX, y: touch.clientY } : null;
    },
    onTouchEnd(event: TouchEvent) {
      const touch = event.changedTouches[0];
      if (!start.current || !touch || !matchMedia(narrow).matches) return;
      const [x, y] = [touch.clientX - start.current.x, touch.clientY - start.current.y];
      start.current = null;
      if (Math.abs(x) > 56 && Math.abs(x) > 2 * Math.abs(y)) onSwipe(x < 0 === (direction === 'ltr') ? 1 : -1);
    },
  };
}
