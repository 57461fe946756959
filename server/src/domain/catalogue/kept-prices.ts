import type { StoredPrices } from '../../database/database.ts';
import { type Catalogue, knownModel, type Model, modelOf } from './catalogue.ts';

/** The prices of the models that may write an answer, as its row keeps them until it is final: JSON. */
export function keptPrices(models: readonly Model[]): string {
  return JSON.stringify(Object.fromEntries(models.map((model) => [model.id, priceTag(model)])));
}

function priceTag({ prices, pricesUsd, priceFrom, creditsPerUsd }: Model) {
  return { prices, pricesUsd, priceFrom, creditsPerUsd };
}

/**
 * The model that wrote an answer, with the prices at which it was asked: the catalogue may have changed, and the model
 * may have left it. Null: no prices were kept, and the catalogue has none.
 */
export function modelAsAsked(catalogue: Catalogue, id: string, kept: StoredPrices | null): Model | null {
  const tag = kept && Object.hasOwn(kept, id) ? kept[id] : undefined;
  if (!tag) return modelOf(catalogue, id) ?? null;
  const { priceFrom: _, creditsPerUsd: _credits, ...model } = knownModel(catalogue, id);
  return { ...model, ...tag };
}
