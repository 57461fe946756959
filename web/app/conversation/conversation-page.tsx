import { conversation as texts } from 'texts:chat';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { usePayers } from '../frame/payers.tsx';
import { useConnectionState } from '../graphql/api.tsx';
import type { ConversationHeadFragment, ModelChoiceFragment, PayerTeamFragment } from '../graphql/generated/graphql.ts';
import { useTakenOver } from '../ui/browser/alive.ts';
import { focusField } from '../ui/browser/focus.ts';
import { remember } from '../ui/browser/memory.ts';
import { loadMarkdown } from './answer/markdown-loading.ts';
import { EmptyState } from './arena/empty-state.tsx';
import { LanePlacesProvider, useLanePlacesOf } from './arena/lanes/lane-places.ts';
import { isMocksOnly } from './arena/mocks.tsx';
import { useArenaScroll } from './arena/use-arena-scroll.ts';
import { useBranch } from './arena/use-branch.ts';
import { Composer } from './composer/composer.tsx';
import { type ComposerDraft, useComposerDraft, useComposerDraftAt } from './composer/composer-draft.ts';
import { DraftsProvider, useDraftsOf } from './composer/drafts.ts';
import type { Beginning } from './composer/presets/use-preset-choice.tsx';
import { SendErrorNotice } from './composer/send-error.tsx';
import { useModelsFor } from './composer/use-models-for.ts';
import { usePromptFocus } from './composer/use-prompt-focus.ts';
import { useAttachments } from './files/attachments.ts';
import { TurnStreamsProvider } from './following/turn-streams.ts';
import { loadTurn } from './provided-turn.ts';
import { TemporaryBar } from './temporary/temporary-bar.tsx';
import { type TurnActions, TurnActionsProvider } from './turns/actions.ts';
import { withKnownHistory } from './turns/asking.ts';
import type { Conversation } from './turns/conversation.ts';
import {
  type ConversationState,
  type FirstChoice,
  keyOf,
  knownTurns,
  type LoadedConversation,
  newestTurn,
} from './turns/conversation-state.ts';
import { TurnsView } from './turns-view.tsx';
import { useConversation } from './use-conversation.ts';
import { useDrawnTurns } from './use-drawn-turns.ts';
import { type Prompting, usePrompting } from './use-prompting.ts';
import { useStopping } from './use-stopping.ts';

interface ConversationPageProps {
  viewerId: string;
  /** The conversation as it was loaded last; null before there is one. */
  loaded: LoadedConversation | null;
  /** The conversation in the address; null while the address is a new chat's. */
  conversationId: string | null;
  models: readonly ModelChoiceFragment[];
  /** How this browser has arranged the lanes, as it told the server; empty: it told nothing. */
  arranged: readonly string[];
  /** What a conversation without a turn asks, and who pays. */
  first: FirstChoice;
  /** The folder in which a new chat begins; null: in none. */
  folderId: string | null;
  /** The preset that a new chat begins with; null: none. */
  beginning: Beginning | null;
  modelsPerPrompt: number;
  maxOutputTokens: number;
  /** Whether the viewer may connect providers. */
  isAdmin: boolean;
  /** The viewer's own credits that are available. */
  ownCredits: number;
  /** Called when the API has taken a prompt, maybe after the page has gone. `through` is the turn whose branch is shown since. */
  onTaken: (head: ConversationHeadFragment, shown: { through: string | null }) => void;
  /** Has to be the same function in every render. */
  onShowBranch: (turnId: string) => void;
}

/** A conversation's turns and the composer below them, from the first letter of a new chat on. */
export function ConversationPage({ viewerId, loaded, conversationId, models, ...props }: ConversationPageProps) {
  const { conversation, state, shown, absent } = useConversation({
    loaded,
    models,
    first: props.first,
    folderId: props.folderId,
  });
  const { prompt, failed } = state;
  const [activeLane, showLane] = useState(0);
  const places = useLanePlacesOf(viewerId, state.head?.id ?? conversationId, props.arranged);
  const halt = useStopping(conversation, { shown, absent }, state.stopping);
  const takenOver = useTakenOver();
  const openedAt = loaded?.at ?? null;
  const rendered = useDrawnTurns(state, shown, { takenOver, openedAt });
  const newest = prompt?.turn ?? newestTurn(state);
  const scroll = useArenaScroll(newest && keyOf(state, newest), takenOver, openedAt);
  useBranch(conversation, loaded, { turns: state.turns, arena: scroll.ref });
  const composer = useRef<HTMLTextAreaElement>(null);
  usePromptFocus(composer, loaded);
  const drafts = useDraftsOf(viewerId);
  const draft = useComposerDraftAt(drafts, conversationId);
  const prompting = usePrompting({
    ...{ conversation, draft, drafts, composer, failed },
    arena: scroll.ref,
    onTaken(sent, { modelIds, blind }) {
      const payerId = sent.conversation.payer?.id;
      if (!blind) remember('models', viewerId, modelIds);
      remember('payer', viewerId, payerId === undefined ? [] : [payerId]);
      props.onTaken(sent.conversation, { through: conversation.store.read().through });
    },
  });
  const { onShowBranch, beginning } = props;
  // The object stays the same, so that a new letter of the draft renders no lane again.
  const actions = useMemo<TurnActions>(() => {
    const { stop, regenerate, goOn, show, told, streams } = conversation;
    const { edit, continueWith } = prompting;
    return {
      models,
      stop,
      regenerate,
      goOn,
      show,
      told,
      unpace: streams.unpace,
      showLane,
      edit,
      continueWith,
      showBranch: onShowBranch,
    };
  }, [models, conversation, prompting, onShowBranch]);
  return (
    <DraftsProvider value={drafts}>
      <TurnActionsProvider value={actions}>
        <TurnStreamsProvider value={conversation.streams}>
          <TemporaryBar head={state.head} isNew={shown.length === 0} onChoose={conversation.chooseTemporary} />
          <LanePlacesProvider value={places}>
            <div className="relative min-h-0 flex-1 print:static">
              <TurnsView
                {...{ conversation, state, rendered, scroll, activeLane }}
                takenOver={takenOver}
                isWhole={takenOver && rendered.length === shown.length}
                onActiveLane={showLane}
                empty={
                  <EmptyState
                    mocksOnly={isMocksOnly(models)}
                    isAdmin={props.isAdmin}
                    onPick={(suggestion) => {
                      draft.write(suggestion);
                      focusField(composer.current);
                    }}
                  />
                }
              />
            </div>
          </LanePlacesProvider>
          <div className={`relative print:hidden ${shown.length > 0 ? 'border-t pt-3' : ''}`}>
            <Reconnecting />
            <NextPrompt
              {...{ composer, models, draft, conversation, state, prompting, beginning, ...halt }}
              firstModelIds={props.first.modelIds}
              modelsPerPrompt={props.modelsPerPrompt}
              maxOutputTokens={props.maxOutputTokens}
              ownCredits={props.ownCredits}
            />
          </div>
        </TurnStreamsProvider>
      </TurnActionsProvider>
    </DraftsProvider>
  );
}

interface NextPromptProps
  extends ReturnType<typeof useStopping>,
    Pick<ConversationPageProps, 'models' | 'beginning' | 'modelsPerPrompt' | 'maxOutputTokens' | 'ownCredits'> {
  /** The models that a conversation without a turn asks. */
  firstModelIds: readonly string[];
  composer: RefObject<HTMLTextAreaElement>;
  draft: ComposerDraft;
  conversation: Conversation;
  state: ConversationState;
  prompting: Prompting;
}

/** The composer with its draft. It alone is rendered with each letter. */
function NextPrompt({
  composer,
  models,
  draft,
  conversation,
  state,
  prompting,
  running,
  stopAll,
  ...limits
}: NextPromptProps) {
  const { asked, failed, head, prompt } = state;
  const turns = knownTurns(state);
  const { text, choice: kept, parameters, preset } = useComposerDraft(draft, asked);
  const isBegun = text !== '';
  // Neither the prompt nor the answer's first word must wait for what draws it.
  useEffect(() => {
    if (!isBegun) return;
    loadTurn();
    void loadMarkdown();
  }, [isBegun]);
  const choice = withKnownHistory(kept, turns);
  const authorOf = (responseId: string) =>
    turns.flatMap(({ responses }) => responses).find(({ id }) => id === responseId)?.model.name ?? null;
  const team = useShownPayer(choice.payerId);
  const payable = useModelsFor(models, team?.id ?? null);
  const { attachments, add, remove } = useAttachments(draft);
  return (
    <Composer
      {...limits}
      ref={composer}
      models={payable}
      lastPayer={head?.payer?.name ?? null}
      conversationId={head?.id ?? null}
      draft={text}
      onDraft={draft.write}
      attachments={attachments}
      onAttach={add}
      onDetach={remove}
      asked={asked}
      authorOf={authorOf}
      preset={preset}
      onPreset={draft.keepPreset}
      hidden={newestTurn(state)?.hidden ?? false}
      asking={{ ...choice, parameters }}
      onAsking={({ parameters, ...choice }) => {
        draft.keepChoice({ before: asked, choice });
        draft.keepParameters(parameters);
      }}
      sending={prompt !== null}
      onSend={() => {
        // The pressed button is disabled now. The caret returns to the prompt, unless that brings up an on-screen keyboard.
        focusField(composer.current);
        prompting.send();
      }}
      running={running}
      onStop={() => {
        stopAll();
        focusField(composer.current);
      }}
      notice={
        failed ? <SendErrorNotice failed={failed} models={models} onDismiss={conversation.dismissFailed} /> : null
      }
    />
  );
}

/** Shows the chosen payer's credits in the frame while the composer is open. Null: the viewer pays. */
function useShownPayer(payerId: string | undefined): PayerTeamFragment | null {
  const { teams, show } = usePayers();
  const team = teams.find(({ id }) => id === payerId) ?? null;
  const teamId = team?.id ?? null;
  useEffect(() => {
    show(teamId);
    return () => show(null);
  }, [show, teamId]);
  return team;
}

/**
 * Says that the connection is lost. The line lies over the answers' lower edge, so that nothing moves, and appears after a
 * second, which most losses do not last.
 */
function Reconnecting() {
  const connection = useConnectionState();
  return connection === 'lost' ? (
    <p
      role="status"
      className="pointer-events-none absolute bottom-full left-1/2 z-20 mb-2 -translate-x-1/2 animate-appear-late rounded-full border bg-popover px-3 py-1 text-sm text-muted-foreground shadow-float"
    >
      {texts.reconnecting}
    </p>
  ) : null;
}
