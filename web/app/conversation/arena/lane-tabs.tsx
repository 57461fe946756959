import { lanes as texts } from 'texts:chat';
import { Columns3 } from 'lucide-react';
import { type KeyboardEvent, useRef } from 'react';
import type { ResponseFieldsFragment, ResponseStatus } from '../../graphql/generated/graphql.ts';
import { stepOf } from '../../languages/reading.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { formatCount } from '../../ui/figures.ts';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { isStandIn, letterOf, nameOf } from '../following/hidden.ts';
import { isLive } from '../following/response-stream.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { shownOf } from '../turns/versions.ts';
import { callUnderWay } from './drawn-parts.ts';
import type { PlacedLane } from './lanes/placed-lanes.ts';
import { useShownStatus } from './lanes/use-shown-status.ts';
import { statusSigns } from './status-signs.ts';

/** How much of a tab's neighbour stays in sight, in pixels. */
const gutter = 16;

interface LaneTabsProps {
  turnId: string;
  blind: boolean;
  /** The lanes in their order. */
  lanes: readonly PlacedLane[];
  /** The place of the visible lane, from 0. */
  active: number;
  /** Whether one lane is seen at a time. */
  isShown: boolean;
  onActive: (at: number) => void;
  /** Shows all lanes again, where there is room for them; null: there is none. */
  onAll: (() => void) | null;
}

/** The tabs that choose the visible lane, where one is seen at a time: on a phone, or while one has the width for itself. */
export function LaneTabs({ turnId, lanes, blind, active, isShown, onActive, onAll }: LaneTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  // The active tab scrolls into sight sideways only: the tabs of all turns change, and the page stays where it is.
  useBrowserLayoutEffect(() => {
    const tab = list.current?.children[active];
    if (!isShown || !list.current || !(tab instanceof HTMLElement)) return;
    const [{ left, right }, box] = [tab.getBoundingClientRect(), list.current.getBoundingClientRect()];
    if (left < box.left) list.current.scrollLeft += left - box.left - gutter;
    else if (right > box.right) list.current.scrollLeft += right - box.right + gutter;
  }, [active, isShown]);

  function onKeyDown(event: KeyboardEvent): void {
    const steps: Record<string, number> = {
      Home: 0,
      End: lanes.length - 1,
    };
    const step = stepOf(event.key);
    const next = step === 0 ? steps[event.key] : Math.min(Math.max(0, active + step), lanes.length - 1);
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
        aria-label={texts.answers}
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
        // not read by people: the name of a key
        <Tooltip text="Esc">
          <Button variant="ghost" size="small" className="my-2 max-md:hidden print:hidden" onClick={onAll}>
            <Columns3 />
            {texts.allAnswers}
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
  const response = useShownStatus(snapshot);
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
        {nameOf(response.model)}
      </span>
      <State snapshot={snapshot} status={response.status} secret={secret} />
    </button>
  );
}

interface StateProps {
  snapshot: ResponseFieldsFragment;
  status: ResponseStatus;
  secret: boolean;
}

/** How far the answer is, and whether it waits for its member. It alone is rendered with each piece of text. */
function State({ snapshot, status, secret }: StateProps) {
  const { response, outputTokens } = useStreamedResponse(snapshot);
  const waits = isLive(status) && callUnderWay(response)?.status === 'WAITING_FOR_APPROVAL';
  const { sign, word, tone } = waits ? waiting : statusSigns[status];
  return (
    <span className={classes('font-normal', tone)}>
      <span aria-hidden="true">{sign}</span>
      <span className="sr-only">{word}</span>
      {secret || outputTokens === 0 ? null : ` ${formatCount(outputTokens)}`}
    </span>
  );
}

const waiting = { sign: '?', word: texts.waitingForYou, tone: 'text-warning' };
