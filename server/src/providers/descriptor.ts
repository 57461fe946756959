import type { FileRule } from '../domain/ground/file-tokens/file-rule.ts';
import type { MediaKind } from '../domain/ground/media.ts';
import type { TierId } from '../domain/ground/tiers.ts';
import type { Dialect, ModelSearch, ProviderKind } from '../ports/provider.ts';

/** What is known of a built-in provider before its adapter is loaded: data only, read at every start. */
export interface ProviderDescriptor {
  /** The first part of its models' ids. */
  id: string;
  /** Shown to members. */
  name: string;
  kind: ProviderKind;
  /** In the SDK's own sense; null: the SDK's default. */
  baseURL: string | null;
  dialect?: Dialect;
  /** Environment variables that hold its key; the first one that is set counts. */
  keyVariables: readonly [string, ...string[]];
  /** Environment variables that hold another base URL; the first one that is set counts. */
  baseURLVariables: readonly [string, ...string[]];
  /** Environment variables that name the model for its bare id; the first one that is set counts. */
  defaultModelVariables: readonly [string, ...string[]];
  /** The source of a regular expression for the beginning of its keys: failures/secrets.ts masks what begins so. */
  keyBeginning: string;
  /** The provider's id in the price list of @pydantic/genai-prices. */
  priceListId: string;
  /** The types of images that it takes, if these are not all that are usual: PNG, JPEG, WebP and GIF. */
  imageTypes?: readonly string[];
  /** In the order in which clients list them. */
  models: readonly BuiltInModel[];
  /**
   * What models of the price list have in common that are not in `models`, and that somebody may name. A name that
   * begins like none of them is no model of this provider.
   */
  families: readonly ModelFamily[];
}

/** What the price list does not say of models whose names begin alike. From the provider's own pages. */
export interface ModelFamily {
  /** The longest one that fits a name counts. */
  beginning: string;
  /** Tokens, input and output together, where the price list knows none, or too many. */
  contextWindow?: number;
  /** Tokens of one answer that every model of the family allows, reasoning included. */
  maxOutputTokens: number;
  /** They accept temperature and topP. */
  sampling: boolean;
  /** They can show their reasoning when asked to. */
  reasoning: boolean;
  /** They think within a fixed budget only, not as they see fit. Default: false. */
  budgetedThinking?: boolean;
  /** What all of them take in as it is. */
  accepts: readonly MediaKind[];
  /** How the provider counts the tokens of images and pages. Default: it does not say. */
  fileRule?: FileRule;
  /** How it searches the web by itself. Default: it does not. */
  search?: ModelSearch;
  /** Whether it can call tools. Default: true. */
  tools?: boolean;
}

/** What the price list does not say about a model. From the provider's own pages. */
export interface BuiltInModel {
  /** The provider's own name for it, as in the price list. */
  providerModel: string;
  /** Shown to members. */
  name: string;
  minimumTier: TierId;
  /** Tokens, input and output together; absent: the price list has it. */
  contextWindow?: number;
  /** Tokens of one answer, reasoning included. */
  maxOutputTokens: number;
  /** Accepts temperature and topP. */
  sampling: boolean;
  /** Can show its reasoning when asked to. */
  reasoning: boolean;
  /** Thinks within a fixed budget only, not as it sees fit. Default: false. */
  budgetedThinking?: boolean;
  /** What it takes in as it is. */
  accepts: readonly MediaKind[];
  /** How the provider counts the tokens of images and pages. Default: it does not say. */
  fileRule?: FileRule;
  /** How it searches the web by itself. Default: it does not. */
  search?: ModelSearch;
  /** Whether it can call tools. Default: true. */
  tools?: boolean;
}
