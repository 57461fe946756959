import { conversation as texts } from 'texts:chat';
import { ArrowDown } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { flushSync } from 'react-dom';
import type { TurnFieldsFragment } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { KeptTurns } from './arena/kept-turns.tsx';
import type { useArenaScroll } from './arena/use-arena-scroll.ts';
import { useTurnLoading } from './arena/use-turn-loading.ts';
import { useProvidedTurn } from './provided-turn.ts';
import type { Conversation } from './turns/conversation.ts';
import { type ConversationState, keyOf, newestTurn } from './turns/conversation-state.ts';
import { useFinding } from './use-finding.ts';

const FindBar = lazy(() => import('./finding/find-bar.tsx'));

interface TurnsViewProps {
  conversation: Conversation;
  state: ConversationState;
  /** The turns that are drawn. */
  rendered: readonly TurnFieldsFragment[];
  /** Whether the page's script runs. */
  takenOver: boolean;
  /** Whether these are all that are loaded. */
  isWhole: boolean;
  scroll: ReturnType<typeof useArenaScroll>;
  /** The lane that a phone shows. */
  activeLane: number;
  onActiveLane: (lane: number) => void;
  /** What is shown where there is no turn. */
  empty: ReactNode;
}

/** The turns in their scroller, with the search in them. Further turns come when the reader scrolls near them. */
export function TurnsView(props: TurnsViewProps) {
  const { conversation, state, rendered, takenOver, isWhole, scroll, activeLane, onActiveLane, empty } = props;
  const { prompt } = state;
  const newestId = (prompt?.turn ?? newestTurn(state))?.id;
  const loading = useTurnLoading(scroll.ref, conversation, isWhole);
  // Turns that are not in the page count too.
  const count = (newestTurn(state)?.position ?? 0) + (prompt && !prompt.instead ? 1 : 0);
  const Turn = useProvidedTurn(rendered.length > 0);
  const { finding, end: endFinding } = useFinding(state.head !== null);
  return (
    <>
      <div ref={scroll.ref} className="arena h-full" {...scroll.handlers}>
        {rendered.length === 0 ? empty : null}
        {takenOver && state.earlier !== null ? (
          <MoreTurns label={texts.earlierPrompts} onClick={loading.loadEarlier} />
        ) : null}
        <KeptTurns arena={scroll.ref} of={`${rendered[0]?.id} ${rendered.at(-1)?.id} ${state.earlier === null}`}>
          {rendered.map(
            (turn) =>
              Turn && (
                <Turn
                  key={keyOf(state, turn)}
                  turn={turn}
                  count={count}
                  pending={turn === prompt?.turn}
                  busy={prompt !== null}
                  stopping={state.stopping}
                  activeLane={activeLane}
                  onActiveLane={onActiveLane}
                  newest={turn.id === newestId}
                />
              ),
          )}
        </KeptTurns>
        {takenOver && state.later ? <MoreTurns label={texts.laterPrompts} onClick={loading.loadLater} /> : null}
      </div>
      {scroll.belowIsMore || state.later ? (
        <GoToEnd
          onClick={() => {
            flushSync(conversation.showEnd);
            scroll.toEnd();
          }}
        />
      ) : null}
      {finding && state.head && takenOver ? (
        <Suspense fallback={null}>
          <FindBar
            conversationId={state.head.id}
            finding={finding}
            arena={scroll.ref}
            turns={state.turns}
            drawn={rendered}
            onShowLane={onActiveLane}
            onEnd={endFinding}
          />
        </Suspense>
      ) : null}
    </>
  );
}

function MoreTurns({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <div className="turn-row flex justify-center">
      <Button size="small" onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}

function GoToEnd({ onClick }: { onClick: () => void }) {
  return (
    <Button
      size="icon"
      className="absolute -bottom-4 start-1/2 z-30 -ms-4 rounded-full bg-popover print:hidden"
      aria-label={texts.toEnd}
      onClick={onClick}
    >
      <ArrowDown />
    </Button>
  );
}
