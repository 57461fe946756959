import type { Client } from '@urql/core';
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import { type ResponseFieldsFragment, StreamResponseDocument } from '../../graphql/generated/graphql.ts';
import {
  applyResponseEvent,
  fromSnapshot,
  isLive,
  type ResponseEvent,
  resumePoint,
  type StreamedResponse,
  withSnapshot,
} from './response-stream.ts';

/** After so many ms no further response is begun in a frame: the browser needs the rest of it for laying out and painting. */
const frameMs = 4;

type SubscribingClient = Pick<Client, 'subscription'>;

interface TurnStreamsOptions {
  /** Called when a response has begun, or has ended. */
  onStatus?: (state: StreamedResponse) => void;
  frame?: (flush: () => void) => void;
}

/** The live side of a conversation's page: the state of every response, and a stream for each turn with a live one. */
export class TurnStreams {
  readonly #client: SubscribingClient;
  readonly #onStatus: (state: StreamedResponse) => void;
  readonly #frame: (flush: () => void) => void;
  readonly #states = new Map<string, StreamedResponse>();
  readonly #streams = new Map<string, TurnStream>();
  readonly #listeners = new Map<string, Set<() => void>>();
  /** The ids of the responses that have changed since the last frame. */
  readonly #changed = new Set<string>();
  /** The ids of the turns whose answers are shown as they come. */
  readonly #unpaced = new Set<string>();

  constructor(client: SubscribingClient, options: TurnStreamsOptions = {}) {
    this.#client = client;
    this.#onStatus = options.onStatus ?? (() => {});
    this.#frame = options.frame ?? ((flush) => requestAnimationFrame(flush));
  }

  /** Takes a turn's responses as the API told them, and follows the live ones. */
  hold(turnId: string, responses: readonly ResponseFieldsFragment[]): void {
    const stream = this.#streams.get(turnId) ?? new TurnStream(this.#client, turnId, this);
    if (this.#unpaced.has(turnId)) stream.unpace();
    this.#streams.set(turnId, stream);
    for (const response of responses) {
      const state = this.#states.get(response.id);
      this.#put(response.id, state ? withSnapshot(state, response) : fromSnapshot(response));
    }
    stream.follow(responses);
  }

  /** Shows a blind turn's answers as they come, and not all at the pace of the slowest. */
  readonly unpace = (turnId: string): void => {
    this.#unpaced.add(turnId);
    this.#streams.get(turnId)?.unpace();
  };

  read(responseId: string): StreamedResponse | undefined {
    return this.#states.get(responseId);
  }

  /** Calls the listener, at most once a frame, when this response has changed. */
  subscribe(responseId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(responseId) ?? new Set();
    this.#listeners.set(responseId, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Ends all streams. A turn that is held afterwards is followed again. */
  close(): void {
    for (const stream of this.#streams.values()) stream.halt();
    this.#streams.clear();
  }

  /** Applies a stream's event. Returns the state before and after; undefined if the response is not held. */
  receive(event: ResponseEvent): { before: StreamedResponse; after: StreamedResponse } | undefined {
    const before = this.#states.get(event.responseId);
    if (!before) return undefined;
    const after = applyResponseEvent(before, event, performance.now());
    this.#put(event.responseId, after);
    return { before, after };
  }

  #put(id: string, next: StreamedResponse): void {
    const before = this.#states.get(id);
    if (before === next) return;
    this.#states.set(id, next);
    // An answer may have begun before the page knew of it.
    const told = before?.response.status ?? 'QUEUED';
    const isNews = told !== next.response.status && (before !== undefined || isLive(next.response.status));
    if (isNews) this.#onStatus(next);
    if (this.#changed.size === 0) this.#frame(() => this.#flush());
    this.#changed.add(id);
  }

  /** Shows what has changed, one response after the other. Those for which this frame has no time come first in the next. */
  #flush(): void {
    const began = performance.now();
    for (const id of this.#changed) {
      this.#changed.delete(id);
      flushSync(() => {
        for (const listener of this.#listeners.get(id) ?? []) listener();
      });
      if (performance.now() - began > frameMs) break;
    }
    if (this.#changed.size > 0) this.#frame(() => this.#flush());
  }
}

/** The state of a turn's stream: halted, open, or waiting to be opened again. */
type Following =
  | { status: 'halted' }
  | { status: 'open'; end: () => void }
  | { status: 'waiting'; timer: ReturnType<typeof setTimeout> };

/** The stream of one turn. It is opened again, from the held text on, until all answers of the turn have ended. */
class TurnStream {
  readonly #client: SubscribingClient;
  readonly #turnId: string;
  readonly #held: Pick<TurnStreams, 'read' | 'receive'>;
  readonly #responseIds = new Set<string>();
  #following: Following = { status: 'halted' };
  /** Tries since news last arrived. */
  #failures = 0;
  #paced = true;

  constructor(client: SubscribingClient, turnId: string, held: Pick<TurnStreams, 'read' | 'receive'>) {
    this.#client = client;
    this.#turnId = turnId;
    this.#held = held;
  }

  /** Opens the stream if one of these responses is live and new to it. */
  follow(responses: readonly ResponseFieldsFragment[]): void {
    const added = responses.filter(({ id }) => !this.#responseIds.has(id));
    for (const { id } of added) this.#responseIds.add(id);
    if (added.some(({ status }) => isLive(status))) this.#open();
  }

  /** Follows the answers as they come. An open stream is opened again, from the held text on. */
  unpace(): void {
    if (!this.#paced) return;
    this.#paced = false;
    if (this.#following.status !== 'halted') this.#open();
  }

  halt(): void {
    const following = this.#following;
    this.#following = { status: 'halted' };
    if (following.status === 'waiting') clearTimeout(following.timer);
    if (following.status === 'open') following.end();
  }

  #open(): void {
    this.halt();
    const liveVariables = () => ({
      turnId: this.#turnId,
      resume: this.#states().map(resumePoint),
      ...(!this.#paced && { paced: false }),
    });
    const { unsubscribe } = this.#client
      .subscription(StreamResponseDocument, liveVariables(), { liveVariables })
      .subscribe(({ data, error, hasNext }) => {
        if (data) this.#receive(data.streamResponse);
        if (error || !hasNext) this.#reopen();
      });
    this.#following = { status: 'open', end: unsubscribe };
  }

  #receive(event: ResponseEvent): void {
    const change = this.#held.receive(event);
    if (!change) return;
    const { before, after } = change;
    if (after !== before && !after.gap) this.#failures = 0;
    if (after.gap && !before.gap) this.#reopen();
  }

  /** Opens the stream again if it ended before its answers did: at once, then after ever longer waits. */
  #reopen(): void {
    this.halt();
    if (!this.#states().some(({ response }) => isLive(response.status))) return;
    const waitMs = this.#failures === 0 ? 0 : Math.min(15_000, 250 * 2 ** this.#failures);
    this.#failures += 1;
    this.#following = { status: 'waiting', timer: setTimeout(() => this.#open(), waitMs) };
  }

  #states(): StreamedResponse[] {
    return [...this.#responseIds].flatMap((id) => this.#held.read(id) ?? []);
  }
}

const TurnStreamsContext = createContext<TurnStreams | null>(null);
export const TurnStreamsProvider = TurnStreamsContext.Provider;

/** A response as it is now. Only a change of this response renders again. Outside a conversation's page it is the snapshot. */
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

/** These responses as they are now. Only a change of a status or of a model renders again. */
export function useCurrent(snapshots: readonly ResponseFieldsFragment[]): ResponseFieldsFragment[] {
  return useCurrentIn(useContext(TurnStreamsContext), snapshots);
}

function useCurrentIn(
  streams: TurnStreams | null,
  snapshots: readonly ResponseFieldsFragment[],
): ResponseFieldsFragment[] {
  const subscribe = useCallback(
    (listener: () => void) => {
      const ends = snapshots.map(({ id }) => streams?.subscribe(id, listener));
      return () => {
        for (const end of ends) end?.();
      };
    },
    [streams, snapshots],
  );
  const told = () => snapshots.map(stateKey).join();
  const read = () => snapshots.map((snapshot) => streams?.read(snapshot.id)?.response ?? snapshot);
  const key = useSyncExternalStore(subscribe, () => read().map(stateKey).join(), told);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what the streams hold
  return useMemo(read, [snapshots, streams, key]);
}

function stateKey({ id, status, model, servedBy }: ResponseFieldsFragment): string {
  return `${id} ${status} ${model.id} ${servedBy?.id}`;
}

/** How many of these responses are being written. */
export function useLiveIn(streams: TurnStreams, snapshots: readonly ResponseFieldsFragment[]): number {
  return useCurrentIn(streams, snapshots).filter(({ status }) => isLive(status)).length;
}
