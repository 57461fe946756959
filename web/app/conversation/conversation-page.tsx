import { ArrowDown } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useAnnounce } from '../frame/announcer.tsx';
import { useConnection } from '../graphql/api.tsx';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';
import { useTakenOver } from '../ui/browser/alive.ts';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';
import { Button } from '../ui/button.tsx';
import { plural } from '../ui/figures.ts';
import { EmptyState } from './arena/empty-state.tsx';
import { isMocksOnly } from './arena/mocks.tsx';
import { Turn } from './arena/turn.tsx';
import { useArenaScroll } from './arena/use-arena-scroll.ts';
import { Composer } from './composer/composer.tsx';
import { SendErrorNotice } from './composer/send-error.tsx';
import { usePromptFocus } from './composer/use-prompt-focus.ts';
import { usePresence } from './presence.ts';
import { type TurnActions, TurnActionsProvider } from './turns/actions.ts';
import {
  type Asking,
  type Choice,
  keepChoice,
  keepParameters,
  modelsOfTurn,
  rememberModels,
  useChoice,
  useParameters,
} from './turns/asking.ts';
import { useCarriedOver } from './turns/carried-over.ts';
import { composerPlace, DraftsProvider, joined, useDraft, useDraftsOf } from './turns/drafts.ts';
import { isLive, type StreamedResponse } from './turns/response-stream.ts';
import { TurnStreamsProvider } from './turns/turn-streams.ts';
import { type LoadedConversation, type Sent, useTurns } from './turns/use-turns.ts';

interface ConversationPageProps {
  viewerId: string;
  loaded: LoadedConversation | null;
  models: readonly ModelChoiceFragment[];
  /** For a conversation that has no turn yet. */
  initialModelIds: string[];
  modelsPerPrompt: number;
  maxOutputTokens: number;
  /** On a phone one lane is seen at a time, the same one in every turn. */
  activeLane: number;
  onActiveLane: (lane: number) => void;
  /** A prompt was taken: the conversation it is in, its turn, and whether the person still is where they sent it. */
  onSent: (sent: Sent, how: { branch: boolean; present: boolean }) => void;
  onShowBranch: (turnId: string) => void;
}

/** In the server's page: what is in sight, since a conversation opens at its last turn. The browser has the others at hand. */
const turnsOfServer = 1;

/** The arena: a conversation's turns and the composer below them. Mounted anew for each conversation and branch. */
export function ConversationPage({ viewerId, loaded, models, onSent, onShowBranch, ...props }: ConversationPageProps) {
  const announce = useAnnounce();
  const conversationId = loaded?.head.id ?? null;
  const turnsState = useTurns(loaded, models, (state) => announce(statusLine(state)));
  const { streams, turns, pending } = turnsState;
  const isPresent = usePresence();
  const drafts = useDraftsOf(viewerId);
  const [place, setPlace] = useState(composerPlace(conversationId));
  const draft = useDraft(drafts, place);
  const parameters = useParameters(drafts, place);
  const setDraft = (text: string) => drafts.write(place, text);
  const composer = useRef<HTMLTextAreaElement>(null);
  const [asked, setAsked] = useState<Choice>(() => {
    const last = loaded?.turns.at(-1);
    const modelIds = last ? modelsOfTurn(last) : props.initialModelIds;
    return { modelIds, systemPrompt: loaded?.head.systemPrompt ?? '' };
  });
  const choice = useChoice(drafts, place, asked);
  const asking: Asking = { ...choice, parameters };
  const shown = pending ? [...turns, pending] : turns;
  const takenOver = useTakenOver();
  const rendered = takenOver ? shown : shown.slice(-turnsOfServer);
  const scroll = useArenaScroll(shown.at(-1)?.id, rendered.length === shown.length);
  const editedAt = useRef<number | null>(null);
  // Back to the words of an edit that failed: the turn on its way had pushed them out of sight.
  useBrowserLayoutEffect(() => {
    if (!turnsState.failed || editedAt.current === null) return;
    scroll.ref.current?.scrollTo({ top: editedAt.current });
    editedAt.current = null;
  }, [turnsState.failed]);
  usePromptFocus(composer);
  useCarriedOver({ conversationId, turns, sending: pending !== null, arena: scroll.ref, composer });

  /** @param rest what stays in the composer */
  async function send(prompt: string, rest = ''): Promise<void> {
    if (pending || !prompt.trim()) return;
    setDraft(rest);
    keepChoice(drafts, place, asked, null);
    setAsked(choice);
    let since = '';
    const retry = () => {
      // Untouched since, it is the same prompt, and what was written after it still waits; else what stands there now.
      const now = drafts.read(place);
      if (!now.trim()) return turnsState.dismissFailed();
      const untouched = now === joined(prompt, since);
      void latest.current.send(untouched ? prompt : now, untouched ? since : '');
    };
    const sent = await turnsState.send(prompt, asking, { kept: 'composer', retry });
    if (sent) {
      const present = isPresent();
      if (!loaded) begin(sent.conversation.id, present);
      taken(sent, { branch: false, present });
    } else {
      since = drafts.read(place);
      setDraft(joined(prompt, since));
      // A choice that was changed meanwhile is kept already.
      if (latest.current.choice === choice) keepChoice(drafts, place, asked, choice);
      composer.current?.focus();
    }
  }

  /** What is being written for the new conversation goes along into it. */
  function begin(id: string, present: boolean): void {
    keepParameters(drafts, id, parameters);
    if (!present) return;
    drafts.write(id, drafts.read(place));
    flushSync(() => setPlace(id));
    drafts.write(place, '');
    keepParameters(drafts, place, {});
  }

  async function edit(turn: LoadedConversation['turns'][number], prompt: string): Promise<void> {
    if (pending) return;
    const retry = () => {
      const now = drafts.read(turn.id);
      // It may have been given up since.
      if (!now.trim()) return turnsState.dismissFailed();
      void latest.current.edit(turn, now);
    };
    editedAt.current = scroll.ref.current?.scrollTop ?? null;
    const sent = await turnsState.send(prompt, asking, { before: turn, kept: 'editor', retry });
    if (!sent) return;
    editedAt.current = null;
    drafts.write(turn.id, '');
    // The editor goes; the caret is taken over to the branch's page.
    if (matchMedia('(pointer: fine)').matches) composer.current?.focus({ preventScroll: true });
    taken(sent, { branch: true, present: isPresent() });
  }

  function taken(sent: Sent, how: { branch: boolean; present: boolean }): void {
    rememberModels(viewerId, asking.modelIds);
    onSent(sent, how);
  }

  const latest = useRef({ turnsState, choice, send, edit, onShowBranch });
  useBrowserLayoutEffect(() => {
    latest.current = { turnsState, choice, send, edit, onShowBranch };
  });
  // The same object while the page stands, so that a new letter of the draft renders no lane again.
  const actions = useMemo<TurnActions>(
    () => ({
      models,
      stop: (...args) => latest.current.turnsState.stop(...args),
      regenerate: (...args) => latest.current.turnsState.regenerate(...args),
      goOn: (...args) => latest.current.turnsState.goOn(...args),
      choose: (...args) => latest.current.turnsState.choose(...args),
      show: (...args) => latest.current.turnsState.show(...args),
      edit: (turn, prompt) => void latest.current.edit(turn, prompt),
      showBranch: (turnId) => latest.current.onShowBranch(turnId),
    }),
    [models],
  );

  return (
    <DraftsProvider value={drafts}>
      <TurnActionsProvider value={actions}>
        <TurnStreamsProvider value={streams}>
          <div className="relative min-h-0 flex-1 print:static">
            <div ref={scroll.ref} className="arena h-full" {...scroll.handlers}>
              {shown.length === 0 ? (
                <EmptyState
                  mocksOnly={isMocksOnly(models)}
                  onPick={(prompt) => {
                    setDraft(prompt);
                    composer.current?.focus();
                  }}
                />
              ) : null}
              {takenOver && turnsState.hasEarlier ? (
                <div className="turn-row flex justify-center">
                  <Button size="small" onClick={() => void scroll.keepingPlace(turnsState.loadEarlier)}>
                    Show earlier turns
                  </Button>
                </div>
              ) : null}
              {rendered.map((turn) => (
                <Turn
                  key={turn.id}
                  turn={turn}
                  pending={turn === pending}
                  busy={pending !== null}
                  stopping={turnsState.stopping}
                  activeLane={props.activeLane}
                  onActiveLane={props.onActiveLane}
                  newest={turn === shown.at(-1)}
                />
              ))}
            </div>
            {scroll.belowIsMore ? (
              <Button
                size="icon"
                className="absolute -bottom-4 left-1/2 z-30 -ml-4 rounded-full bg-popover print:hidden"
                aria-label="Go to the end"
                onClick={scroll.toEnd}
              >
                <ArrowDown />
              </Button>
            ) : null}
          </div>
          <div className={`relative print:hidden ${shown.length > 0 ? 'border-t pt-3' : ''}`}>
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
              onAsking={({ parameters: changed, ...others }) => {
                keepChoice(drafts, place, asked, others);
                keepParameters(drafts, place, changed);
              }}
              sending={pending !== null}
              onSend={() => {
                // The button that was pressed goes out; the caret stays, but brings up no keyboard of glass.
                if (matchMedia('(pointer: fine)').matches) composer.current?.focus();
                void send(draft);
              }}
              notice={
                turnsState.failed ? (
                  <SendErrorNotice failed={turnsState.failed} onDismiss={turnsState.dismissFailed} />
                ) : null
              }
            />
          </div>
        </TurnStreamsProvider>
      </TurnActionsProvider>
    </DraftsProvider>
  );
}

/** Over the answers' lower edge, so that nothing moves; and not before a second, which most losses do not last. */
function Reconnecting() {
  const connection = useConnection();
  return connection === 'lost' ? (
    <p
      role="status"
      className="pointer-events-none absolute bottom-full left-1/2 z-20 mb-2 -translate-x-1/2 animate-appear-late rounded-full border bg-popover px-3 py-1 text-sm text-muted-foreground shadow-float"
    >
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
