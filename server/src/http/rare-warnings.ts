import { addressBlock } from './address-block.ts';

const MINUTE_MS = 60_000;
const NETWORKS_MAX = 1000;
const LENGTH_MAX = 200;

/** Lets each network cause one line of the log a minute: whoever may write lines as they like washes away those of others. */
export class RareWarnings {
  #networks = new Set<string>();
  #since = 0;

  allows(address: string): boolean {
    const now = performance.now();
    if (now - this.#since > MINUTE_MS) {
      this.#networks.clear();
      this.#since = now;
    }
    const network = addressBlock(address);
    if (this.#networks.has(network) || this.#networks.size >= NETWORKS_MAX) return false;
    this.#networks.add(network);
    return true;
  }
}

/** The beginning of what somebody else has sent. */
export function beginning(sent: unknown): string | undefined {
  return sent === undefined ? undefined : String(sent).slice(0, LENGTH_MAX);
}
