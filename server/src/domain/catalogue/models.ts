import type { Kysely } from 'kysely';
import { findDisabledModels } from '../../database/catalogue/models.ts';
import type { Database } from '../../database/database.ts';
import { textMessage } from '../../ports/language-model.ts';
import { InvalidInputError, ModelUnavailableError, TierLimitError } from '../ground/errors.ts';
import { type TierId, tierIncludes } from '../ground/tiers.ts';
import { inputTokensMax } from '../ground/tokens.ts';
import { type Catalogue, isOffered, knownProvider, type Model } from './catalogue.ts';
import { resolveModelName } from './model-names.ts';
import { hold } from './pricing.ts';

export type AccessDenial =
  | 'SIGNED_OUT'
  | 'NOT_FOR_API_KEY'
  | 'NOT_FOR_TEAM'
  | 'TIER_TOO_LOW'
  | 'INSUFFICIENT_CREDITS'
  | 'PROVIDER_NOT_CONFIGURED'
  | 'DISABLED';

export interface ModelAccess {
  allowed: boolean;
  denial: AccessDenial | null;
  message: string | null;
}

export interface AccessRequest {
  catalogue: Catalogue;
  disabledModelIds: ReadonlySet<string>;
  /** Null: signed out. The models of an API key are all if they are null, or if there is no key. */
  member: { tier: TierId; apiKey?: { modelIds: readonly string[] | null } | null } | null;
  /** The team that pays, and the models that it pays for (null: all). Absent or null: the member pays. */
  team?: { name: string; modelIds: readonly string[] | null } | null;
  /** Credits that the account can still spend; null: not checked. */
  availableCredits: number | null;
}

/** Whether a member may send a (short) prompt to the model now, and if not, why: the first reason that holds. */
export function modelAccess(model: Model, request: AccessRequest): ModelAccess {
  const { catalogue, disabledModelIds, member, team, availableCredits } = request;
  if (!isOffered(catalogue, model)) return denied('DISABLED', `${model.name} is no longer available.`);
  if (!catalogue.providers.get(model.providerId)?.configured) {
    return denied(
      'PROVIDER_NOT_CONFIGURED',
      `This server has no key for ${knownProvider(catalogue, model.providerId).name}.`,
    );
  }
  if ([model.id, model.editionOf].some((id) => id !== undefined && disabledModelIds.has(id)))
    return denied('DISABLED', `${model.name} is switched off by the admin.`);
  if (!member) return denied('SIGNED_OUT', `Sign in to use ${model.name}.`);
  if (member.apiKey?.modelIds?.includes(model.id) === false) {
    return denied('NOT_FOR_API_KEY', `${model.name} is not among the models of this API key.`);
  }
  if (team?.modelIds?.includes(model.id) === false) {
    return denied('NOT_FOR_TEAM', `${model.name} is not among the models that the team ${team.name} pays for.`);
  }
  if (!tierIncludes(member.tier, model.minimumTier)) {
    return denied('TIER_TOO_LOW', `${model.name} is part of the ${tierName(catalogue, model.minimumTier)} plan.`);
  }
  if (availableCredits !== null && availableCredits < shortPromptHold(catalogue, member.tier, model)) {
    return denied('INSUFFICIENT_CREDITS', `Not enough credits are left for a prompt to ${model.name}.`);
  }
  return { allowed: true, denial: null, message: null };
}

function denied(denial: AccessDenial, message: string): ModelAccess {
  return { allowed: false, denial, message };
}

function shortPromptHold(catalogue: Catalogue, tierId: TierId, model: Model): number {
  const outputTokensMax = Math.min(model.maxOutputTokens, catalogue.tiers.get(tierId)?.maxOutputTokens ?? 0);
  return hold(model.prices, inputTokensMax(null, [textMessage('user', '')]), outputTokensMax);
}

/** More models than any built-in plan asks at once. */
const MODELS_MAX = 100;

/**
 * Finds models by their names, as clients send them.
 *
 * @throws ModelUnavailableError for the first one that does not exist; InvalidInputError if there are too many
 */
export function resolveModels(catalogue: Catalogue, idsOrNames: readonly string[]): Model[] {
  requireNameable(catalogue, idsOrNames);
  return idsOrNames.map((idOrName) => resolveModelName(catalogue, idOrName));
}

/** This is the only limit on per-model work where no tier is looked at. @throws InvalidInputError */
export function requireNameable(catalogue: Catalogue, idsOrNames: readonly string[]): void {
  const countMax = Math.max(MODELS_MAX, ...[...catalogue.tiers.values()].map((tier) => tier.modelsPerPrompt));
  if (idsOrNames.length > countMax) throw new InvalidInputError('modelIds', `Choose at most ${countMax} models.`);
}

/** @throws ModelUnavailableError, TierLimitError */
export function requireAccess(model: Model, request: AccessRequest): void {
  const { denial, message } = modelAccess(model, request);
  if (denial === 'TIER_TOO_LOW') throw new TierLimitError(model.minimumTier, message as string, model.id);
  if (denial !== null) throw new ModelUnavailableError(model.id, message as string);
}

export async function disabledModels(db: Kysely<Database>): Promise<Set<string>> {
  return new Set(await findDisabledModels(db));
}

function tierName(catalogue: Catalogue, tier: TierId): string {
  return catalogue.tiers.get(tier)?.name ?? tier;
}

/** The models that a member of the tier may use, as far as the tier decides. */
export function modelsOfTier(catalogue: Catalogue, tier: TierId): Model[] {
  return [...catalogue.models.values()].filter((model) => tierIncludes(tier, model.minimumTier));
}
