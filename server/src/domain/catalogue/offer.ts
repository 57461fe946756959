import type { LanguageModel } from '../../ports/language-model.ts';
import type { Catalogue } from './catalogue.ts';
import type { CatalogueOrigins } from './changes.ts';

/** What can be asked, and what asks it. An offer never changes; another one takes its place. */
export interface Offer {
  catalogue: Catalogue;
  /** By provider id, for every configured provider. */
  languageModels: ReadonlyMap<string, LanguageModel>;
  /** Whether answers cost the operator money, or did so until their providers’ keys were taken away. */
  isPaid: boolean;
  /** Where everything comes from, for admins. */
  origins: CatalogueOrigins;
  /** What the operator hardly meant, a sentence each; for the log. */
  warnings: readonly string[];
}

/**
 * The offer of this process. What works on a request takes `now` once, at its beginning, and keeps it to its end, so
 * that a prompt is planned, held and answered by one catalogue.
 */
export class CurrentOffer {
  #now: Offer;

  constructor(first: Offer) {
    this.#now = first;
  }

  get now(): Offer {
    return this.#now;
  }

  /** Work under way keeps the offer that it began with. */
  replace(next: Offer): void {
    this.#now = next;
  }
}
