import { lanes as texts } from 'texts:chat';
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';
import { classes } from '../../../ui/classes.ts';
import { nameOf } from '../../following/hidden.ts';
import { shownOf } from '../../turns/versions.ts';
import { statusSigns } from '../status-signs.ts';
import type { PlacedLane } from './placed-lanes.ts';
import { useShownStatus } from './use-shown-status.ts';

interface LanesInViewProps {
  /** The open lanes in their order. */
  lanes: readonly PlacedLane[];
  row: RefObject<HTMLElement>;
}

/**
 * Says how many of a turn's answers are in view, with the state of each, and scrolls to the one that is pressed. The style
 * sheet shows it where the lanes are wider than the arena, so that nothing moves when the script comes.
 */
export function LanesInView({ lanes, row }: LanesInViewProps) {
  const line = useRef<HTMLDivElement>(null);
  const isShown = useIsShown(line);
  const seen = useSeenLanes(row, lanes, isShown);
  const scrollTo = (key: string) => {
    const lane = laneIn(row.current, key);
    const arena = lane?.closest('.arena');
    if (!lane || !arena) return;
    const { left, width } = lane.getBoundingClientRect();
    const box = arena.getBoundingClientRect();
    const by = left - box.left - (box.width - width) / 2;
    arena.scrollBy({ left: by, behavior: 'smooth' });
  };
  return (
    <div ref={line} className="lanes-in-view turn-row py-0! pb-2!" data-open={Math.min(lanes.length, 7)}>
      <div className="flex min-w-0 items-center gap-x-3 text-sm text-muted-foreground">
        <span className="figures shrink-0">
          {seen === null
            ? texts.count({ count: lanes.length })
            : texts.inView({ seen: seen.size, count: lanes.length })}
        </span>
        <ul className="flex min-w-0 items-center gap-1" aria-label={texts.goTo}>
          {lanes.map(({ key, versions }) => (
            <li key={key} className="min-w-0">
              <LaneLink
                snapshot={shownOf(versions)}
                seen={seen === null || seen.has(key)}
                onChoose={() => scrollTo(key)}
              />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface LaneLinkProps {
  snapshot: ResponseFieldsFragment;
  seen: boolean;
  onChoose: () => void;
}

function LaneLink({ snapshot, seen, onChoose }: LaneLinkProps) {
  const { model, status } = useShownStatus(snapshot);
  const { sign, word, tone } = statusSigns[status];
  return (
    <button
      type="button"
      onClick={onChoose}
      className={classes(
        'flex h-7 max-w-full min-w-0 items-center gap-1.5 rounded-sm px-1.5 hover:bg-hover hover:text-foreground',
        seen ? 'text-foreground' : '',
      )}
    >
      <span aria-hidden="true" className={classes('shrink-0', tone)}>
        {sign}
      </span>
      <span className="truncate">{nameOf(model)}</span>
      <span className="sr-only">{(seen ? texts.linkState : texts.linkStateUnseen)({ state: word })}</span>
    </button>
  );
}

/** Whether the style sheet shows the line: what it says is found out only then. */
function useIsShown(line: RefObject<HTMLElement>): boolean {
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    if (!line.current) return;
    const resized = new ResizeObserver(([entry]) => setIsShown((entry?.contentRect.width ?? 0) > 0));
    resized.observe(line.current);
    return () => resized.disconnect();
  }, [line]);
  return isShown;
}

/** The keys of the lanes of which most is in view from left to right; null before the page's script knows. */
function useSeenLanes(
  row: RefObject<HTMLElement>,
  lanes: readonly PlacedLane[],
  isShown: boolean,
): ReadonlySet<string> | null {
  const [seen, setSeen] = useState<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const arena = row.current?.closest('.arena');
    if (!arena || !isShown) return;
    const observer = new IntersectionObserver(
      (entries) =>
        setSeen((before) => {
          const after = new Set(before);
          for (const { target, isIntersecting } of entries) {
            const key = (target as HTMLElement).dataset.lane ?? '';
            if (isIntersecting) after.add(key);
            else after.delete(key);
          }
          return after;
        }),
      // What is above or below the arena counts as if it were in it.
      { root: arena, rootMargin: '1000000px 0px', threshold: mostOfIt },
    );
    setSeen(new Set());
    for (const { key } of lanes) {
      const lane = laneIn(row.current, key);
      if (lane) observer.observe(lane);
    }
    return () => observer.disconnect();
  }, [row, lanes, isShown]);
  return seen;
}

const mostOfIt = 0.6;

function laneIn(row: HTMLElement | null, key: string): HTMLElement | null {
  return row?.querySelector<HTMLElement>(`[data-lane="${CSS.escape(key)}"]`) ?? null;
}
