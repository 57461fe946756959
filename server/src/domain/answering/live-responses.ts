import type { StoredPart } from '../../database/database.ts';
import type { FailureCode, MadeImage, ModelPart } from '../../ports/language-model.ts';
import type { GivenImage } from '../files/given-images.ts';
import { TokenMeter } from '../ground/tokens.ts';
import { placesOf, type StoredTexts, type TextKind } from './answer-parts.ts';
import { LiveText } from './live-text.ts';
import { LiveToolCall, type ReasoningSignature } from './live-tool-call.ts';
import type { TakenImage } from './taken-image.ts';

/**
 * The responses that this process is writing. A response is a text with a status; a reader keeps two offsets and comes
 * back for more. A writer never waits for a reader, and a slow reader costs nothing but longer deltas.
 */
export interface LiveResponses {
  /** Makes a response readable; the writer calls `close` once it is final in the database. */
  open(identity: ResponseIdentity, before?: TextBefore): LiveResponse;
  /**
   * Ends the response, which leaves memory with its last reader.
   *
   * @param state `final`: the database has it as it will stay. `abandoned`: another process makes it final
   */
  close(response: LiveResponse, state: 'final' | 'abandoned'): void;
  get(id: string): LiveResponse | undefined;
  ofTurn(turnId: string): Iterable<LiveResponse>;
  /**
   * Whether this process is writing all responses of the member's turn: the turn is new, and none of them has ended
   * yet.
   */
  hasWholeTurn(turnId: string, userId: string): boolean;
  all(): IterableIterator<LiveResponse>;
  readonly size: number;
  /** Whether anybody follows a response, or has not been told yet that it has ended. */
  readonly isFollowed: boolean;
  /** Whether there are so many responses and readers that it pays to carry text in larger pieces. */
  readonly isCrowded: boolean;
  /** @returns a function that ends the watch */
  watch(turnId: string, watcher: TurnWatcher): () => void;
}

/** A watcher of a turn's responses. */
export interface TurnWatcher {
  /**
   * Called when the response has something new, has joined the turn, or has ended. Called often and synchronously, so
   * it should only take note.
   */
  note(response: LiveResponse): void;
}

export interface ResponseIdentity {
  id: string;
  turnId: string;
  conversationId: string;
  userId: string;
  lane: number;
  modelId: string;
  /** Whether the turn was made together with the response; false for one more response of an older turn. */
  ofNewTurn: boolean;
  /** Whether the turn hides its models from its member. Absent: no. */
  hidden?: boolean;
}

/** The text that a response goes on from; empty if it continues none. */
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

/** How many responses and readers together are a crowd. */
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
  /** The member whose turn this is, as long as all of its responses are here; else null. */
  wholeFor: string | null = null;
  watchers: readonly TurnWatcher[] = [];

  note(response: LiveResponse): void {
    for (const watcher of this.watchers) watcher.note(response);
  }
}

/** The writer of a response. */
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
  /** Whether the turn hid its models from its member when the response began. */
  readonly hidden: boolean;
  /** Whether it began together with its turn. */
  readonly ofNewTurn: boolean;

  /** The beginning of the text and reasoning that this response did not write: it goes on from there. */
  readonly before: TextBefore;
  readonly text = new LiveText();
  /** Most responses have no reasoning, and share `noText`. */
  reasoning = noText;
  /** The places where parts begin: one wherever the kind of text changes. */
  #parts: readonly StoredPart[];
  /** Counts the changes of `parts`. */
  partsRevision = 0;
  /** Images that are being kept; each resolves when it is, or when it was given up. */
  images: readonly Promise<void>[] = [];
  notices: readonly ResponseNotice[] = [];
  /** The model that was asked last; null: none yet. */
  servedBy: string | null = null;
  readonly attempts: Attempt[] = [];
  /** Estimated tokens of text and reasoning so far. */
  outputTokensEstimate = 0;
  /** Time from the beginning of the response to its first character. */
  firstTokenMs: number | null = null;
  state: 'running' | 'final' | 'abandoned' = 'running';
  /** Why the response was stopped; null: it was not. */
  stopReason: StopReason | null = null;
  /** Whether it does nothing but wait for its member. */
  waits = false;

  /** Calls of tools, in the order in which they began; null: none. */
  #calls: LiveToolCall[] | null = null;
  /** By their parts; null: none, as in all answers that no program reads here. */
  #given: Map<number, GivenImage> | null = null;
  /** Whether the program that was to be given images reads no more. */
  #isNobodyGiven = false;
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
    this.hidden = identity.hidden === true;
    this.ofNewTurn = identity.ofNewTurn;
    this.#turn = turn;
    this.before = before;
    this.#parts = placesOf(before);
    if (before.text !== '') this.text.append(before.text);
    if (before.reasoning !== '') this.#ownReasoning().append(before.reasoning);
  }

  get parts(): readonly StoredPart[] {
    return this.#parts;
  }

  set parts(parts: readonly StoredPart[]) {
    this.#parts = parts;
    this.partsRevision += 1;
  }

  /** Whether anything was written that a reader can have seen, beyond the text that the response goes on from. */
  get hasCharacters(): boolean {
    return (
      this.text.length > this.before.text.length ||
      this.reasoning.length > this.before.reasoning.length ||
      this.#calls !== null ||
      this.images.length > 0
    );
  }

  get calls(): readonly LiveToolCall[] {
    return this.#calls ?? [];
  }

  /** @returns the new length of the text that the part was added to */
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

  /** Makes a place for an image. */
  addImage({ kept: keeping, given }: TakenImage): void {
    const index = this.parts.length;
    if (this.#isNobodyGiven) given?.release();
    else if (given) {
      this.#given ??= new Map();
      this.#given.set(index, given);
    }
    this.parts = this.parts.concat({ kind: 'image', data: null });
    const kept = keeping.then((fileId) => {
      if (fileId === null) return;
      this.parts = this.parts.with(index, { kind: 'image', data: { fileId } });
      this.#turn.note(this);
    });
    this.images = this.images.concat(kept);
    this.#turn.note(this);
  }

  /** The image of this part, for the program that asked; null: it is not given. */
  imageAt(part: number): MadeImage | null {
    return this.#given?.get(part)?.image ?? null;
  }

  /** Lets go of the images that a program was to be given. */
  releaseImages(): void {
    for (const { release } of this.#given?.values() ?? []) release();
    this.#given = null;
    this.#isNobodyGiven = true;
  }

  /** A meter that goes on from the tokens so far, without changing them. */
  meter(): TokenMeter {
    return this.#meter.copy();
  }

  beginCall(call: Pick<LiveToolCall, 'id' | 'name' | 'signature'>): LiveToolCall {
    const began = new LiveToolCall(call);
    this.#calls ??= [];
    this.#calls.push(began);
    this.parts = this.parts.concat({ kind: 'toolCall', data: began });
    this.#turn.note(this);
    return began;
  }

  /** Takes up the calls that another process left in these parts: each is changed here from now on. */
  takeUpCalls(taken: ReadonlyMap<number, LiveToolCall>): void {
    this.#calls = [...taken.values()];
    this.parts = this.parts.map((part, index) => ({ ...part, ...(taken.has(index) && { data: taken.get(index) }) }));
  }

  /** Tells readers and the journal that a call has changed. */
  noteCall(): void {
    this.parts = this.#parts;
    this.#turn.note(this);
  }

  /** @returns the new length of the call's arguments */
  appendArguments(call: number, piece: string): number {
    const text = this.#calls?.[call]?.arguments;
    if (!text) return 0;
    this.outputTokensEstimate = this.#meter.add(text.append(piece));
    this.#turn.note(this);
    return text.length;
  }

  addSignature(signature: ReasoningSignature): void {
    this.parts = this.parts.concat({ kind: 'signature', data: signature });
    this.#turn.note(this);
  }

  #place(kind: TextKind, start: number): void {
    // `push` would make room for sixteen more elements.
    if (this.parts.at(-1)?.kind !== kind) this.parts = this.parts.concat({ kind, start });
  }

  #ownReasoning(): LiveText {
    if (this.reasoning === noText) this.reasoning = new LiveText();
    return this.reasoning;
  }

  /** Separates the reasoning from that of the response that this one goes on from. */
  #beginParagraph(): void {
    const { reasoning } = this.before;
    if (reasoning !== '' && this.reasoning.length === reasoning.length) this.reasoning.append('\n\n');
  }

  /**
   * Forgets the half of a surrogate pair that a failed attempt left, which nobody has seen; another attempt may follow.
   */
  forgetHalf(): void {
    this.reasoning.forgetHalf();
    this.text.forgetHalf();
  }

  /** Ends the texts: the writer has nothing more to add. */
  endText(): void {
    for (const kind of ['reasoning', 'text'] as const) {
      const start = this[kind].length;
      this[kind].end();
      if (this[kind].length > start) this.#place(kind, start);
    }
    for (const call of this.calls) call.arguments.end();
    this.#turn.note(this);
  }

  notice(notice: ResponseNotice): void {
    this.notices = this.notices.concat(notice);
    if (notice.type === 'started') this.servedBy = notice.servedBy;
    this.#turn.note(this);
  }

  /** Stops the response and keeps what was written so far. The first reason stays. */
  stop(reason: StopReason): void {
    if (this.stopReason !== null) return;
    this.stopReason = reason;
    this.#writer?.stop();
  }

  /**
   * Registers the writer to tell when the response is stopped (one at a time; null: none); tells it at once if it is
   * stopped already.
   */
  whenStopped(writer: Stoppable | null): void {
    this.#writer = writer;
    if (this.stopReason !== null) writer?.stop();
  }
}
