import { ArrowDown } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useConnection } from '../graphql/api.tsx';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { plural } from '../ui/figures.ts';
import { useBrowserLayoutEffect } from '../ui/layout-effect.ts';
import { type TurnActions, TurnActionsProvider } from './actions.ts';
import { useAnnounce } from './announcer.tsx';
import { type Asking, modelsOfTurn, rememberModels } from './asking.ts';
import { Composer } from './composer.tsx';
import { useDraft } from './drafts.ts';
import { EmptyState } from './empty-state.tsx';
import { isLive, type StreamedResponse } from './response-stream.ts';
import { SendErrorNotice } from './send-error.tsx';
import { Turn } from './turn.tsx';
import { TurnStreamsProvider } from './turn-streams.ts';
import { useArenaScroll } from './use-arena-scroll.ts';
import { type LoadedConversation, type Sent, useTurns } from './use-turns.ts';

interface ConversationPageProps {
  loaded: LoadedConversation | null;
  models: readonly ModelChoiceFragment[];
  /** For a conversation that has no turn yet. */
  initialModelIds: string[];
  modelsPerPrompt: number;
  maxOutputTokens: number;
  /** On a phone one lane is seen at a time, the same one in every turn. */
  activeLane: number;
  onActiveLane: (lane: number) => void;
  /** A prompt was taken: the conversation it is in, and the turn where it began a branch. */
  onSent: (sent: Sent, branch: boolean) => void;
  onShowBranch: (turnId: string) => void;
}

/** The arena: a conversation's turns and the composer below them. Mounted anew for each conversation and branch. */
export function ConversationPage({ loaded, models, onSent, onShowBranch, ...props }: ConversationPageProps) {
  const announce = useAnnounce();
  const conversationId = loaded?.head.id ?? null;
  const turnsState = useTurns(loaded, models, (state) => announce(statusLine(state)));
  const { streams, turns, pending } = turnsState;
  const [draft, setDraft] = useDraft(conversationId);
  const composer = useRef<HTMLTextAreaElement>(null);
  const [asking, setAsking] = useState<Asking>(() => {
    const last = loaded?.turns.at(-1);
    const modelIds = last ? modelsOfTurn(last) : props.initialModelIds;
    return { modelIds, parameters: {}, systemPrompt: loaded?.head.systemPrompt ?? '' };
  });
  const shown = pending ? [...turns, pending] : turns;
  const scroll = useArenaScroll(shown.at(-1)?.id);

  async function send(prompt: string, before?: LoadedConversation['turns'][number]): Promise<void> {
    if (!before) setDraft('');
    const sent = await turnsState.send(prompt, asking, before);
    if (sent) {
      rememberModels(asking.modelIds);
      onSent(sent, before !== undefined);
    } else if (!before) {
      setDraft(prompt);
      composer.current?.focus();
    }
  }

  const latest = useRef({ turnsState, send, onShowBranch });
  useBrowserLayoutEffect(() => {
    latest.current = { turnsState, send, onShowBranch };
  });
  // The same object while the page stands, so that a new letter of the draft renders no lane again.
  const actions = useMemo<TurnActions>(
    () => ({
      models,
      stop: (...args) => latest.current.turnsState.stop(...args),
      regenerate: (...args) => latest.current.turnsState.regenerate(...args),
      choose: (...args) => latest.current.turnsState.choose(...args),
      edit: (turn, prompt) => void latest.current.send(prompt, turn),
      showBranch: (turnId) => latest.current.onShowBranch(turnId),
    }),
    [models],
  );

  return (
    <TurnActionsProvider value={actions}>
      <TurnStreamsProvider value={streams}>
        <div className="relative min-h-0 flex-1">
          <div ref={scroll.ref} className="arena h-full" {...scroll.handlers}>
            {shown.length === 0 ? (
              <EmptyState
                onPick={(prompt) => {
                  setDraft(prompt);
                  composer.current?.focus();
                }}
              />
            ) : null}
            {turnsState.hasEarlier ? (
              <div className="turn-row flex justify-center">
                <Button size="small" onClick={() => void scroll.keepingPlace(turnsState.loadEarlier)}>
                  Show earlier turns
                </Button>
              </div>
            ) : null}
            {shown.map((turn) => (
              <Turn
                key={turn.id}
                turn={turn}
                pending={turn === pending}
                activeLane={props.activeLane}
                onActiveLane={props.onActiveLane}
              />
            ))}
          </div>
          {scroll.belowIsMore ? (
            <Button
              size="icon"
              className="absolute -bottom-4 left-1/2 z-30 -ml-4 rounded-full bg-popover"
              aria-label="Go to the end"
              onClick={scroll.toEnd}
            >
              <ArrowDown />
            </Button>
          ) : null}
        </div>
        <div className={shown.length > 0 ? 'border-t pt-3' : ''}>
          <Reconnecting />
          <Composer
            ref={composer}
            conversationId={conversationId}
            models={models}
            modelsPerPrompt={props.modelsPerPrompt}
            maxOutputTokens={props.maxOutputTokens}
            draft={draft}
            onDraft={setDraft}
            asking={asking}
            onAsking={setAsking}
            sending={pending !== null}
            onSend={() => void send(draft)}
            notice={
              turnsState.error ? (
                <SendErrorNotice
                  error={turnsState.error}
                  onRetry={() => void send(draft)}
                  onDismiss={turnsState.dismissError}
                />
              ) : null
            }
          />
        </div>
      </TurnStreamsProvider>
    </TurnActionsProvider>
  );
}

function Reconnecting() {
  const connection = useConnection();
  return connection === 'lost' ? (
    <p role="status" className="px-6 pb-2 text-center text-sm text-muted-foreground">
      Reconnecting…
    </p>
  ) : null;
}

function statusLine({ response, outputTokens }: StreamedResponse): string {
  const { name } = response.model;
  if (isLive(response.status)) return `${name} is answering`;
  if (response.status === 'COMPLETED') return `${name} finished, ${plural(outputTokens, 'token')}`;
  if (response.status === 'STOPPED') return `${name} stopped`;
  return `${name} ${response.status === 'FAILED' ? 'failed' : 'was interrupted'}`;
}
