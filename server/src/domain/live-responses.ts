import type { FailureCode, ModelPart } from '../ports/language-model.ts';
import { LiveText } from './live-text.ts';
import { createTokenMeter } from './tokens.ts';

/**
 * The responses that this process is writing. A response is a text with a status; who reads it keeps two offsets
 * and comes back for more. A writer never waits for a reader, and a slow reader costs nothing but longer deltas.
 */
export interface LiveResponses {
  /** Makes a response readable; the writer calls `close` once it is final in the database. */
  open(identity: ResponseIdentity): LiveResponse;
  /**
   * Ends it; it leaves memory with its last reader.
   *
   * @param state `final`: readable in the database as it will stay. `abandoned`: another process makes it final
   */
  close(response: LiveResponse, state: 'final' | 'abandoned'): void;
  get(id: string): LiveResponse | undefined;
  ofTurn(turnId: string): Iterable<LiveResponse>;
  all(): IterableIterator<LiveResponse>;
  readonly size: number;
  /**
   * Calls `wake` whenever one of the turn's responses has something new, or the turn got a new response. Synchronous
   * and often: `wake` only notes it.
   *
   * @returns ends it
   */
  watch(turnId: string, wake: () => void): () => void;
}

export interface ResponseIdentity {
  id: string;
  turnId: string;
  conversationId: string;
  userId: string;
  lane: number;
  modelId: string;
}

export interface Failure {
  code: FailureCode;
  message: string;
}

export interface Attempt {
  modelId: string;
  startedAt: Date;
  durationMs: number;
  failure: Failure | null;
}

/** A response's news besides its text, in order; replayed whole to every reader. */
export type ResponseNotice =
  | { type: 'started'; servedBy: string; attempt: number }
  | { type: 'fellBack'; from: string; to: string; failure: Failure };

export type StopReason = 'STOPPED' | 'INTERRUPTED';

export function createLiveResponses(): LiveResponses {
  const responses = new Map<string, LiveResponse>();
  const turns = new Map<string, { responses: Set<LiveResponse>; watchers: Set<() => void> }>();

  function turn(turnId: string) {
    let entry = turns.get(turnId);
    if (!entry) {
      entry = { responses: new Set(), watchers: new Set() };
      turns.set(turnId, entry);
    }
    return entry;
  }

  function releaseTurn(turnId: string) {
    const entry = turns.get(turnId);
    if (entry && entry.responses.size === 0 && entry.watchers.size === 0) turns.delete(turnId);
  }

  return {
    open(identity) {
      const entry = turn(identity.turnId);
      const response = new LiveResponse(identity, () => {
        for (const wake of entry.watchers) wake();
      });
      responses.set(identity.id, response);
      entry.responses.add(response);
      for (const wake of entry.watchers) wake();
      return response;
    },
    close(response, state) {
      response.state = state;
      responses.delete(response.id);
      const entry = turns.get(response.turnId);
      entry?.responses.delete(response);
      for (const wake of entry?.watchers ?? []) wake();
      releaseTurn(response.turnId);
    },
    get: (id) => responses.get(id),
    ofTurn: (turnId) => turns.get(turnId)?.responses ?? [],
    all: () => responses.values(),
    get size() {
      return responses.size;
    },
    watch(turnId, wake) {
      turn(turnId).watchers.add(wake);
      return () => {
        turns.get(turnId)?.watchers.delete(wake);
        releaseTurn(turnId);
      };
    },
  };
}

export class LiveResponse {
  readonly id: string;
  readonly turnId: string;
  readonly conversationId: string;
  readonly userId: string;
  readonly lane: number;
  readonly modelId: string;

  readonly text = new LiveText();
  readonly reasoning = new LiveText();
  readonly notices: ResponseNotice[] = [];
  readonly attempts: Attempt[] = [];
  /** Of text and reasoning so far. */
  outputTokensEstimate = 0;
  /** From the beginning of the response to its first character. */
  firstTokenMs: number | null = null;
  state: 'running' | 'final' | 'abandoned' = 'running';

  readonly #meter = createTokenMeter();
  readonly #changed: () => void;
  readonly #stop = new AbortController();

  constructor(identity: ResponseIdentity, changed: () => void) {
    this.id = identity.id;
    this.turnId = identity.turnId;
    this.conversationId = identity.conversationId;
    this.userId = identity.userId;
    this.lane = identity.lane;
    this.modelId = identity.modelId;
    this.#changed = changed;
  }

  /** Aborted when nobody wants the rest any more. */
  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  get stopReason(): StopReason | null {
    return this.#stop.signal.aborted ? this.#stop.signal.reason : null;
  }

  get servedBy(): string | null {
    const started = this.notices.findLast((notice) => notice.type === 'started');
    return started?.servedBy ?? null;
  }

  /** Whether a reader has seen any of it. */
  get hasCharacters(): boolean {
    return this.text.length > 0 || this.reasoning.length > 0;
  }

  append(part: Extract<ModelPart, { type: 'text' | 'reasoning' }>): void {
    const arrived = (part.type === 'text' ? this.text : this.reasoning).append(part.text);
    if (arrived === '') return;
    this.outputTokensEstimate = this.#meter.add(arrived);
    this.#changed();
  }

  /** The writer has nothing more to add. */
  endText(): void {
    this.reasoning.end();
    this.text.end();
    this.#changed();
  }

  notice(notice: ResponseNotice): void {
    this.notices.push(notice);
    this.#changed();
  }

  /** What was written so far is kept. The first reason stays. */
  stop(reason: StopReason): void {
    this.#stop.abort(reason);
  }
}
