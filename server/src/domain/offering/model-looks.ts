import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { claimLook, findLook, type ProviderLookRow, storeLook } from '../../database/catalogue/looks.ts';
import type { Database } from '../../database/database.ts';
import type { ProviderProbe } from '../answering/provider-probe.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { toStorable } from '../ground/storable-text.ts';

export { findLooks, type ProviderLookRow, setLookSeen } from '../../database/catalogue/looks.ts';

export interface ModelLooksOptions {
  db: Kysely<Database>;
  offer: CurrentOffer;
  probe: ProviderProbe;
  log: Logger;
}

/** How old a look at a provider's models may be. */
const LOOK_HOURS = 24;
/** The first look comes when a start is long over. */
const FIRST_MS = 60_000;
const INTERVAL_MS = 60 * 60_000;
/** Names that are kept of a list: more than any provider has, and far less than a hostile endpoint could send. */
const NAMES_MAX = 3000;
const NAME_LENGTH_MAX = 200;

/** Looks at the models that providers list, once a day, by one process, so that new ones are noticed. */
export class ModelLooks {
  readonly #options: ModelLooksOptions;
  #timer: NodeJS.Timeout;
  readonly #closed = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ModelLooksOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#begin(), FIRST_MS);
  }

  /**
   * Looks now.
   *
   * @returns the names that the provider has for its models; null: it could not be asked, or does not say
   */
  async look(providerId: string): Promise<string[] | null> {
    const seen = await this.#options.probe.seenModels(providerId, this.#closed.signal);
    if (seen === null) return null;
    const names = seen.filter((name) => name.length <= NAME_LENGTH_MAX && name.trim() !== '').map(toStorable);
    const kept = [...new Set(names)].sort().slice(0, NAMES_MAX);
    await storeLook(this.#options.db, providerId, kept);
    return kept;
  }

  /** The last look; looks now if there was none. */
  async lastLook(providerId: string): Promise<ProviderLookRow | null> {
    const { db } = this.#options;
    const known = await findLook(db, providerId);
    if (known?.looked_at) return known;
    return (await this.look(providerId)) === null ? null : ((await findLook(db, providerId)) ?? null);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #begin(): void {
    this.#looking = this.#lookAround()
      .catch((error) => {
        this.#options.log.warn({ err: error }, 'The models that providers list could not be looked at.');
      })
      .finally(() => {
        if (!this.#closed.signal.aborted) this.#timer = setTimeout(() => this.#begin(), INTERVAL_MS);
      });
  }

  async #lookAround(): Promise<void> {
    const { db, offer, log } = this.#options;
    const { providers } = offer.now.catalogue;
    for (const { id, kind, configured } of providers.values()) {
      if (this.#closed.signal.aborted) return;
      if (kind === 'mock' || !configured || !(await claimLook(db, id, LOOK_HOURS))) continue;
      await this.look(id);
      const newNames = (await findLook(db, id))?.new_names ?? [];
      if (newNames.length > 0) log.info({ provider: id, models: newNames.length }, 'A provider lists new models.');
    }
  }
}
