/*
 * Why this file is here: where much is carried at once, most of what a delta costs is not the work on it but going to
 * fetch it: being woken, reading some bytes, and finding nothing of its stream in the processor's caches, as those of
 * all others were read in between. So in a crowd each connection is read at most 25 times a second, all of them one after
 * the other; what comes in between waits where it lies, with the kernel.
 */

/** As long as a film shows a picture. */
const PAUSE_MS = 40;
/** Read in a row; between two rows the process does what else there is to do. */
const ROW_LENGTH = 128;
/** Nothing is kept waiting at an answer's beginning: its first token may come right after what announces it. */
const FIRST_PIECES = 8;

/** When the connection is read on which an answer comes. */
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
   * To be called with each piece that has emptied the connection for now.
   *
   * @returns whether to read on; else the connection is resumed in a while
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

/** What is read in pieces, and not while it is paused. */
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
