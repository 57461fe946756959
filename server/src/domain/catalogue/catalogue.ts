import type { ModelOptions, ProviderKind } from '../../ports/provider.ts';
import type { FileRule } from '../ground/file-tokens/file-rule.ts';
import type { MediaKind } from '../ground/media.ts';
import type { TierId } from '../ground/tiers.ts';

/**
 * The providers, models and tiers of this server. config/ builds it from the built-in catalogue, the environment's keys
 * and `CATALOGUE_FILE`; nothing changes it afterwards, but another one may take its place (offer.ts). Models that an
 * admin switches off are in the database: see models.ts.
 */
export interface Catalogue {
  providers: ReadonlyMap<string, Provider>;
  /** In the order in which a client should list them. By their ids; `modelOf` also finds the unlisted ones. */
  models: ReadonlyMap<string, Model>;
  tiers: ReadonlyMap<TierId, Tier>;
  /**
   * The models of a prompt when neither it nor its conversation names any: ids of usable models, at most as many as the
   * FREE tier may ask at once. Empty only if no provider is configured and the mock is switched off.
   */
  defaultModelIds: readonly string[];
  /** What members may name although `models` lacks it. Absent: nothing. */
  unlisted?: UnlistedModels | undefined;
}

/** The models of the price list that no client lists. All processes with the same settings know the same ones. */
export interface UnlistedModels {
  /** The model of this id, whether it may be asked or not: what was asked before still has a price. */
  find(id: string): Model | undefined;
  /** Whether the operator lets members ask it. */
  isOffered(model: Model): boolean;
  /** The id of the provider that makes the models of such a name; undefined: not known. */
  makerOf(providerModel: string): string | undefined;
}

export interface Provider {
  /** The first part of its models' ids: `openai`. */
  id: string;
  name: string;
  kind: ProviderKind;
  /** Whether it has credentials, or needs none. */
  configured: boolean;
  /** The model that the provider's bare id stands for; absent: the first default model of it, else its first one. */
  defaultModelId?: string | undefined;
  /** The types of images that it takes, in lower case. Absent: all that are usual. */
  imageTypes?: readonly string[] | undefined;
}

export interface Model extends ModelOptions {
  /** `<provider>/<the provider's own name for it>`; the name may hold any character, `/` included. */
  id: string;
  providerId: string;
  name: string;
  /** The id of the model of which it is an unlisted edition, and with which it is switched off. Absent: of none. */
  editionOf?: string | undefined;
  minimumTier: TierId;
  /** Tokens, input and output together. */
  contextWindow: number;
  /**
   * Tokens beyond which the provider itself refuses a request. `contextWindow` may be less: it ends where the price
   * rises, or where the operator says. Absent: not known.
   */
  providerWindow?: number | undefined;
  /** Tokens of one answer that the provider allows, reasoning included. */
  maxOutputTokens: number;
  /** Integer credits for a million tokens of each bucket. */
  prices: Prices;
  /** USD for a million tokens of each bucket: what the provider bills. */
  pricesUsd: Prices;
  /**
   * `provider`: an answer costs what the provider reports, and `prices` only bound what is held for it. Default:
   * `prices`.
   */
  priceFrom?: 'provider' | 'prices' | undefined;
  /** Credits for one USD of the provider's, if `priceFrom` is `provider`; else absent. */
  creditsPerUsd?: number | undefined;
  /** Model ids, tried in this order before the first character. */
  fallbacks: readonly string[];
  /** Whether it accepts temperature and topP. */
  sampling: boolean;
  /** Whether it can show its reasoning when asked to. */
  reasoning: boolean;
  /** Whether it can call tools. Absent: yes. */
  tools?: boolean | undefined;
  /** What it takes in as it is; TEXT is always among it. */
  accepts: readonly MediaKind[];
  /** How its provider counts the tokens of images and pages; absent: nobody says. */
  fileRule?: FileRule | undefined;
}

/** A model before its prices are known in credits. */
export type ModelDescription = Omit<Model, 'providerId' | 'providerModel' | 'prices' | 'creditsPerUsd'>;

export interface Prices {
  input: number;
  cachedInput: number;
  cacheWriteInput: number;
  /** Reasoning is billed as output. */
  output: number;
  /**
   * For each request that is answered, whatever its size (a search model's fee); absent: none. Credits or USD, as the
   * rest.
   */
  perRequest?: number;
  /** For each search that the provider bills; absent: none is. Credits or USD, as the rest. */
  perSearch?: number;
  /** By the length of a request's input, shorter first; absent: one price for all. */
  tiers?: readonly PriceTier[];
}

/**
 * The prices of all tokens of a request, its output too, that has more input than `aboveInputTokens` (cached input
 * included).
 */
export interface PriceTier extends Omit<Prices, 'perRequest' | 'perSearch' | 'tiers'> {
  aboveInputTokens: number;
}

export interface Tier {
  id: TierId;
  name: string;
  promptsPerMinute: number;
  modelsPerPrompt: number;
  maxOutputTokens: number;
  /** Credits the account is topped up to at the start of each month. */
  monthlyCredits: number;
  /** Megabytes (of a million bytes) that all files of a member may have. */
  fileMegabytes: number;
  /** Whether a prompt holds what is used, and more as its answer grows, in place of its worst case. Absent: no. */
  growingHolds?: boolean | undefined;
}

/** The tier that a member is on. */
export function tierOf(catalogue: Catalogue, { tier }: { tier: TierId }): Tier {
  const found = catalogue.tiers.get(tier);
  // config/settings.ts gives every catalogue all tiers.
  if (!found) throw new Error(`The catalogue has no tier ${tier}.`);
  return found;
}

/** The model of an id, listed or not; undefined if it has no price here. */
export function modelOf({ models, unlisted }: Catalogue, id: string): Model | undefined {
  return models.get(id) ?? unlisted?.find(id);
}

/** Whether the operator offers the model, to whomever and with whatever key. One that stands in for a gone one is not. */
export function isOffered({ models, unlisted }: Catalogue, model: Model): boolean {
  if (models.has(model.id)) return true;
  return unlisted?.find(model.id) !== undefined && unlisted.isOffered(model);
}

/** The first part of a model's id; empty if there is only one part. */
export function providerIdOf(modelId: string): string {
  return modelId.slice(0, Math.max(0, modelId.indexOf('/')));
}

/** The model that stands in for the one of a lane of a hidden turn. */
export function standInModel(lane: number): Model {
  const id = standInId(lane);
  return unusableModel(id, `Answer ${id.slice(id.indexOf('/') + 1)}`);
}

/** The model that a stored row names. One that has since left the catalogue keeps its name and can do nothing. */
export function knownModel(catalogue: Catalogue, id: string): Model {
  const standIn = standInName.exec(id);
  if (standIn) return unusableModel(id, `Answer ${standIn[1]}`);
  return modelOf(catalogue, id) ?? unusableModel(id, id.slice(id.indexOf('/') + 1));
}

function unusableModel(id: string, name: string): Model {
  const nothing = { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 };
  return {
    id,
    providerId: providerIdOf(id),
    providerModel: id.slice(id.indexOf('/') + 1),
    name,
    minimumTier: 'FREE',
    contextWindow: 0,
    maxOutputTokens: 0,
    prices: nothing,
    pricesUsd: nothing,
    fallbacks: [],
    sampling: false,
    reasoning: false,
    accepts: ['TEXT'],
  };
}

/** The provider of the models that stand in for hidden ones. No real provider may have this id. */
export const STAND_IN_PROVIDER_ID = 'blind';

const standInName = /^blind\/([A-Z]{1,2})$/;

/**
 * The id of the model that stands in for the one of a lane of a hidden turn: `blind/A` in the first. The database names
 * them likewise (`shown-responses.ts`).
 *
 * @param lane from 0
 */
export function standInId(lane: number): string {
  const letter = (place: number) => String.fromCharCode('A'.charCodeAt(0) + place);
  const first = lane < 26 ? '' : letter(Math.floor(lane / 26) - 1);
  return `${STAND_IN_PROVIDER_ID}/${first}${letter(lane % 26)}`;
}

/** The provider that a stored row names. One that has since left the catalogue is not configured. */
export function knownProvider(catalogue: Catalogue, id: string): Provider {
  if (id === STAND_IN_PROVIDER_ID) return { id, name: 'Hidden', kind: 'openai-compatible', configured: false };
  return catalogue.providers.get(id) ?? { id, name: id, kind: 'openai-compatible', configured: false };
}
