import { type KeyboardEvent, useRef } from 'react';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { isStandIn, letterOf } from '../following/hidden.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { shownOf, type Versions } from '../turns/versions.ts';
import { statusSigns } from './status-signs.ts';

/** How much of a tab's neighbour stays in sight, in pixels. */
const gutter = 16;

/** The tabs that choose the visible lane on a phone. */
export function LaneTabs({
  turnId,
  lanes,
  blind,
  active,
  onActive,
}: {
  turnId: string;
  blind: boolean;
  /** The versions of each lane, oldest first. */
  lanes: readonly Versions[];
  active: number;
  onActive: (lane: number) => void;
}) {
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
      ref={list}
      className="turn-row sticky top-0 z-20 flex h-10 items-stretch overflow-x-auto border-b bg-background py-0! md:hidden"
      role="tablist"
      aria-label="Answers"
      onKeyDown={onKeyDown}
    >
      {lanes.map((versions, index) => (
        <LaneTab
          key={versions[0].lane}
          id={`tab-${turnId}-${index}`}
          panelId={`panel-${turnId}-${index}`}
          snapshot={shownOf(versions)}
          blind={blind}
          selected={index === active}
          onSelect={() => onActive(index)}
        />
      ))}
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
        'figures flex shrink-0 items-center gap-1.5 border-b-2 px-3 text-sm whitespace-nowrap -outline-offset-2',
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
