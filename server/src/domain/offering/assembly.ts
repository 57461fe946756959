import type { CatalogueChanges, ChangeMistake } from '../catalogue/changes.ts';
import type { Offer } from '../catalogue/offer.ts';

/** Makes offers of what the server was started with and what admins changed. */
export interface Assembly {
  /** The mistakes in the changes. */
  mistakesIn(changes: CatalogueChanges): readonly ChangeMistake[];
  /** Leaves out what has mistakes. */
  assemble(changes: CatalogueChanges): Promise<Offer>;
}
