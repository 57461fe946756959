import { Columns3 } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { isStandIn, letterOf } from '../following/hidden.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { shownOf } from '../turns/versions.ts';
import type { PlacedLane } from './lanes/placed-lanes.ts';
import { statusSigns } from './status-signs.ts';

/** How much of a tab's neighbour stays in sight, in pixels. */
const gutter = 16;

interface LaneTabsProps {
  turnId: string;
  blind: boolean;
  /** The lanes from left to right. */
  lanes: readonly PlacedLane[];
  /** The place of the visible lane from the left, from 0. */
  active: number;
  onActive: (at: number) => void;
  /** Shows all lanes again, where there is room for them; null: there is none. */
  onAll: (() => void) | null;
}

/** The tabs that choose the visible lane, where one is seen at a time: on a phone, or while one has the width for itself. */
export function LaneTabs({ turnId, lanes, blind, active, onActive, onAll }: LaneTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  // The active tab scrolls into sight sideways only: the tabs of all turns change, and the page stays where it is.
  useBrowserLayoutEffect(() => {
    const tab = list.current?.children[active];
    if (!list.current || !(tab instanceof HTMLElement)) return;
    const [start, end] = [tab.offsetLeft, tab.offsetLeft + tab.offsetWidth];
    const { scrollLeft, clientWidth } = list.current;
    if (start < scrollLeft) list.current.scrollLeft = start - gutter;
    else if (end > scrollLeft + clientWidth) list.current.scrollLeft = end + gutter - clientWidth;
  }, [active]);

  function onKeyDown(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      ArrowLeft: Math.max(0, active - 1),
      ArrowRight: Math.min(lanes.length - 1, active + 1),
      Home: 0,
      End: lanes.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onActive(next);
    (list.current?.children[next] as HTMLElement | undefined)?.focus({ preventScroll: true });
  }

  return (
    <div
      className={classes(
        'turn-row sticky top-0 z-20 flex h-12 items-stretch border-b bg-background py-0!',
        onAll === null && 'md:hidden',
      )}
    >
      <div
        ref={list}
        className="flex min-w-0 flex-1 items-stretch overflow-x-auto md:justify-center-safe"
        role="tablist"
        aria-label="Answers"
        onKeyDown={onKeyDown}
      >
        {lanes.map(({ key, index, versions }, at) => (
          <LaneTab
            key={key}
            id={`tab-${turnId}-${index}`}
            panelId={`panel-${turnId}-${index}`}
            snapshot={shownOf(versions)}
            blind={blind}
            selected={at === active}
            onSelect={() => onActive(at)}
          />
        ))}
      </div>
      {onAll === null ? null : (
        <Tooltip text="Esc">
          <Button variant="ghost" size="small" className="my-2 max-md:hidden print:hidden" onClick={onAll}>
            <Columns3 />
            All answers
          </Button>
        </Tooltip>
      )}
    </div>
  );
}

function LaneTab({
  id,
  panelId,
  snapshot,
  blind,
  selected,
  onSelect,
}: {
  id: string;
  panelId: string;
  snapshot: ResponseFieldsFragment;
  blind: boolean;
  selected: boolean;
  onSelect: () => void;
}) {
  const { response, outputTokens } = useStreamedResponse(snapshot);
  const { sign, word, tone } = statusSigns[response.status];
  const secret = isStandIn(response.model);
  return (
    <button
      type="button"
      role="tab"
      id={id}
      aria-selected={selected}
      aria-controls={panelId}
      tabIndex={selected ? 0 : -1}
      onClick={onSelect}
      className={classes(
        'figures flex min-h-[44px] shrink-0 items-center gap-1.5 border-b-2 px-3 text-sm whitespace-nowrap -outline-offset-2',
        selected ? 'border-primary font-medium' : 'border-transparent text-muted-foreground',
      )}
    >
      {secret ? null : <ProviderMark providerId={response.model.provider.id} />}
      <span className="max-w-36 truncate">
        {blind && !secret ? `${letterOf(response.lane)}: ` : ''}
        {response.model.name}
      </span>
      <span className={classes('font-normal', tone)}>
        <span aria-hidden="true">{sign}</span>
        <span className="sr-only">{word}</span>
        {outputTokens > 0 && !secret ? ` ${formatCount(outputTokens)}` : ''}
      </span>
    </button>
  );
}
