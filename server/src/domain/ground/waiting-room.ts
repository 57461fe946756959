/** Room for so much at once, such as bytes in memory; whoever comes later waits. */
export class WaitingRoom {
  readonly #size: number;
  #taken = 0;
  readonly #waiting: Waiting[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Takes room, in the order of the calls. What is larger than the whole room has it for itself.
   *
   * @returns gives the room back; repeated, it does nothing
   */
  take(amount: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting: Waiting = {
        amount,
        enter: () => {
          signal.removeEventListener('abort', leave);
          this.#taken += amount;
          resolve(this.#giveBack(amount));
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

  #giveBack(amount: number): () => void {
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#taken -= amount;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.amount); next = this.#waiting[0]) {
      this.#waiting.shift();
      next.enter();
    }
  }

  #hasRoom(amount: number): boolean {
    return this.#taken === 0 || this.#taken + amount <= this.#size;
  }
}

interface Waiting {
  amount: number;
  enter(): void;
}
