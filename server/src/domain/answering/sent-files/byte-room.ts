/** Room in memory for what is loaded at once, for which whoever comes later waits. */
export class ByteRoom {
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #waiting: Waiting[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Takes room, in the order of the calls. What is larger than the whole room has it for itself.
   *
   * @returns gives the room back; repeated, it does nothing
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting: Waiting = {
        bytes,
        enter: () => {
          signal.removeEventListener('abort', leave);
          this.#bytes += bytes;
          resolve(this.#giveBack(bytes));
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        this.#admit();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
  }

  #giveBack(bytes: number): () => void {
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#bytes -= bytes;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.enter();
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
  }
}

interface Waiting {
  bytes: number;
  enter(): void;
}
