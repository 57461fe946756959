import { ArrowRight, Check, ChevronLeft, ChevronRight, Copy, RotateCw, Square } from 'lucide-react';
import { memo, useRef } from 'react';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useAlive } from '../../ui/browser/alive.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { useKeptFocus } from '../../ui/browser/kept-focus.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '../../ui/menu.tsx';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { unseenWords } from '../files/seen-files.ts';
import { isStandIn, letterOf } from '../following/hidden.ts';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { SourcesLine } from '../judging/merging/sources-line.tsx';
import { useTurnActions } from '../turns/actions.ts';
import { isPending } from '../turns/pending.ts';
import { continuedBy, type Versions as LaneVersions, shownOf } from '../turns/versions.ts';
import { AnswerParts } from './answer-parts.tsx';
import { isMock, MockMark } from './mocks.tsx';
import { Figures, Outcome } from './outcome.tsx';

export interface LaneProps {
  turn: Pick<TurnFieldsFragment, 'id' | 'files' | 'responses' | 'blind'>;
  versions: LaneVersions;
  /** Whether the lane stands beside others, so that the conversation can continue with this one only. */
  beside: boolean;
  /** The ids of the responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  /** Whether the lane belongs to the last turn, which a page shows when it opens. */
  newest: boolean;
}

/** One model's column of a turn. */
export const Lane = memo(function Lane({ turn, versions, beside, stopping, newest }: LaneProps) {
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
        <Name id={headId} response={response} blind={turn.blind} />
        {versions.length > 1 ? (
          <Versions at={at} count={versions.length} onPick={(index) => show(turn.id, versions[index]?.id ?? '')} />
        ) : null}
      </header>
      <div className="flex min-w-0 flex-1 flex-col gap-3 px-4 py-3">
        {state.fallback && !isStandIn(response.model) ? (
          <p className="text-sm text-warning">
            <span aria-hidden="true">⚠ </span>
            {state.fallback.reason} Answered by {state.fallback.to.name}.
          </p>
        ) : null}
        <SourcesLine turn={turn} response={response} />
        <UnseenFiles words={unseenWords(response, turn.files)} />
        <AnswerParts state={state} />
        <Outcome state={state} />
      </div>
      <LaneFoot
        turn={turn}
        state={state}
        beside={beside}
        stopping={stopping.has(response.id)}
        asked={versions.some(({ id }) => isPending(id))}
        newest={newest}
      />
    </article>
  );
});

/** What of the prompt's files the model did not see. */
function UnseenFiles({ words }: { words: string | null }) {
  return words === null ? null : <p className="text-sm wrap-anywhere text-muted-foreground">{words}</p>;
}

/** The model's name. In a blind turn a letter stands for it, which stays beside the name when that is revealed. */
function Name({ id, response, blind }: { id: string; response: ResponseFieldsFragment; blind: boolean }) {
  const { model, servedBy, lane } = response;
  const secret = isStandIn(model);
  const wasSecret = useRef(secret).current;
  return (
    <>
      {blind ? (
        <span
          aria-hidden="true"
          className="grid size-5 shrink-0 place-items-center rounded-sm bg-primary-soft text-xs font-semibold text-primary"
        >
          {letterOf(lane)}
        </span>
      ) : null}
      <span
        // The key makes the name a new element, which enters with its movement.
        key={model.id}
        className={classes('flex min-w-0 flex-1 items-center gap-2', wasSecret && !secret && 'animate-reveal')}
      >
        {secret ? null : <ProviderMark providerId={model.provider.id} />}
        <h3 id={id} className="truncate text-sm font-semibold">
          {blind && !secret ? <span className="sr-only">{letterOf(lane)}: </span> : null}
          {model.name}
        </h3>
        {!secret && isMock(servedBy ?? model) ? <MockMark /> : null}
        {secret ? null : <span className="ml-auto truncate text-sm text-muted-foreground">{model.provider.name}</span>}
      </span>
    </>
  );
}

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
  stopping: boolean;
  /** Whether another answer was asked for in this lane, and has not begun. */
  asked: boolean;
}

function LaneFoot({ turn, state, beside, stopping, asked, newest }: FootProps) {
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
        <Actions response={response} beside={beside && newest} asked={asked} />
      ) : (
        <div className="h-8" />
      )}
    </footer>
  );
}

interface ActionsProps extends Pick<FootProps, 'beside' | 'asked'> {
  response: ResponseFieldsFragment;
}

function Actions({ response, beside, asked }: ActionsProps) {
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
      {response.text.trim() && beside && !isStandIn(response.model) ? (
        <Tooltip text={`Asks only ${response.model.name} from here on, with its own answers as the history`}>
          <Button
            variant="ghost"
            size="small"
            className="ml-auto min-w-0 shrink"
            aria-label={`Continue with ${response.model.name} only`}
            onClick={() => actions.continueWith(response)}
          >
            <span className="truncate">Continue with this only</span>
            <ArrowRight />
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
  const secret = isStandIn(response.model);
  const started = response.continues ? outputTokens > 0 : response.text !== '' || response.reasoning !== '';
  return (
    <p className="figures flex items-center gap-2 text-sm text-muted-foreground">
      <span className="size-2 rounded-full bg-primary" aria-hidden="true" />
      {stopping ? (
        'stopping'
      ) : started && secret ? (
        'writing'
      ) : started ? (
        <span>
          <span className="sr-only">writing, </span>
          <Tokens count={outputTokens} />
          {metered ? <Rate tokens={outputTokens - metered.outputTokens} since={metered.since} /> : null}
        </span>
      ) : response.continues ? (
        'about to continue'
      ) : response.mergeMode && response.status === 'QUEUED' ? (
        'waiting for the other answers'
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
  // Another model would stand out between blind answers.
  const others = isStandIn(response.model)
    ? []
    : actions.models.filter((model) => model.access.allowed && model.id !== response.model.id);
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
        {isStandIn(response.model) ? <MenuLabel>It comes at its own speed, so the verdict is marked.</MenuLabel> : null}
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
