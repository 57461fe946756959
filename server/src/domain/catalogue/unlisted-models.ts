import type { ModelSearch } from '../../ports/provider.ts';
import type { FileRule } from '../ground/file-tokens/file-rule.ts';
import type { MediaKind } from '../ground/media.ts';
import type { TierId } from '../ground/tiers.ts';
import { tierIds } from '../ground/tiers.ts';
import { type Model, type ModelDescription, type Prices, providerIdOf, type UnlistedModels } from './catalogue.ts';
import { toModel } from './model-in-credits.ts';
import { listPrice } from './price-list.ts';

/** What the price list does not say of models whose names begin alike. */
export interface ModelFamily {
  /** The longest one that fits a name counts. */
  beginning: string;
  /** Tokens of one answer that every model of the family allows. */
  maxOutputTokens: number;
  /** Tokens, input and output together, where the price list knows none, or too many. Absent: the price list's. */
  contextWindow?: number | undefined;
  sampling: boolean;
  reasoning: boolean;
  budgetedThinking?: boolean | undefined;
  accepts: readonly MediaKind[];
  fileRule?: FileRule | undefined;
  search?: ModelSearch | undefined;
  tools?: boolean | undefined;
}

/** A provider whose models the price list has. */
export interface PricedProvider {
  id: string;
  priceListId: string;
  families: readonly ModelFamily[];
}

/** A model before it is known who may ask it. */
export type PricedDescription = Omit<ModelDescription, 'minimumTier'>;

/** Describes a model by its id from the price list; null: the list has no price for it, or it is of no known family. */
export function describeFromList(providers: readonly PricedProvider[], id: string, day: string) {
  const provider = providers.find((one) => one.id === providerIdOf(id));
  if (!provider) return null;
  const name = id.slice(provider.id.length + 1);
  const family = familyOf(provider, name);
  const listed = family && listPrice(provider.priceListId, name, day);
  if (!listed) return null;
  const ofFamily = family.contextWindow ?? Number.POSITIVE_INFINITY;
  const contextWindow = Math.min(listed.contextWindow, ofFamily);
  if (!Number.isFinite(contextWindow)) return null;
  const providerWindow = Math.min(listed.providerWindow, ofFamily);
  const description: PricedDescription = {
    id,
    name,
    contextWindow,
    ...(Number.isFinite(providerWindow) && { providerWindow }),
    // The rest of the window is for what is asked.
    maxOutputTokens: Math.min(family.maxOutputTokens, Math.floor(contextWindow / 2)),
    pricesUsd: listed.pricesUsd,
    fallbacks: [],
    sampling: family.sampling,
    reasoning: family.reasoning,
    accepts: family.accepts,
    ...(family.fileRule && { fileRule: family.fileRule }),
    ...(family.budgetedThinking && { budgetedThinking: true }),
    ...(family.search && { search: family.search }),
    ...(family.tools === false && { tools: false }),
  };
  return { description, entryId: `${provider.id}/${listed.entry}` };
}

function familyOf({ families }: PricedProvider, name: string): ModelFamily | undefined {
  return families
    .filter(({ beginning }) => name.startsWith(beginning))
    .reduce<ModelFamily | undefined>(
      (longest, one) => (longest && longest.beginning.length >= one.beginning.length ? longest : one),
      undefined,
    );
}

export interface PriceListOptions {
  providers: readonly PricedProvider[];
  /** Whose prices count: `2026-11-20`, in UTC. */
  day: string;
  /** Ids that the operator took out of the catalogue. */
  removedIds: ReadonlySet<string>;
  /** Whether members may name models that are not listed. */
  offered: boolean;
}

/** More than the list has names; a name of an edition may hold any date, so they cannot all be kept. */
const KNOWN_MAX = 1000;

/**
 * Makes unlisted models from their ids alone, each time the same: a process that never heard of a model finds its price
 * when it settles another one's answer. An object of a class, so that two catalogues of the same settings are equal.
 */
export class PriceListModels implements UnlistedModels {
  readonly #options: PriceListOptions & { models: ReadonlyMap<string, Model>; creditsPerUsd: number };
  readonly #known = new Map<string, Model | undefined>();

  constructor(options: PriceListOptions & { models: ReadonlyMap<string, Model>; creditsPerUsd: number }) {
    this.#options = options;
  }

  find(id: string): Model | undefined {
    if (this.#known.has(id)) return this.#known.get(id);
    const model = this.#make(id);
    // What is not known is not kept: a name may be long, and there is no end of them.
    if (model) {
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(id, model);
    }
    return model;
  }

  isOffered({ id, editionOf }: Model): boolean {
    const { offered, removedIds } = this.#options;
    return offered && !removedIds.has(id) && (editionOf === undefined || !removedIds.has(editionOf));
  }

  makerOf(providerModel: string): string | undefined {
    return this.#options.providers.find((provider) => familyOf(provider, providerModel) !== undefined)?.id;
  }

  #make(id: string): Model | undefined {
    const { providers, day, models, creditsPerUsd } = this.#options;
    const found = describeFromList(providers, id, day);
    if (!found) return undefined;
    const { description, entryId } = found;
    const edition = entryId === id ? {} : { editionOf: entryId };
    const listed = models.get(entryId);
    // The operator's prices, tier and options of a model are those of its editions too.
    if (listed) {
      const { name, maxOutputTokens } = description;
      const bounded = Math.min(maxOutputTokens, listed.maxOutputTokens);
      return { ...listed, id, name, providerModel: name, maxOutputTokens: bounded, ...edition };
    }
    const model = toModel({ ...description, minimumTier: 'ENTERPRISE' }, creditsPerUsd);
    const ofProvider = [...models.values()].filter(({ providerId }) => providerId === model.providerId);
    return { ...model, minimumTier: tierFor(model, ofProvider), ...edition };
  }
}

/**
 * The lowest tier that may already ask a listed model of the same provider for which at least as much is held, however
 * long the request; if none costs as much, the highest tier. So nobody can spend faster than the operator lets them.
 */
function tierFor({ prices }: Model, listed: readonly Model[]): TierId {
  const dear = listed.filter((model) => isAtLeastAsDear(model.prices, prices));
  return tierIds.find((tier) => dear.some(({ minimumTier }) => minimumTier === tier)) ?? (tierIds.at(-1) as TierId);
}

function isAtLeastAsDear(one: Prices, other: Prices): boolean {
  const input = ({ input, cachedInput, cacheWriteInput }: Prices) => Math.max(input, cachedInput, cacheWriteInput);
  return input(one) >= input(other) && one.output >= other.output && (one.perRequest ?? 0) >= (other.perRequest ?? 0);
}
