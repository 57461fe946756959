/*
 * Why this file is here: if many answers stream at once, most of a delta's cost is not the work on it but the fetching.
 * The process is woken, reads a few bytes, and finds nothing of their stream in the processor's caches, because all
 * other streams were read in between. So in a crowd each connection is read at most 25 times a second, and all of them
 * one after the other. The kernel keeps what arrives in between.
 */

/** A film shows each picture this long. */
const PAUSE_MS = 40;
/** How many connections are resumed in a row. Between two rows the process does its other work. */
const ROW_LENGTH = 128;
/**
 * The first pieces of an answer are never delayed: its first token may come right after the events that announce it.
 */
const FIRST_PIECES = 8;

/** Decides when to read the connection on which an answer arrives. */
export class ReadingPace {
  readonly #connection: Pausable;
  readonly #isCrowded: () => boolean;
  #piecesLeft = FIRST_PIECES;
  #pauses = false;

  constructor(connection: Pausable, isCrowded: () => boolean) {
    this.#connection = connection;
    this.#isCrowded = isCrowded;
  }

  /**
   * Called after each piece that has emptied the connection for now.
   *
   * @returns whether to read on; if not, `resume` is called after the pause
   */
  readsOn(): boolean {
    if (this.#pauses) return false;
    if (this.#piecesLeft > 0) this.#piecesLeft -= 1;
    else if (this.#isCrowded()) this.#pause();
    return !this.#pauses;
  }

  #pause(): void {
    this.#pauses = true;
    if (pausing.push(this) === 1) setTimeout(resumeAll, PAUSE_MS);
  }

  resume(): void {
    this.#pauses = false;
    this.#connection.resume();
  }
}

/** A connection that is read in pieces, and not while it is paused. */
interface Pausable {
  resume(): unknown;
}

let pausing: ReadingPace[] = [];

function resumeAll(): void {
  const all = pausing;
  pausing = [];
  resumeRow(all, 0);
}

function resumeRow(all: readonly ReadingPace[], start: number): void {
  const end = Math.min(start + ROW_LENGTH, all.length);
  for (let index = start; index < end; index++) all[index]?.resume();
  if (end < all.length) setImmediate(resumeRow, all, end);
}
