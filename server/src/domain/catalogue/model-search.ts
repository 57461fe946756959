import type { Model } from './catalogue.ts';
import { hold } from './pricing.ts';

/** How a model can search the web by itself, for an answer that may. */
export interface ProviderSearch {
  /** Whether a request must ask for it (`CallOptions.search`); else the model searches of its own accord. */
  isAsked: boolean;
  /** Whether a request with functions may ask for it too. */
  withTools: boolean;
}

/** Null: the model does not search, or nobody knows what a search of it costs. */
export function providerSearch({ search, prices }: Pick<Model, 'search' | 'prices'>): ProviderSearch | null {
  if (!search) return null;
  if (search.when === 'always') return { isAsked: false, withTools: true };
  return prices.perSearch === undefined ? null : { isAsked: true, withTools: search.withTools === true };
}

/** About what one search adds to the input: several pages' beginnings. No provider bounds it. */
const FOUND_TOKENS = 12_000;

/**
 * The most that a request is expected to cost in which the model searches as often as it may. What a search finds is input,
 * and some providers bill the whole input again after each. So nothing bounds it but the model's window, and a real cost
 * may in the end be more than this.
 *
 * @throws RangeError as `charge`
 */
export function holdWithSearch(
  model: Pick<Model, 'search' | 'prices' | 'providerWindow' | 'contextWindow'>,
  inputTokensMax: number,
  outputTokensMax: number,
): number {
  const { search, prices } = model;
  const { max } = search?.when === 'asked' ? search : { max: 0 };
  const window = Math.max(model.providerWindow ?? model.contextWindow, inputTokensMax);
  let input = inputTokensMax;
  for (let found = 1; found <= max; found += 1) input += Math.min(window, inputTokensMax + found * FOUND_TOKENS);
  return hold(prices, input, outputTokensMax, max);
}
