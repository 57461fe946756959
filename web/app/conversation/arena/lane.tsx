import { Check, ChevronLeft, ChevronRight, Copy, RotateCw, Square } from 'lucide-react';
import { memo, useRef } from 'react';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useAlive } from '../../ui/browser/alive.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '../../ui/menu.tsx';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { useTurnActions } from '../turns/actions.ts';
import { isPending } from '../turns/pending.ts';
import { continuedBy, type Versions as LaneVersions, shownOf } from '../turns/versions.ts';
import { AnswerParts } from './answer-parts.tsx';
import { useKeptFocus } from './kept-focus.ts';
import { isMock, MockMark } from './mocks.tsx';
import { Figures, Outcome } from './outcome.tsx';

export interface LaneProps {
  turn: Pick<TurnFieldsFragment, 'id' | 'responses'>;
  chosenId: string | null;
  versions: LaneVersions;
  /** Whether the lane stands beside others, so that an answer can be chosen. */
  beside: boolean;
  /** The ids of the responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  /** Whether the lane belongs to the last turn, which a page shows when it opens. */
  newest: boolean;
}

/** One model's column of a turn. */
export const Lane = memo(function Lane({ turn, chosenId, versions, beside, stopping, newest }: LaneProps) {
  const { show } = useTurnActions();
  const snapshot = shownOf(versions);
  const at = versions.indexOf(snapshot);
  const state = useStreamedResponse(snapshot);
  const { response } = state;
  const headId = `lane-${response.id}`;
  const article = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(article, `${response.id} ${response.status}`);
  return (
    <article
      ref={article}
      {...keptFocus}
      aria-labelledby={headId}
      className="flex min-w-0 flex-col rounded-lg border bg-card"
      data-response={response.id}
      data-status={response.status}
    >
      <header className="sticky top-0 z-10 flex h-10 items-center gap-2 rounded-t-lg border-b bg-card px-4 max-md:top-10">
        <ProviderMark providerId={response.model.provider.id} />
        <h3 id={headId} className="truncate text-sm font-semibold">
          {response.model.name}
        </h3>
        {isMock(response.servedBy ?? response.model) ? <MockMark /> : null}
        <span className="ml-auto truncate text-sm text-muted-foreground">{response.model.provider.name}</span>
        {versions.length > 1 ? (
          <Versions at={at} count={versions.length} onPick={(index) => show(turn.id, versions[index]?.id ?? '')} />
        ) : null}
      </header>
      <div className="flex min-w-0 flex-1 flex-col gap-3 px-4 py-3">
        {state.fallback ? (
          <p className="text-sm text-warning">
            <span aria-hidden="true">⚠ </span>
            {state.fallback.reason} Answered by {state.fallback.to.name}.
          </p>
        ) : null}
        <AnswerParts state={state} />
        <Outcome state={state} />
      </div>
      <LaneFoot
        turn={turn}
        state={state}
        chosen={chosenId === response.id}
        beside={beside}
        stopping={stopping.has(response.id)}
        asked={versions.some(({ id }) => isPending(id))}
        newest={newest}
      />
    </article>
  );
});

function Versions({ at, count, onPick }: { at: number; count: number; onPick: (index: number) => void }) {
  return (
    <span className="figures -mr-2 flex items-center text-sm text-muted-foreground">
      <Button
        variant="ghost"
        size="icon"
        className="size-6"
        aria-label="Earlier answer"
        disabled={at === 0}
        onClick={() => onPick(at - 1)}
      >
        <ChevronLeft />
      </Button>
      {at + 1}/{count}
      <Button
        variant="ghost"
        size="icon"
        className="size-6"
        aria-label="Later answer"
        disabled={at === count - 1}
        onClick={() => onPick(at + 1)}
      >
        <ChevronRight />
      </Button>
    </span>
  );
}

interface FootProps extends Pick<LaneProps, 'turn' | 'beside' | 'newest'> {
  state: StreamedResponse;
  chosen: boolean;
  stopping: boolean;
  /** Whether another answer was asked for in this lane, and has not begun. */
  asked: boolean;
}

function LaneFoot({ turn, state, chosen, beside, stopping, asked, newest }: FootProps) {
  const actions = useTurnActions();
  const alive = useAlive();
  const { response } = state;
  if (isLive(response.status)) {
    return (
      <footer className={classes(foot, 'flex h-11 items-center pr-2 pl-4')}>
        <Meter state={state} stopping={stopping} />
        <Tooltip text="Stop">
          <Button
            variant="ghost"
            size="icon"
            className="ml-auto"
            aria-label={`Stop ${response.model.name}`}
            disabled={stopping}
            onClick={() => actions.stop(turn.id, [response.id])}
          >
            <Square className="size-3! fill-current" />
          </Button>
        </Tooltip>
      </footer>
    );
  }
  return (
    <footer className={classes(foot, 'px-2 pb-1')}>
      <Figures response={response} before={continuedBy(response, turn.responses)} />
      {/* The buttons of a lane are a dozen components: the server's page has them only where they are in sight. */}
      {newest || alive ? (
        <Actions turn={turn} response={response} chosen={chosen} beside={beside} asked={asked} />
      ) : (
        <div className="h-8" />
      )}
    </footer>
  );
}

interface ActionsProps extends Pick<FootProps, 'turn' | 'chosen' | 'beside' | 'asked'> {
  response: ResponseFieldsFragment;
}

function Actions({ turn, response, chosen, beside, asked }: ActionsProps) {
  const actions = useTurnActions();
  const [copied, copy] = useCopy();
  return (
    <div className="flex items-center gap-1">
      {response.text ? (
        <Tooltip text={copied ? 'Copied' : 'Copy'}>
          <Button
            variant="ghost"
            size="icon"
            aria-label={copied ? 'Copied' : 'Copy answer'}
            onClick={() => copy(response.text)}
          >
            {copied ? <Check /> : <Copy />}
          </Button>
        </Tooltip>
      ) : null}
      <Regenerate response={response} disabled={asked} />
      {response.text.trim() && beside ? (
        <Tooltip
          text={chosen ? 'The conversation continues from this answer' : 'Continue the conversation from this answer'}
        >
          <Button
            variant="ghost"
            size="small"
            className={chosen ? 'ml-auto text-primary hover:text-primary' : 'ml-auto'}
            aria-pressed={chosen}
            onClick={() => actions.choose(turn.id, response.id)}
          >
            <Check />
            {chosen ? 'chosen' : 'choose'}
          </Button>
        </Tooltip>
      ) : null}
    </div>
  );
}

/** Keeps the foot in sight as long as the lane is. */
const foot = 'sticky bottom-0 z-10 rounded-b-lg border-t bg-card';

function Meter({ state, stopping }: { state: StreamedResponse; stopping: boolean }) {
  const { response, metered, outputTokens } = state;
  const started = response.continues ? outputTokens > 0 : response.text !== '' || response.reasoning !== '';
  return (
    <p className="figures flex items-center gap-2 text-sm text-muted-foreground">
      <span className="size-2 rounded-full bg-primary" aria-hidden="true" />
      {stopping ? (
        'stopping'
      ) : started ? (
        <span>
          <span className="sr-only">writing, </span>
          <Tokens count={outputTokens} />
          {metered ? <Rate tokens={outputTokens - metered.outputTokens} since={metered.since} /> : null}
        </span>
      ) : response.continues ? (
        'about to continue'
      ) : (
        'waiting for the first word'
      )}
    </p>
  );
}

function Tokens({ count }: { count: number }) {
  return <>{count.toLocaleString('en-US')} tok</>;
}

function Rate({ tokens, since }: { tokens: number; since: number }) {
  const seconds = (performance.now() - since) / 1000;
  return seconds < 0.8 || tokens <= 0 ? null : <> · {Math.round(tokens / seconds)}/s</>;
}

function Regenerate({ response, disabled }: { response: ResponseFieldsFragment; disabled: boolean }) {
  const actions = useTurnActions();
  const others = actions.models.filter((model) => model.access.allowed && model.id !== response.model.id);
  return (
    <Menu>
      <Tooltip text="Ask again">
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label="Ask again" disabled={disabled}>
            <RotateCw />
          </Button>
        </MenuTrigger>
      </Tooltip>
      <MenuContent align="start" aria-label="Ask again">
        <MenuItem onSelect={() => actions.regenerate(response.id)}>
          <RotateCw />
          Ask {response.model.name} again
        </MenuItem>
        {others.length > 0 ? <MenuLabel>or ask another model</MenuLabel> : null}
        {others.map((model) => (
          <MenuItem key={model.id} onSelect={() => actions.regenerate(response.id, model.id)}>
            <span className="grid w-4 place-items-center">
              <ProviderMark providerId={model.provider.id} />
            </span>
            {model.name}
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  );
}
