import type { Client } from '@urql/core';
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import {
  type ResponseFieldsFragment,
  StreamResponseDocument,
  type StreamResponseSubscription,
} from '../../graphql/generated/graphql.ts';
import {
  applyResponseEvent,
  fromSnapshot,
  isLive,
  resumePoint,
  type StreamedResponse,
  withSnapshot,
} from './response-stream.ts';

/** The live side of a conversation's page: every response's state, and a stream for each turn that has a live one. */
export interface TurnStreams {
  /** Takes what the API told of a turn's responses, and follows those that are live. */
  hold(turnId: string, responses: readonly ResponseFieldsFragment[]): void;
  read(responseId: string): StreamedResponse | undefined;
  /** Calls the listener, once a frame at most, when this response has changed. */
  subscribe(responseId: string, listener: () => void): () => void;
  /** Follows nothing any more; what is held afterwards is followed again. */
  close(): void;
}

interface TurnStream {
  responseIds: Set<string>;
  /** Tries since something last arrived. */
  failures: number;
  unsubscribe: (() => void) | null;
  timer: ReturnType<typeof setTimeout> | null;
}

export function createTurnStreams(
  client: Pick<Client, 'subscription'>,
  {
    onStatus,
    frame = (flush) => requestAnimationFrame(flush),
  }: {
    /** A response has begun, or has come to its end. */
    onStatus?: (state: StreamedResponse) => void;
    frame?: (flush: () => void) => void;
  } = {},
): TurnStreams {
  const states = new Map<string, StreamedResponse>();
  const turns = new Map<string, TurnStream>();
  const listeners = new Map<string, Set<() => void>>();
  const changed = new Set<string>();

  function put(id: string, next: StreamedResponse): void {
    const before = states.get(id);
    if (before === next) return;
    states.set(id, next);
    if (before && before.response.status !== next.response.status) onStatus?.(next);
    if (changed.size === 0) frame(flush);
    changed.add(id);
  }

  function flush(): void {
    const ids = [...changed];
    changed.clear();
    for (const id of ids) for (const listener of listeners.get(id) ?? []) listener();
  }

  function isOpenEnded(turn: TurnStream): boolean {
    return [...turn.responseIds].some((id) => isLive(states.get(id)?.response.status ?? 'COMPLETED'));
  }

  function open(turnId: string, turn: TurnStream): void {
    halt(turn);
    const liveVariables = () => ({
      turnId,
      resume: [...turn.responseIds].flatMap((id) => states.get(id) ?? []).map(resumePoint),
    });
    const { unsubscribe } = client
      .subscription(StreamResponseDocument, liveVariables(), { liveVariables })
      .subscribe(({ data, error, hasNext }) => {
        if (data) receive(turnId, turn, data.streamResponse);
        if (error || !hasNext) again(turnId, turn);
      });
    turn.unsubscribe = unsubscribe;
  }

  function receive(turnId: string, turn: TurnStream, event: StreamResponseSubscription['streamResponse']): void {
    const state = states.get(event.responseId);
    if (!state) return;
    const next = applyResponseEvent(state, event, performance.now());
    if (next !== state && !next.gap) turn.failures = 0;
    put(event.responseId, next);
    if (next.gap && !state.gap) again(turnId, turn);
  }

  /** After an end that came before the answers' own: once more from what is held, at once and then ever slower. */
  function again(turnId: string, turn: TurnStream): void {
    halt(turn);
    if (!isOpenEnded(turn)) return;
    const waitMs = turn.failures === 0 ? 0 : Math.min(15_000, 250 * 2 ** turn.failures);
    turn.failures += 1;
    turn.timer = setTimeout(() => open(turnId, turn), waitMs);
  }

  function halt(turn: TurnStream): void {
    if (turn.timer) clearTimeout(turn.timer);
    turn.timer = null;
    const { unsubscribe } = turn;
    turn.unsubscribe = null;
    unsubscribe?.();
  }

  return {
    hold(turnId, responses) {
      const turn = turns.get(turnId) ?? { responseIds: new Set(), failures: 0, unsubscribe: null, timer: null };
      turns.set(turnId, turn);
      let grown = false;
      for (const response of responses) {
        const state = states.get(response.id);
        put(response.id, state ? withSnapshot(state, response) : fromSnapshot(response));
        if (!turn.responseIds.has(response.id)) {
          turn.responseIds.add(response.id);
          grown ||= isLive(response.status);
        }
      }
      if (grown) open(turnId, turn);
    },
    read: (id) => states.get(id),
    subscribe(id, listener) {
      const set = listeners.get(id) ?? new Set();
      listeners.set(id, set.add(listener));
      return () => set.delete(listener);
    },
    close() {
      for (const turn of turns.values()) halt(turn);
      turns.clear();
    },
  };
}

const TurnStreamsContext = createContext<TurnStreams | null>(null);
export const TurnStreamsProvider = TurnStreamsContext.Provider;

/** A response as it is now; renders again only when this one changes. Outside a conversation's page: as it was told. */
export function useStreamedResponse(snapshot: ResponseFieldsFragment): StreamedResponse {
  const streams = useContext(TurnStreamsContext);
  const told = useMemo(() => fromSnapshot(snapshot), [snapshot]);
  const { id } = snapshot;
  const subscribe = useCallback(
    (listener: () => void) => streams?.subscribe(id, listener) ?? (() => {}),
    [streams, id],
  );
  return useSyncExternalStore(
    subscribe,
    () => streams?.read(id) ?? told,
    () => told,
  );
}

/** How many of these responses are being written; renders again only when the number changes. */
export function useLiveCount(snapshots: readonly ResponseFieldsFragment[]): number {
  const streams = useContext(TurnStreamsContext);
  const subscribe = useCallback(
    (listener: () => void) => {
      const ends = snapshots.map(({ id }) => streams?.subscribe(id, listener));
      return () => {
        for (const end of ends) end?.();
      };
    },
    [streams, snapshots],
  );
  const count = (current: boolean) =>
    snapshots.filter(({ id, status }) => isLive((current && streams?.read(id)?.response.status) || status)).length;
  return useSyncExternalStore(
    subscribe,
    () => count(true),
    () => count(false),
  );
}
