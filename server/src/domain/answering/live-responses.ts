import type { StoredPart } from '../../database/database.ts';
import type { FailureCode, ModelPart } from '../../ports/language-model.ts';
import { TokenMeter } from '../ground/tokens.ts';
import { placesOf, type StoredTexts, type TextKind } from './answer-parts.ts';
import { LiveText } from './live-text.ts';

/**
 * The responses that this process is writing. A response is a text with a status; who reads it keeps two offsets
 * and comes back for more. A writer never waits for a reader, and a slow reader costs nothing but longer deltas.
 */
export interface LiveResponses {
  /** Makes a response readable; the writer calls `close` once it is final in the database. */
  open(identity: ResponseIdentity, before?: TextBefore): LiveResponse;
  /**
   * Ends it; it leaves memory with its last reader.
   *
   * @param state `final`: readable in the database as it will stay. `abandoned`: another process makes it final
   */
  close(response: LiveResponse, state: 'final' | 'abandoned'): void;
  get(id: string): LiveResponse | undefined;
  ofTurn(turnId: string): Iterable<LiveResponse>;
  /** Whether all responses that the member's turn has are written here: it is new, and none has ended yet. */
  hasWholeTurn(turnId: string, userId: string): boolean;
  all(): IterableIterator<LiveResponse>;
  readonly size: number;
  /** Whether anybody follows one, or has not been told yet that it has ended. */
  readonly isFollowed: boolean;
  /** Whether so much is carried that it pays to carry it in larger pieces. */
  readonly isCrowded: boolean;
  /** @returns ends it */
  watch(turnId: string, watcher: TurnWatcher): () => void;
}

/** Is told of a turn's responses. */
export interface TurnWatcher {
  /** The response has something new, or it joined the turn, or it ended. Synchronous and often: this only notes it. */
  note(response: LiveResponse): void;
}

export interface ResponseIdentity {
  id: string;
  turnId: string;
  conversationId: string;
  userId: string;
  lane: number;
  modelId: string;
  /** Of a turn that was made with it, and not one more response of an older one. */
  ofNewTurn: boolean;
}

/** What a response goes on from: of the text that it continues all, and none where it continues none. */
export type TextBefore = StoredTexts;

const nothingBefore: TextBefore = { text: '', reasoning: '', parts: [] };

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

/** So many responses and readers together are a crowd. */
const CROWD_SIZE = 64;

export function createLiveResponses(): LiveResponses {
  const responses = new Map<string, LiveResponse>();
  const turns = new Map<string, LiveTurn>();
  let watcherCount = 0;

  function turn(turnId: string) {
    let entry = turns.get(turnId);
    if (!entry) {
      entry = new LiveTurn();
      turns.set(turnId, entry);
    }
    return entry;
  }

  function releaseTurn(turnId: string) {
    const entry = turns.get(turnId);
    if (entry && entry.responses.length === 0 && entry.watchers.length === 0) turns.delete(turnId);
  }

  return {
    open(identity, before) {
      const entry = turn(identity.turnId);
      const response = new LiveResponse(identity, entry, before);
      responses.set(identity.id, response);
      if (entry.responses.length === 0 && identity.ofNewTurn) entry.wholeFor = identity.userId;
      entry.responses = entry.responses.concat(response);
      entry.note(response);
      return response;
    },
    close(response, state) {
      response.state = state;
      responses.delete(response.id);
      const entry = turns.get(response.turnId);
      if (!entry) return;
      entry.responses = entry.responses.filter((other) => other !== response);
      entry.wholeFor = null;
      entry.note(response);
      releaseTurn(response.turnId);
    },
    get: (id) => responses.get(id),
    ofTurn: (turnId) => turns.get(turnId)?.responses ?? [],
    hasWholeTurn: (turnId, userId) => turns.get(turnId)?.wholeFor === userId,
    all: () => responses.values(),
    get size() {
      return responses.size;
    },
    get isFollowed() {
      return turns.size > 0;
    },
    get isCrowded() {
      return responses.size + watcherCount >= CROWD_SIZE;
    },
    watch(turnId, watcher) {
      const entry = turn(turnId);
      entry.watchers = entry.watchers.concat(watcher);
      watcherCount += 1;
      return () => {
        watcherCount -= 1;
        entry.watchers = entry.watchers.filter((other) => other !== watcher);
        releaseTurn(turnId);
      };
    },
  };
}

class LiveTurn {
  responses: readonly LiveResponse[] = [];
  /** The member whose turn it is, while all that it has is here. */
  wholeFor: string | null = null;
  watchers: readonly TurnWatcher[] = [];

  note(response: LiveResponse): void {
    for (const watcher of this.watchers) watcher.note(response);
  }
}

/** What writes a response. */
export interface Stoppable {
  stop(): void;
}

const noText = new LiveText();

export class LiveResponse {
  readonly id: string;
  readonly turnId: string;
  readonly conversationId: string;
  readonly userId: string;
  readonly lane: number;
  readonly modelId: string;

  /** Is at the beginning of its text and reasoning, and was not written by it. */
  readonly before: TextBefore;
  readonly text = new LiveText();
  /** Most have none. */
  reasoning = noText;
  /** Where its parts begin: one where the kind of what is written changes. */
  parts: readonly StoredPart[];
  notices: readonly ResponseNotice[] = [];
  /** The model that was asked last; null: none was yet. */
  servedBy: string | null = null;
  readonly attempts: Attempt[] = [];
  /** Of text and reasoning so far. */
  outputTokensEstimate = 0;
  /** From the beginning of the response to its first character. */
  firstTokenMs: number | null = null;
  state: 'running' | 'final' | 'abandoned' = 'running';
  /** Why nobody wants the rest any more; null: somebody does. */
  stopReason: StopReason | null = null;

  readonly #meter = new TokenMeter();
  readonly #turn: LiveTurn;
  #writer: Stoppable | null = null;

  constructor(identity: ResponseIdentity, turn: LiveTurn, before = nothingBefore) {
    this.id = identity.id;
    this.turnId = identity.turnId;
    this.conversationId = identity.conversationId;
    this.userId = identity.userId;
    this.lane = identity.lane;
    this.modelId = identity.modelId;
    this.#turn = turn;
    this.before = before;
    this.parts = placesOf(before);
    if (before.text !== '') this.text.append(before.text);
    if (before.reasoning !== '') this.#ownReasoning().append(before.reasoning);
  }

  /** Whether a reader has seen any of what it writes. */
  get hasCharacters(): boolean {
    return this.text.length > this.before.text.length || this.reasoning.length > this.before.reasoning.length;
  }

  /** @returns how long that text is now */
  append(part: Extract<ModelPart, { type: 'text' | 'reasoning' }>): number {
    const text = part.type === 'text' ? this.text : this.#ownReasoning();
    if (text !== this.text && part.text !== '') this.#beginParagraph();
    const start = text.length;
    const arrived = text.append(part.text);
    if (arrived !== '') {
      this.#place(part.type, start);
      this.outputTokensEstimate = this.#meter.add(arrived);
      this.#turn.note(this);
    }
    return text.length;
  }

  #place(kind: TextKind, start: number): void {
    // An array that is pushed to makes room for sixteen more.
    if (this.parts.at(-1)?.kind !== kind) this.parts = this.parts.concat({ kind, start });
  }

  #ownReasoning(): LiveText {
    if (this.reasoning === noText) this.reasoning = new LiveText();
    return this.reasoning;
  }

  /** Another thought than the one before it. */
  #beginParagraph(): void {
    const { reasoning } = this.before;
    if (reasoning !== '' && this.reasoning.length === reasoning.length) this.reasoning.append('\n\n');
  }

  /** What nobody has seen of an attempt that failed; another may follow. */
  forgetHalf(): void {
    this.reasoning.forgetHalf();
    this.text.forgetHalf();
  }

  /** The writer has nothing more to add. */
  endText(): void {
    for (const kind of ['reasoning', 'text'] as const) {
      const start = this[kind].length;
      this[kind].end();
      if (this[kind].length > start) this.#place(kind, start);
    }
    this.#turn.note(this);
  }

  notice(notice: ResponseNotice): void {
    this.notices = this.notices.concat(notice);
    if (notice.type === 'started') this.servedBy = notice.servedBy;
    this.#turn.note(this);
  }

  /** What was written so far is kept. The first reason stays. */
  stop(reason: StopReason): void {
    if (this.stopReason !== null) return;
    this.stopReason = reason;
    this.#writer?.stop();
  }

  /** Has the writer (one at a time; null: none) told when it is stopped, and at once where that has happened. */
  whenStopped(writer: Stoppable | null): void {
    this.#writer = writer;
    if (this.stopReason !== null) writer?.stop();
  }
}
