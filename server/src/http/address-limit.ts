import { isIPv6 } from 'node:net';

/** How many of something each address may have at once. */
export class AddressLimit {
  readonly #max: number;
  readonly #taken = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns gives it back, once; null: the address has as many as it may */
  take(address: string): (() => void) | null {
    const network = networkOf(address);
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

/** Whose an address is: of IPv6 each customer has a network of 64 bits to take addresses from, at least. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = head.split(':').filter(Boolean);
  const last = (tail ?? '').split(':').filter(Boolean);
  // What the two colons stand for. An IPv4 address at the end takes the room of two groups.
  const missing = 8 - groups.length - last.length - (last.at(-1)?.includes('.') ? 1 : 0);
  const all = tail === undefined ? groups : [...groups, ...Array.from({ length: missing }, () => '0'), ...last];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
