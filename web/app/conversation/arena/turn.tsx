import { ChevronLeft, ChevronRight, Pencil, Square } from 'lucide-react';
import { memo, type ReactNode, type TouchEvent, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { PromptEditor } from '../composer/prompt-editor.tsx';
import { FileTiles } from '../files/file-tiles.tsx';
import { useLiveCount } from '../following/turn-streams.ts';
import { JudgingRow } from '../judging/judging-row.tsx';
import { useTurnActions } from '../turns/actions.ts';
import { byLane } from '../turns/versions.ts';
import { KeepPrompt } from './keeping/keep-prompt.tsx';
import { Lane } from './lane.tsx';
import { LaneTabs } from './lane-tabs.tsx';

export interface TurnProps {
  turn: TurnFieldsFragment;
  /** Whether the API has not taken the turn yet, so that its prompt cannot be edited. */
  pending?: boolean;
  /** Whether a prompt is on its way, so that another one has to wait. */
  busy?: boolean;
  /** The ids of the responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  /** The lane that a phone shows, which is the same in every turn. */
  activeLane: number;
  onActiveLane: (lane: number) => void;
  /** Whether the turn is the last of its conversation. */
  newest: boolean;
}

/** A prompt and its answers, side by side. */
export const Turn = memo(function Turn(props: TurnProps) {
  const { turn, pending = false, busy = false, stopping, activeLane, onActiveLane, newest } = props;
  const lanes = useMemo(() => byLane(turn.responses), [turn.responses]);
  const active = Math.min(activeLane, lanes.length - 1);
  const panels = useNarrow() && lanes.length > 1;
  const swipe = useSwipe((step) => onActiveLane(Math.max(0, Math.min(lanes.length - 1, active + step))));
  return (
    <section
      className="turn"
      data-turn={turn.id}
      data-hidden={turn.hidden || undefined}
      aria-label={`Prompt: ${turn.prompt.slice(0, 80)}`}
    >
      <Prompt turn={turn} pending={pending} busy={busy} stopping={stopping} laneCount={lanes.length} />
      {lanes.length > 1 ? (
        <LaneTabs turnId={turn.id} blind={turn.blind} lanes={lanes} active={active} onActive={onActiveLane} />
      ) : null}
      <div className="lanes" data-lanes={Math.min(lanes.length, 6)} {...swipe}>
        {lanes.map((versions, index) => (
          <div
            key={versions[0].lane}
            id={`panel-${turn.id}-${index}`}
            {...(panels ? { role: 'tabpanel', 'aria-labelledby': `tab-${turn.id}-${index}` } : undefined)}
            className={classes('lane', index !== active && 'max-md:hidden')}
          >
            <Lane turn={turn} versions={versions} beside={lanes.length > 1} stopping={stopping} newest={newest} />
          </div>
        ))}
      </div>
      {lanes.length > 1 ? <JudgingRow turn={turn} lanes={lanes} newest={newest} /> : null}
    </section>
  );
});

interface PromptProps extends Required<Pick<TurnProps, 'turn' | 'pending' | 'busy' | 'stopping'>> {
  laneCount: number;
}

function Prompt({ turn, pending, busy, stopping, laneCount }: PromptProps) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const actions = useTurnActions();
  const branches = turn.alternatives.map(({ id }) => id);
  const at = branches.indexOf(turn.id);
  const show = (index: number) => {
    const id = branches[index];
    if (id) actions.showBranch(id);
  };
  return (
    <div className="turn-row">
      <div className={classes('group flex gap-3', laneCount === 1 && 'mx-auto max-w-[720px]')}>
        <h2 className="w-10 shrink-0 pt-0.5 text-sm font-semibold text-muted-foreground max-md:sr-only">You</h2>
        {editing ? (
          <PromptEditor
            turn={turn}
            busy={busy}
            onClose={() => {
              flushSync(() => setEditing(false));
              pencil.current?.focus();
            }}
            // The editor stays open until the new branch is shown.
            onSend={(prompt) => actions.edit(turn, prompt)}
          />
        ) : (
          <>
            <WithFiles files={turn.files}>
              <p className="measure min-w-0 text-start whitespace-pre-wrap wrap-anywhere [unicode-bidi:plaintext]">
                {turn.prompt}
              </p>
            </WithFiles>
            <div className="-my-1 ml-auto flex shrink-0 items-center self-start text-sm text-muted-foreground">
              <StopAll turn={turn} stopping={stopping} />
              {pending ? null : <KeepPrompt turnId={turn.id} />}
              {pending ? null : (
                <Tooltip text="Edit and ask again">
                  <Button
                    ref={pencil}
                    variant="ghost"
                    size="icon"
                    aria-label="Edit prompt"
                    onClick={() => setEditing(true)}
                  >
                    <Pencil />
                  </Button>
                </Tooltip>
              )}
              {branches.length > 1 ? (
                <span className="figures flex items-center">
                  <Button
                    variant="ghost"
                    size="icon"
                    aria-label="Earlier version"
                    disabled={at <= 0}
                    onClick={() => show(at - 1)}
                  >
                    <ChevronLeft />
                  </Button>
                  {at + 1}/{branches.length}
                  <Button
                    variant="ghost"
                    size="icon"
                    aria-label="Later version"
                    disabled={at === branches.length - 1}
                    onClick={() => show(at + 1)}
                  >
                    <ChevronRight />
                  </Button>
                </span>
              ) : null}
            </div>
          </>
        )}
      </div>
    </div>
  );
}

/** The prompt's text below its files; alone if it has none. */
function WithFiles({ files, children }: { files: TurnFieldsFragment['files']; children: ReactNode }) {
  if (files.length === 0) return children;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <FileTiles files={files} />
      {children}
    </div>
  );
}

/** Stops all answers of a turn. Each lane has its own stop button, so this one is shown while two or more are written. */
function StopAll({ turn, stopping }: Pick<TurnProps, 'turn' | 'stopping'>) {
  const actions = useTurnActions();
  const unstopped = useMemo(() => turn.responses.filter(({ id }) => !stopping.has(id)), [turn.responses, stopping]);
  const live = useLiveCount(unstopped);
  if (live < 2) return null;
  return (
    <Button variant="ghost" size="small" onClick={() => actions.stop(turn.id)}>
      <Square className="size-3! fill-current" />
      Stop all
    </Button>
  );
}

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
      if (Math.abs(x) > 56 && Math.abs(x) > 2 * Math.abs(y)) onSwipe(x < 0 ? 1 : -1);
    },
  };
}
