import { LRUCache } from 'lru-cache';
import { fetchRemote, RemoteFileError, type Surroundings, USER_AGENT } from './remote-file.ts';
import { allowsAll, allowsNothing, parseRobots, type RobotsRules } from './robots.ts';

/** Bytes of a `robots.txt` that are read; the rest counts as not there (RFC 9309). */
const BYTES_MAX = 512 * 1024;
const KEPT_MS = 3_600_000;
/** How long a site that could not say anything is believed to forbid everything. */
const SILENT_MS = 60_000;
const SITES_MAX = 1_000;
/** UTF-16 code units of all patterns that are kept. */
const LENGTH_MAX = 8_000_000;

/** Finds out what sites allow this program to fetch, and keeps it for an hour. */
export class RobotsKeeper {
  readonly #kept = new LRUCache<string, RobotsRules>({
    max: SITES_MAX,
    maxSize: LENGTH_MAX,
    sizeCalculation: (rules) => rules.length,
    ttl: KEPT_MS,
  });
  readonly #surroundings: Surroundings | undefined;

  constructor(surroundings?: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Resolves if the site allows this address.
   *
   * @throws RemoteFileError if it does not; the signal's reason once that is aborted
   */
  async requireAllowed(url: URL, signal: AbortSignal): Promise<void> {
    const rules = this.#kept.get(url.origin) ?? (await this.#ask(url.origin, signal));
    if (!rules.allows(`${url.pathname}${url.search}`)) {
      throw new RemoteFileError('Its site allows no programs to fetch it (robots.txt).');
    }
  }

  async #ask(origin: string, signal: AbortSignal): Promise<RobotsRules> {
    const options = { bytesMax: BYTES_MAX, signal, unpacks: true, cuts: true };
    try {
      const { bytes } = await fetchRemote(`${origin}/robots.txt`, options, this.#surroundings);
      const rules = parseRobots(bytes.toString('utf8'), USER_AGENT.toLowerCase());
      this.#kept.set(origin, rules);
      return rules;
    } catch (error) {
      if (!(error instanceof RemoteFileError)) throw error;
      const { status } = error;
      // A site without the file allows everything; one that fails or does not answer allows nothing.
      const hasNone = status !== null && status >= 400 && status < 500 && status !== 429;
      if (hasNone) this.#kept.set(origin, allowsAll);
      else if (status !== null) this.#kept.set(origin, allowsNothing, { ttl: SILENT_MS });
      // Why it cannot be reached is better said of the page itself.
      else throw error;
      return hasNone ? allowsAll : allowsNothing;
    }
  }
}
