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

/** A room of which no member has more than a half, or one take: further ones of theirs wait behind those of others. */
export class SharedRoom {
  readonly #room: WaitingRoom;
  readonly #share: number;
  readonly #ofMembers = new Map<string, { takes: number; room: WaitingRoom }>();

  constructor(size: number) {
    this.#room = new WaitingRoom(size);
    this.#share = size / 2;
  }

  /** See `WaitingRoom.take`. */
  async take(memberId: string, amount: number, signal: AbortSignal): Promise<() => void> {
    const own = this.#ofMembers.get(memberId) ?? { takes: 0, room: new WaitingRoom(this.#share) };
    this.#ofMembers.set(memberId, own);
    own.takes += 1;
    let isTaken = true;
    const leaves: (() => void)[] = [];
    const leave = () => {
      if (!isTaken) return;
      isTaken = false;
      for (const one of leaves) one();
      own.takes -= 1;
      if (own.takes === 0) this.#ofMembers.delete(memberId);
    };
    try {
      leaves.push(await own.room.take(amount, signal));
      leaves.push(await this.#room.take(amount, signal));
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }
}

interface Waiting {
  amount: number;
  enter(): void;
}
