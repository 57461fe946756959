import type { Transaction } from 'kysely';
import { type AdmissionRow, findAdmissionStatement } from '../../database/admission.ts';
import { execute, type Look, oneRow } from '../../database/connection/statement.ts';
import type { Database } from '../../database/database.ts';
import { type Catalogue, type Tier, tierOf } from '../catalogue/catalogue.ts';
import type { AccessRequest } from '../catalogue/models.ts';
import {
  ForbiddenError,
  InsufficientCreditsError,
  RateLimitError,
  TeamCreditsError,
  TierLimitError,
} from '../ground/errors.ts';
import { tierIds } from '../ground/tiers.ts';
import type { Asking, Member } from '../people/members.ts';
import type { PayingTeamRow } from '../people/paying-team.ts';

/** Everything but credits that decides whether a member's prompt is admitted. */
export interface Admission {
  tier: Tier;
  access: AccessRequest;
  /** Age of the admission that must be a minute old before there may be another; null: there may be one now. */
  blockingAgeMs: number | null;
  /** The member's responses that are being written. */
  running: number;
}

/** The admission of a prompt that a team pays for, which may not allow all models. Null: the member pays. */
export function withTeam(admission: Admission, team: PayingTeamRow | null): Admission {
  return team === null ? admission : { ...admission, access: { ...admission.access, team } };
}

/** How long a client is told to wait while the server is busy. */
export const BUSY_SECONDS = 5;

/** Limits on responses at once; beyond them a prompt is refused with a wait, instead of everything getting slower. */
export interface RunningLimits {
  perProcess: number;
  perMember: number;
}

/** The look that `admissionOf` needs, to be taken under the lock of the member's account. */
export function admissionLook(catalogue: Catalogue, { id, tier }: Member): Look<AdmissionRow, AdmissionRow | null> {
  const { promptsPerMinute } = tierOf(catalogue, { tier });
  return oneRow(findAdmissionStatement({ userId: id, newerMax: promptsPerMinute - 1 }));
}

/**
 * Decides by the member's present state: since the request arrived, somebody may have suspended them or changed their
 * tier. Both take the account's lock too, so that its holder sees them.
 */
export async function admissionOf(
  trx: Transaction<Database>,
  catalogue: Catalogue,
  asking: Asking,
  seen: AdmissionRow | null,
): Promise<Admission> {
  if (!seen || seen.suspended) throw new ForbiddenError('This account is suspended.');
  const member = { ...asking, tier: seen.tier };
  if (member.tier !== asking.tier) {
    // The look was for the rate of the tier that the request came with, so it is taken again.
    const { statement, read } = admissionLook(catalogue, member);
    return admissionOf(trx, catalogue, member, read(await execute(trx, statement)));
  }
  const { disabledModelIds, blockingAgeMs, running } = seen;
  const access = { catalogue, member, disabledModelIds: new Set(disabledModelIds), availableCredits: null };
  return { tier: tierOf(catalogue, member), access, blockingAgeMs, running };
}

export function requireFewModels(count: number, tier: Tier, catalogue: Catalogue): void {
  if (count <= tier.modelsPerPrompt) return;
  const enough = tierIds.find((id) => (catalogue.tiers.get(id)?.modelsPerPrompt ?? 0) >= count);
  throw new TierLimitError(
    enough ?? null,
    `The ${tier.name} plan allows up to ${tier.modelsPerPrompt} models at once; this prompt asks ${count}.`,
  );
}

export function requireRate({ blockingAgeMs }: Pick<Admission, 'blockingAgeMs'>, tier: Tier): void {
  if (blockingAgeMs === null) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((60_000 - blockingAgeMs) / 1000));
  throw new RateLimitError(
    retryAfterSeconds,
    `The ${tier.name} plan allows ${tier.promptsPerMinute} prompts a minute. Try again in ${retryAfterSeconds} s.`,
    'PROMPTS_PER_MINUTE',
  );
}

export function requireRoom({ running, runningMax }: { running: number; runningMax: number }, wanted: number): void {
  if (running + wanted <= runningMax) return;
  throw new RateLimitError(
    BUSY_SECONDS,
    `At most ${runningMax} answers can be written for you at once. Wait until one has ended.`,
    'ANSWERS_AT_ONCE',
  );
}

/**
 * @param team the name of the team whose credits they are; null: the member's own
 * @param isLikely whether `required` is a likely cost, not the most
 */
export function requireCredits(required: number, available: number, team: string | null, isLikely = false): void {
  if (required <= available) return;
  if (team !== null) throw new TeamCreditsError(team, required, available, { isLikely });
  throw new InsufficientCreditsError(required, available, { isLikely });
}
