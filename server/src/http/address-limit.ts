import { addressBlock } from './address-block.ts';

/** Limits how many of something each address may have at once. */
export class AddressLimit {
  readonly #max: number;
  readonly #taken = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns a function that gives it back, once; null if the address has as many as it may */
  take(address: string): (() => void) | null {
    const network = addressBlock(address);
    const taken = this.#taken.get(network) ?? 0;
    if (taken >= this.#max) return null;
    this.#taken.set(network, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#taken.get(network) ?? 1) - 1;
      if (left === 0) this.#taken.delete(network);
      else this.#taken.set(network, left);
    };
  }
}
