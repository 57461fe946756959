import { lanes as texts } from 'texts:chat';
import { ArrowRight, Check, ChevronLeft, ChevronRight, Copy, RotateCw, Square } from 'lucide-react';
import { memo, useRef } from 'react';
import type { ResponseFieldsFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { sentence } from '../../languages/sentence.tsx';
import { useAlive } from '../../ui/browser/alive.ts';
import { useCopy } from '../../ui/browser/copy.ts';
import { useKeptFocus } from '../../ui/browser/kept-focus.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '../../ui/menu.tsx';
import { ProviderMark } from '../../ui/provider-mark.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { unseenWords } from '../files/seen-files.ts';
import { isStandIn, letterOf, nameOf } from '../following/hidden.ts';
import { isLive, saysSomething } from '../following/response-stream.ts';
import { useStreamedResponse } from '../following/turn-streams.ts';
import { SourcesLine } from '../judging/merging/sources-line.tsx';
import { useTurnActions } from '../turns/actions.ts';
import { isPending } from '../turns/pending.ts';
import { continuedBy, type Versions as LaneVersions, shownOf } from '../turns/versions.ts';
import { AnswerParts } from './answer-parts.tsx';
import { callUnderWay } from './drawn-parts.ts';
import { LaneControlButtons } from './lanes/lane-controls.tsx';
import { useShownStatus } from './lanes/use-shown-status.ts';
import { isMock, MockMark } from './mocks.tsx';
import { Figures, Outcome } from './outcome.tsx';
import { statusSigns } from './status-signs.ts';
import { Unit } from './unit.tsx';

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
  const response = useShownStatus(snapshot);
  const headId = `lane-${response.id}`;
  const article = useRef<HTMLElement>(null);
  const keptFocus = useKeptFocus(article, `${response.id} ${response.status}`);
  return (
    <article
      ref={article}
      {...keptFocus}
      aria-labelledby={headId}
      className="flex min-w-0 flex-col bg-(--ground)"
      data-response={response.id}
      data-status={response.status}
    >
      <header
        data-lane-head
        className="sticky top-(--head) z-10 flex h-10 items-center gap-2 rounded-t-lg border-b bg-(--ground) px-(--inset) max-md:h-12"
      >
        <span className="relative flex h-full min-w-0 flex-1 items-center gap-2">
          <Name id={headId} response={response} blind={turn.blind} />
          <span className="sr-only">{`, ${statusSigns[response.status].word}`}</span>
          <LaneControlButtons name={nameOf(response.model)} />
        </span>
        {versions.length > 1 ? (
          <Versions at={at} count={versions.length} onPick={(index) => show(turn.id, versions[index]?.id ?? '')} />
        ) : null}
        <StopLane turnId={turn.id} response={response} stopping={stopping.has(response.id)} />
      </header>
      <LaneBody turn={turn} snapshot={snapshot} />
      <LaneFoot
        turn={turn}
        snapshot={snapshot}
        response={response}
        beside={beside}
        stopping={stopping.has(response.id)}
        asked={versions.some(({ id }) => isPending(id))}
        newest={newest}
      />
    </article>
  );
});

/** The answer itself. It alone is rendered with each piece of text. */
function LaneBody({ turn, snapshot }: Pick<LaneProps, 'turn'> & { snapshot: ResponseFieldsFragment }) {
  const state = useStreamedResponse(snapshot);
  const { response, fallback } = state;
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-3 px-(--inset) py-3">
      {fallback && !isStandIn(response.model) ? (
        <p className="text-sm text-warning">
          <span aria-hidden="true">⚠ </span>
          {fallback.reason} {sentence(texts.answeredBy, { name: <bdi>{fallback.to.name}</bdi> })}
        </p>
      ) : null}
      <SourcesLine turn={turn} response={response} />
      <UnseenFiles words={unseenWords(response, turn.files)} />
      <AnswerParts state={state} />
      <Outcome state={state} />
    </div>
  );
}

/** What of the prompt's files the model did not see. */
function UnseenFiles({ words }: { words: string | null }) {
  return words === null ? null : <p className="text-sm wrap-anywhere text-muted-foreground">{words}</p>;
}

/** The model's name. In a blind turn a letter stands for it, which stays beside the name when that is revealed. */
function Name({ id, response, blind }: { id: string; response: ResponseFieldsFragment; blind: boolean }) {
  const { model, servedBy, lane } = response;
  const secret = isStandIn(model);
  const mock = !secret && isMock(servedBy ?? model);
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
          {nameOf(model)}
        </h3>
        {mock ? <MockMark /> : null}
        {secret ? null : (
          <span
            // The mark has said that it is a mock.
            aria-hidden={(mock && isMock(model)) || undefined}
            className="lane-provider ms-auto truncate text-sm text-muted-foreground"
          >
            {model.provider.name}
          </span>
        )}
      </span>
    </>
  );
}

function Versions({ at, count, onPick }: { at: number; count: number; onPick: (index: number) => void }) {
  return (
    <span className="figures -me-2 flex items-center text-sm text-muted-foreground">
      <Button
        variant="ghost"
        size="icon"
        className={arrow}
        aria-label={texts.earlierAnswer}
        disabled={at === 0}
        onClick={() => onPick(at - 1)}
      >
        <ChevronLeft className="rtl:-scale-x-100" />
      </Button>
      <span aria-hidden="true">
        {at + 1}/{count}
      </span>
      <span className="sr-only">{texts.answerAt({ at: at + 1, count })}</span>
      <Button
        variant="ghost"
        size="icon"
        className={arrow}
        aria-label={texts.laterAnswer}
        disabled={at === count - 1}
        onClick={() => onPick(at + 1)}
      >
        <ChevronRight className="rtl:-scale-x-100" />
      </Button>
    </span>
  );
}

const arrow = 'size-6 max-md:size-[44px]';

interface StopLaneProps {
  turnId: string;
  response: ResponseFieldsFragment;
  stopping: boolean;
}

/** Stops this answer alone. It is in the head, which stays where it is while text arrives. */
function StopLane({ turnId, response, stopping }: StopLaneProps) {
  const actions = useTurnActions();
  if (!isLive(response.status)) return null;
  return (
    <Tooltip text={texts.stopThis}>
      <Button
        variant="ghost"
        size="icon"
        className="-me-2 size-7 max-md:size-[44px]"
        aria-label={texts.stop({ name: nameOf(response.model) })}
        disabled={stopping}
        onClick={() => actions.stop(turnId, [response.id])}
      >
        <Square className="size-3! fill-current" />
      </Button>
    </Tooltip>
  );
}

interface FootProps extends Pick<LaneProps, 'turn' | 'beside' | 'newest'> {
  snapshot: ResponseFieldsFragment;
  /** As it is now, without the text that arrives. */
  response: ResponseFieldsFragment;
  stopping: boolean;
  /** Whether another answer was asked for in this lane, and has not begun. */
  asked: boolean;
}

function LaneFoot({ turn, snapshot, response, beside, stopping, asked, newest }: FootProps) {
  const alive = useAlive();
  if (isLive(response.status)) {
    return (
      <footer className={classes(foot, 'flex h-11 items-center px-(--inset)')}>
        <Meter snapshot={snapshot} stopping={stopping} />
      </footer>
    );
  }
  return (
    <footer className={classes(foot, 'px-[calc(var(--inset)-8px)] pb-1')}>
      <Figures response={response} before={continuedBy(response, turn.responses)} />
      {/* The buttons of a lane are a dozen components: the server's page has them only where they are in sight. */}
      {newest || alive ? (
        <Actions response={response} beside={beside && newest} asked={asked} />
      ) : (
        <div className="h-8 max-md:h-[44px]" />
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
        <Tooltip text={copied ? texts.copied : texts.copy}>
          <Button
            variant="ghost"
            size="icon"
            className={action}
            aria-label={copied ? texts.copied : texts.copyAnswer}
            onClick={() => copy(response.text)}
          >
            {copied ? <Check /> : <Copy />}
          </Button>
        </Tooltip>
      ) : null}
      <Regenerate response={response} disabled={asked} />
      {saysSomething(response) && beside && !isStandIn(response.model) ? (
        <Tooltip text={texts.continueMeaning({ name: response.model.name })}>
          <Button
            variant="ghost"
            size="small"
            className="ms-auto min-w-0 shrink max-md:h-[44px]"
            aria-label={texts.continueWith({ name: response.model.name })}
            onClick={() => actions.continueWith(response)}
          >
            <span className="truncate">{texts.continueWithThis}</span>
            <ArrowRight className="rtl:-scale-x-100" />
          </Button>
        </Tooltip>
      ) : null}
    </div>
  );
}

const action = 'max-md:size-[44px]';

/** Keeps the foot in sight as long as the lane is. */
const foot = 'lane-foot sticky bottom-0 z-10 rounded-b-lg border-t bg-(--ground)';

function Meter({ snapshot, stopping }: Pick<FootProps, 'snapshot' | 'stopping'>) {
  const { response, metered, outputTokens } = useStreamedResponse(snapshot);
  const secret = isStandIn(response.model);
  const call = callUnderWay(response);
  const started = response.continues ? outputTokens > 0 : response.text !== '' || response.reasoning !== '';
  return (
    <p className="figures flex items-center gap-2 text-sm text-muted-foreground">
      <span className="size-2 rounded-full bg-primary" aria-hidden="true" />
      {stopping ? (
        texts.stopping
      ) : call ? (
        call.status === 'WAITING_FOR_APPROVAL' ? (
          texts.waitingForYou
        ) : (
          texts.usingTool
        )
      ) : started && secret ? (
        texts.writing
      ) : started ? (
        <span>
          <Unit short={texts.tokens({ tokens: outputTokens })} long={texts.tokensSaid({ tokens: outputTokens })} />
          {metered ? <Rate tokens={outputTokens - metered.outputTokens} since={metered.since} /> : null}
        </span>
      ) : response.continues ? (
        texts.aboutToContinue
      ) : response.mergeMode && response.status === 'QUEUED' ? (
        texts.waitingForOthers
      ) : (
        texts.waitingForWord
      )}
    </p>
  );
}

function Rate({ tokens, since }: { tokens: number; since: number }) {
  const seconds = (performance.now() - since) / 1000;
  if (seconds < 0.8 || tokens <= 0) return null;
  const rate = { tokens: Math.round(tokens / seconds) };
  return (
    <>
      {' · '}
      <Unit short={texts.perSecond(rate)} long={texts.perSecondSaid(rate)} />
    </>
  );
}

function Regenerate({ response, disabled }: { response: ResponseFieldsFragment; disabled: boolean }) {
  const actions = useTurnActions();
  // Another model would stand out between blind answers.
  const others = isStandIn(response.model)
    ? []
    : actions.models.filter((model) => model.access.allowed && model.id !== response.model.id);
  return (
    <Menu>
      <Tooltip text={texts.askAgain}>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" className={action} aria-label={texts.askAgain} disabled={disabled}>
            <RotateCw />
          </Button>
        </MenuTrigger>
      </Tooltip>
      <MenuContent align="start" aria-label={texts.askAgain}>
        <MenuItem onSelect={() => actions.regenerate(response.id)}>
          <RotateCw />
          {/* One element, since the item puts gaps between its elements. */}
          <span>{sentence(texts.askNameAgain, { name: <bdi>{nameOf(response.model)}</bdi> })}</span>
        </MenuItem>
        {isStandIn(response.model) ? <MenuLabel>{texts.ownSpeed}</MenuLabel> : null}
        {others.length > 0 ? <MenuLabel>{texts.orAnother}</MenuLabel> : null}
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
