import { GraphQLError } from 'graphql';

/** The limits of one answer. */
export interface AnswerLimits {
  /** The length of the answer as JSON, roughly: UTF-16 code units of its texts, and some for each field. */
  bytesMax: number;
  /** Fields that are resolved, and items of lists; each takes 2 to 4 μs of the processor's time. */
  fieldsMax: number;
}

/**
 * A page of 100 turns with four answers of 6 KB and all their fields has 3 MB and 25,000 fields. Room for 32 prompts of
 * the greatest length.
 */
const ofMember: AnswerLimits = { bytesMax: 16 * 1024 * 1024, fieldsMax: 50_000 };
/** The catalogue with all its fields has some 100 KB. */
const ofStranger: AnswerLimits = { bytesMax: 1024 * 1024, fieldsMax: 20_000 };

/** Characters around a value: its quotes, its colon, its comma. */
const FRAME_BYTES = 4;

/**
 * Counts the size of an answer while its operation runs, and ends the operation if that is too large or nobody waits
 * for it.
 */
export class AnswerBudget {
  readonly #limits: AnswerLimits;
  readonly #isWanted: () => boolean;
  #bytes = 0;
  #fields = 0;
  #refusal: GraphQLError | null = null;
  /** Counts all answers that the same client has not read yet; null: this one does not count among them. */
  #unread: UnreadAnswers | null = null;

  /** `isWanted`: whether the client is still there and has not taken the operation back; asked for every field. */
  constructor(isMember: boolean, isWanted: () => boolean) {
    this.#limits = isMember ? ofMember : ofStranger;
    this.#isWanted = isWanted;
  }

  /** Why the operation was ended; null: it was not. It is then the whole answer. */
  get refusal(): GraphQLError | null {
    return this.#refusal;
  }

  /** The approximate size of the answer so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes of texts may be read for the answer at once. */
  get bytesMax(): number {
    return this.#limits.bytesMax;
  }

  /**
   * Ends the operation instead of returning a text that was withheld because there were more than `bytesMax`. @throws
   * GraphQLError
   */
  refuse(): never {
    this.#end(`more than ${this.#limits.bytesMax} bytes`);
    throw this.#refusal;
  }

  /** Counts a field before it is resolved. @throws GraphQLError if the operation has ended */
  takeField(name: string): void {
    this.#takeFields(1);
    if (this.#refusal === null && !this.#isWanted()) this.#refusal = clientLeft();
    this.take(name.length + FRAME_BYTES);
  }

  /**
   * Counts a list with its texts. Each item counts as a field: it may be an object of which nothing is asked.
   *
   * @throws GraphQLError if the operation has ended
   */
  takeList(list: readonly unknown[]): void {
    this.#takeFields(list.length);
    let bytes = list.length * FRAME_BYTES;
    for (const item of list) if (typeof item === 'string') bytes += item.length;
    this.take(bytes);
  }

  #takeFields(count: number): void {
    this.#fields += count;
    if (this.#fields > this.#limits.fieldsMax) this.#end(`more than ${this.#limits.fieldsMax} fields`);
  }

  /** @throws GraphQLError where the operation has ended */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytesMax) this.#end(`more than ${this.#limits.bytesMax} bytes`);
    if (this.#unread && this.#refusal === null) this.#refusal = this.#unread.add(bytes);
    if (this.#refusal) throw this.#refusal;
  }

  /** Gives back what was counted before a text was read, which then counts as it is. */
  giveBack(bytes: number): void {
    this.#bytes -= bytes;
    this.#unread?.giveBack(bytes);
  }

  #end(excess: string): void {
    this.#refusal ??= refused('ANSWER_TOO_LARGE', `The answer has ${excess}: ask for a smaller page, or fewer fields.`);
  }

  /** Counts the answer among the client's unread ones too, from now on. @returns a function to call when it was read */
  countAmong(unread: UnreadAnswers): () => void {
    this.#unread = unread;
    unread.enter();
    let isRead = false;
    return () => {
      if (isRead) return;
      isRead = true;
      this.#unread = null;
      unread.leave(this.#bytes);
    };
  }

  /** Begins the next answer of a subscription. */
  renew(): void {
    this.#bytes = 0;
    this.#fields = 0;
    this.#refusal = null;
  }
}

/** The answers that a client has asked for and not read yet; all of them are kept in memory. */
class UnreadAnswers {
  readonly #bytesMax: number;
  readonly #onEmpty: () => void;
  #bytes = 0;
  #answers = 0;

  constructor(bytesMax: number, onEmpty: () => void) {
    this.#bytesMax = bytesMax;
    this.#onEmpty = onEmpty;
  }

  enter(): void {
    this.#answers += 1;
  }

  /** @returns the refusal if it is too much, else null */
  add(bytes: number): GraphQLError | null {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return null;
    return refused('RATE_LIMITED', 'Read the answers that are on their way first.', { retryAfterSeconds: 5 });
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }

  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#answers -= 1;
    if (this.#answers === 0) this.#onEmpty();
  }
}

/** The unread answers of all clients, by member or, for clients that are signed out, by address. */
export class UnreadAnswersOfAll {
  readonly #clients = new Map<string, UnreadAnswers>();

  of(client: string, isMember: boolean): UnreadAnswers {
    const key = `${isMember ? 'member' : 'address'} ${client}`;
    let unread = this.#clients.get(key);
    if (!unread) {
      // A client may have four of the largest answers unread.
      const bytesMax = 4 * (isMember ? ofMember : ofStranger).bytesMax;
      unread = new UnreadAnswers(bytesMax, () => this.#clients.delete(key));
      this.#clients.set(key, unread);
    }
    return unread;
  }
}

function refused(code: string, message: string, figures: object = {}): GraphQLError {
  // An error with a path is used as it is, wherever it is thrown, and not wrapped in an error for each field.
  return new GraphQLError(message, { path: [], extensions: { code, ...figures } });
}

function clientLeft(): GraphQLError {
  return refused('CLIENT_LEFT', 'Nobody waits for this answer any more.');
}
