import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import {
  findCatalogueSetting,
  lockCatalogueSetting,
  raiseCatalogueVersion,
  setWasPaid,
} from '../../database/catalogue/setting.ts';
import type { Database } from '../../database/database.ts';
import { type CatalogueChanges, hasSecret } from '../catalogue/changes.ts';
import { CurrentOffer } from '../catalogue/offer.ts';
import { catalogueTopic, type Notifications } from '../ground/notifications.ts';
import type { Seal } from '../ground/secrets/seal.ts';
import type { Assembly } from './assembly.ts';
import { readChanges } from './stored-changes.ts';

export interface OfferKeeperOptions {
  db: Kysely<Database>;
  assembly: Assembly;
  seal: Seal;
  /** Whether other processes may change what is stored. */
  shared: boolean;
  log: Logger;
}

/** How often the version of what is stored is looked at while notifications of other processes do not arrive. */
const POLL_MS = 1000;
/** How often it is looked at while they do: one may still be lost. */
const PROVEN_POLL_MS = 10_000;

/** Keeps the offer of this process as admins want it, whichever process they told. */
export class OfferKeeper {
  readonly offer: CurrentOffer;
  readonly assembly: Assembly;
  readonly seal: Seal;
  readonly #options: OfferKeeperOptions;
  #version: number;
  #lookedAt = performance.now();
  #notifications: Notifications | null = null;
  #unsubscribe: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  /** The providers whose access was found to be unreadable: each is logged once. */
  readonly #unreadable = new Set<string>();
  /** What was warned of at the offer before. */
  #warnings: readonly string[] = [];

  /** Reads what is stored and makes the first offer. */
  static async open(options: OfferKeeperOptions): Promise<OfferKeeper> {
    const { version, changes } = await readChanges(options.db, options.seal);
    const offer = new CurrentOffer(await options.assembly.assemble(changes));
    const keeper = new OfferKeeper(options, offer, version);
    keeper.#report(changes);
    return keeper;
  }

  private constructor(options: OfferKeeperOptions, offer: CurrentOffer, version: number) {
    this.#options = options;
    this.assembly = options.assembly;
    this.seal = options.seal;
    this.offer = offer;
    this.#version = version;
  }

  /** Follows other processes' changes from now on. */
  follow(notifications: Notifications): void {
    this.#notifications = notifications;
    if (!this.#options.shared) return;
    this.#unsubscribe = notifications.subscribe(catalogueTopic, (elsewhere) => {
      if (elsewhere) void this.#refreshOrWait();
    });
    this.#timer = setInterval(() => {
      const patienceMs = notifications.proven ? PROVEN_POLL_MS : POLL_MS;
      if (performance.now() - this.#lookedAt >= patienceMs) void this.#refreshOrWait();
    }, POLL_MS);
  }

  /** Puts in place what is stored now. Rejects if the database is away. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#load());
    this.#refreshing = refreshed.catch(() => {});
    return refreshed;
  }

  /**
   * Makes a change of what is stored: nobody else makes one meanwhile, and it is in place here when this resolves.
   *
   * @param make is given what is stored; throws to change nothing
   */
  async change<Made>(make: (trx: Transaction<Database>, stored: CatalogueChanges) => Promise<Made>): Promise<Made> {
    const made = await this.#options.db.transaction().execute(async (trx) => {
      const setting = await lockCatalogueSetting(trx);
      const { changes } = await readChanges(trx, this.seal, setting);
      // The change may take the last key away, until another one is entered.
      const isPaid = this.offer.now.isPaid || changes.providers.some(hasSecret);
      if (isPaid && !changes.wasPaid) await setWasPaid(trx);
      const result = await make(trx, changes);
      await raiseCatalogueVersion(trx);
      return result;
    });
    this.#notifications?.publish([catalogueTopic]);
    await this.refresh();
    return made;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#refreshing;
  }

  async #refreshOrWait(): Promise<void> {
    await this.refresh().catch((error) => {
      this.#options.log.warn({ err: error }, 'Changes of the catalogue could not be read; the next look is soon.');
    });
  }

  async #load(): Promise<void> {
    const { db, assembly } = this.#options;
    this.#lookedAt = performance.now();
    const setting = await findCatalogueSetting(db);
    if (setting.version === this.#version) return;
    const { version, changes } = await readChanges(db, this.seal, setting);
    const offer = await assembly.assemble(changes);
    this.offer.replace(offer);
    this.#version = version;
    this.#report(changes);
    this.#options.log.info({ version }, 'What admins changed of the catalogue is in place.');
  }

  #report({ providers }: CatalogueChanges): void {
    for (const { entry, facts } of providers) {
      if (facts.isReadable || this.#unreadable.has(entry.id)) continue;
      this.#unreadable.add(entry.id);
      this.#options.log.warn(
        { provider: entry.id },
        'The stored key of a provider cannot be read: it was encrypted with another AUTH_SECRET. An admin has to enter it anew.',
      );
    }
    const { origins, warnings } = this.offer.now;
    for (const warning of warnings) if (!this.#warnings.includes(warning)) this.#options.log.warn(warning);
    this.#warnings = warnings;
    for (const { of, id, field } of origins.mistakes) {
      this.#options.log.warn({ of, id, field }, 'A stored change of the catalogue has a mistake and is left out.');
    }
  }
}
