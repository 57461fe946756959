import { findBar as texts } from 'texts:tools';
import { useNavigate } from '@remix-run/react';
import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useClient } from 'urql';
import { toAddressId } from '../../graphql/address-id.ts';
import type { TurnFieldsFragment } from '../../graphql/generated/graphql.ts';
import { direction } from '../../languages/locale.ts';
import { promptField } from '../../ui/browser/prompt-focus.ts';
import { Button } from '../../ui/button.tsx';
import { byLane } from '../turns/versions.ts';
import { type ConversationHit, findInConversation } from './conversation-hits.ts';
import { type Finding, step } from './finding.ts';
import { wordsOf } from './found-words.ts';
import { Marks, rangesIn } from './marks.ts';

interface FindBarProps {
  conversationId: string;
  finding: Finding;
  arena: RefObject<HTMLElement>;
  /** The turns that are loaded. */
  turns: readonly TurnFieldsFragment[];
  /** Those of them that are drawn. */
  drawn: readonly TurnFieldsFragment[];
  /** Has a phone show this lane of each turn, from 0. */
  onShowLane: (place: number) => void;
  onEnd: () => void;
}

interface Found {
  search: string;
  hits: readonly ConversationHit[];
  total: number;
  /** The hit that is shown; -1: none. */
  at: number;
  failed: boolean;
}

const nothing: Found = { search: '', hits: [], total: 0, at: -1, failed: false };
const pauseMs = 200;

/** Looks for words in the whole conversation, marks them, and goes from one prompt or answer that has them to the next. */
export default function FindBar({ conversationId, finding, arena, turns, drawn, onShowLane, onEnd }: FindBarProps) {
  const [text, setText] = useState(finding.text);
  const field = useRef<HTMLInputElement>(null);
  const found = useFound(conversationId, { text, finding, arena, turns });
  const { state, go } = found;
  useShown(state, { arena, drawn, onShowLane });
  const before = useRef<Element | null>(null);
  useEffect(() => {
    before.current ??= document.activeElement;
    setText(finding.text);
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, [finding]);

  function end(): void {
    onEnd();
    const element = before.current instanceof HTMLElement && before.current.isConnected ? before.current : null;
    const prompt = document.querySelector<HTMLElement>(`main ${promptField}`);
    (element && element !== document.body ? element : prompt)?.focus({ preventScroll: true });
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      end();
    }
    const isField = event.target === field.current;
    const isDown = event.key === 'ArrowDown' || (event.key === 'Enter' && !event.shiftKey);
    const isUp = event.key === 'ArrowUp' || (event.key === 'Enter' && event.shiftKey);
    if (!isField || !(isDown || isUp)) return;
    event.preventDefault();
    go(isDown ? 1 : -1);
  }

  return (
    <search
      data-find-bar
      className="absolute top-2 end-4 z-30 flex h-11 max-w-[calc(100%-2rem)] items-center gap-1 rounded-lg border bg-popover pe-1 ps-3 shadow-float print:hidden"
      onKeyDown={onKeyDown}
    >
      <input
        ref={field}
        type="search"
        aria-label={texts.find}
        placeholder={texts.find}
        className="h-full w-56 min-w-0 bg-transparent text-sm outline-none [&::-webkit-search-cancel-button]:hidden"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p role="status" className="figures min-w-16 shrink-0 text-end text-sm text-muted-foreground">
        {countOf(state, text.trim())}
      </p>
      <Button
        variant="ghost"
        size="icon"
        aria-label={texts.previous}
        disabled={state.hits.length === 0}
        onClick={() => go(-1)}
      >
        <ChevronUp />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        aria-label={texts.next}
        disabled={state.hits.length === 0}
        onClick={() => go(1)}
      >
        <ChevronDown />
      </Button>
      <Button variant="ghost" size="icon" aria-label={texts.end} onClick={end}>
        <X />
      </Button>
    </search>
  );
}

function countOf({ search, hits, total, at, failed }: Found, typed: string): string {
  if (typed === '' || search !== typed) return '';
  if (failed) return texts.noAnswer;
  return hits.length === 0 ? texts.nothing : texts.place({ at: at + 1, total });
}

interface Place {
  text: string;
  finding: Finding;
  arena: RefObject<HTMLElement>;
  turns: readonly TurnFieldsFragment[];
}

/** What was found of the text, and the way from one hit to the next. */
function useFound(conversationId: string, { text, finding, arena, turns }: Place) {
  const client = useClient();
  const navigate = useNavigate();
  const [state, setState] = useState<Found>(nothing);
  const here = useRef(turns);
  here.current = turns;
  const search = text.trim();

  useEffect(() => {
    if (search === '') return setState(nothing);
    let wanted = true;
    const look = async () => {
      const found = await findInConversation(client, conversationId, { search, isWanted: () => wanted });
      if (!wanted) return;
      const hits = found?.hits ?? [];
      const turnId = finding.text === search ? finding.turnId : null;
      const at = firstAt(hits, turnId, turnsFrom(arena.current, here.current));
      setState({ search, hits, total: found?.total ?? 0, at, failed: found === null });
    };
    const timer = setTimeout(() => void look(), finding.text === search ? 0 : pauseMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, conversationId, search, finding, arena]);

  const hit = state.hits[state.at];
  const turnId = hit?.turn.id;
  useEffect(() => {
    if (turnId === undefined || here.current.some(({ id }) => id === turnId)) return;
    // The page's loader brings the turns around it, of its branch.
    navigate(`?${new URLSearchParams({ turn: toAddressId(turnId), find: state.search })}`, {
      replace: true,
      state: step,
    });
  }, [turnId, state.search, navigate]);

  return {
    state,
    go: (step: 1 | -1) =>
      setState((now) => {
        const count = now.hits.length;
        return count === 0 ? now : { ...now, at: (now.at + step + count) % count };
      }),
  };
}

/** The hit that is shown first: of the named turn, else the first one from what is in sight on, else the first of all. */
function firstAt(hits: readonly ConversationHit[], turnId: string | null, inSight: readonly string[]): number {
  const ofTurn = (id: string) => hits.findIndex(({ turn }) => turn.id === id);
  if (turnId !== null && ofTurn(turnId) >= 0) return ofTurn(turnId);
  const next = inSight.map(ofTurn).find((at) => at >= 0);
  return next ?? (hits.length > 0 ? 0 : -1);
}

/** The ids of the turns that are in sight, and of those behind them. */
function turnsFrom(arena: HTMLElement | null, turns: readonly TurnFieldsFragment[]): string[] {
  const top = arena?.getBoundingClientRect().top ?? 0;
  const seen = turns.findIndex(({ id }) => {
    const element = arena && turnIn(arena, id);
    return element && element.getBoundingClientRect().bottom > top + 60;
  });
  return turns.slice(Math.max(0, seen)).map(({ id }) => id);
}

/** Marks what was found, and brings the hit that is shown into sight. */
function useShown(
  { search, hits, at }: Found,
  { arena, drawn, onShowLane }: Pick<FindBarProps, 'arena' | 'drawn' | 'onShowLane'>,
): void {
  const marks = useRef<Marks | null>(null);
  useEffect(() => {
    if (!arena.current) return;
    const made = new Marks(arena.current);
    marks.current = made;
    return () => made.close();
  }, [arena]);
  const shown = useRef<ConversationHit | null>(null);
  const hit = hits[at] ?? null;
  useEffect(() => {
    const element = arena.current;
    if (!element) return;
    const words = wordsOf(search);
    const text = hit && textOf(element, hit);
    marks.current?.show(words, text);
    // It stays where the reader scrolls it, while turns come and go.
    if (!hit || !text || shown.current === hit) return;
    shown.current = hit;
    const turn = drawn.find(({ id }) => id === hit.turn.id);
    const lane = turn ? byLane(turn.responses).findIndex((all) => all.some(({ id }) => id === hit.responseId)) : -1;
    if (lane >= 0) flushSync(() => onShowLane(lane));
    bringIntoSight(element, textOf(element, hit) ?? text, words);
  }, [arena, search, hit, drawn, onShowLane]);
}

/** The element with the prompt or the answer; if the lane shows another version of the answer, the turn's. */
function textOf(arena: HTMLElement, { turn, responseId }: ConversationHit): HTMLElement | null {
  const element = turnIn(arena, turn.id);
  if (responseId == null) return element?.querySelector<HTMLElement>('.turn-row') ?? element;
  return element?.querySelector<HTMLElement>(`[data-response="${CSS.escape(responseId)}"]`) ?? element;
}

function turnIn(arena: HTMLElement, id: string): HTMLElement | null {
  return arena.querySelector<HTMLElement>(`[data-turn="${CSS.escape(id)}"]`);
}

/** Scrolls a text's first marked word to a third of the view's height. */
function bringIntoSight(arena: HTMLElement, text: HTMLElement, words: readonly string[]): void {
  const range = rangesIn(text, words)[0];
  const fold = range?.startContainer.parentElement?.closest('details');
  if (fold) fold.open = true;
  const box = (range ?? text).getBoundingClientRect();
  const view = arena.getBoundingClientRect();
  const isBeside = box.left < view.left || box.right > view.right;
  const aside = direction === 'rtl' ? box.right - view.right + 40 : box.left - view.left - 40;
  arena.scrollTo({
    top: arena.scrollTop + box.top - view.top - (range ? view.height / 3 : 60),
    left: isBeside ? arena.scrollLeft + aside : arena.scrollLeft,
  });
}
