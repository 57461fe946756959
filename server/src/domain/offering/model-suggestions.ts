import type { Prices } from '../catalogue/catalogue.ts';
import type { Offer } from '../catalogue/offer.ts';
import { listPriceAt } from '../catalogue/price-list.ts';
import type { MediaKind } from '../ground/media.ts';

/** What the price list knows of a model that an admin may add. Null: it does not say. */
export interface ModelSuggestion {
  contextWindow: number | null;
  maxOutputTokens: number | null;
  /** USD for a million tokens. */
  pricesUsd: Prices;
  /** Whether these prices hold for a model that is added without prices. */
  isInForce: boolean;
  accepts: readonly MediaKind[] | null;
}

/** Null: the price list does not know the model. Then an admin has to give its price. */
export function suggestionFor(
  { catalogue, origins }: Pick<Offer, 'catalogue' | 'origins'>,
  { providerId, name }: { providerId: string; name: string },
): ModelSuggestion | null {
  const known = catalogue.unlisted?.find(`${providerId}/${name}`);
  if (known) return { ...known, isInForce: true };
  const address = origins.providers.get(providerId)?.baseURL;
  const listed = address ? listPriceAt(address, name, new Date().toISOString().slice(0, 10)) : null;
  if (!listed) return null;
  const { contextWindow, pricesUsd } = listed;
  return {
    contextWindow: Number.isFinite(contextWindow) ? contextWindow : null,
    maxOutputTokens: null,
    pricesUsd,
    isInForce: false,
    accepts: null,
  };
}
