/** A set of numbers, none of which is NaN. JavaScript's own keeps each as an object: of 200,000 that takes longer than a fit. */
export class NumberSet {
  #slots = new Float64Array(1024).fill(Number.NaN);
  #size = 0;

  /** @returns whether the number was not in the set */
  add(value: number): boolean {
    const slot = this.#slotOf(value);
    if (this.#slots[slot] === value) return false;
    this.#slots[slot] = value;
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  /** Where the number is, or may be put. */
  #slotOf(value: number): number {
    const last = this.#slots.length - 1;
    let slot = (Math.imul(value | 0, 0x9e3779b1) ^ Math.imul((value / 2 ** 32) | 0, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & last;
    while (!Number.isNaN(this.#slots[slot]) && this.#slots[slot] !== value) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const values = this.#slots;
    this.#slots = new Float64Array(values.length * 2).fill(Number.NaN);
    for (const value of values) if (!Number.isNaN(value)) this.#slots[this.#slotOf(value)] = value;
  }
}
