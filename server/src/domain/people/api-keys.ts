import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import { insertAuditEntry } from '../../database/audit.ts';
import type { Database } from '../../database/database.ts';
import { isStillGood } from '../../database/people/sessions.ts';
import {
  countApiKeys,
  deleteApiKey,
  insertApiKey,
  type KnownKeyRow,
  type NewApiKey,
} from '../../database/programs/api-keys.ts';
import { lockUser } from '../../database/users.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { ForbiddenError, InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { memberTopic, type Notifications } from '../ground/notifications.ts';
import { requireFewActs } from './administration.ts';
import type { ApiKeyScope, Asking, Member } from './members.ts';
import { findPayingTeam, type PayingTeam, requireTeam } from './paying-team.ts';

export {
  type ApiKeyRow,
  findApiKeys,
  findApiKeysById,
  findKnownKeys,
  type KnownKeyRow,
} from '../../database/programs/api-keys.ts';

/** The beginning of every key. */
export const apiKeyPrefix = 'plk_';
export const apiKeyScopes = ['READ', 'PROMPT', 'ADMIN'] as const satisfies ApiKeyScope[];

const defaultScopes: readonly ApiKeyScope[] = ['READ', 'PROMPT'];
const KEYS_MAX = 50;
const NAME_LENGTH_MAX = 200;
const YEARS_MAX = 10;
const PREFIX_LENGTH = apiKeyPrefix.length + 6;

export interface ApiKeyInput {
  name: string;
  /** Absent: READ and PROMPT. */
  scopes?: readonly ApiKeyScope[] | null | undefined;
  /** Absent: never. */
  expiresAt?: Date | null | undefined;
  /** The credits that may be spent with it in a calendar month (UTC). Absent: no limit. */
  monthlyCredits?: number | null | undefined;
  /** The models that it may ask. Absent: all that the member may. */
  models?: readonly Model[] | null | undefined;
  /** The team that pays for all that it asks. Absent: whom each request names. */
  payer?: PayingTeam | null | undefined;
}

/**
 * Makes a key for the member. The secret is known only now: only its hash is stored.
 *
 * @throws InvalidInputError for a bad name, scope, date, limit or list of models, or if the member has 50 keys already;
 * RateLimitError if the member has made 60 within an hour; ForbiddenError if the request is made with a key that has limits itself, or in a session that has just ended; NotFoundError if the member is not in the team
 */
export async function createApiKey(
  db: Kysely<Database>,
  { id: userId, email, apiKey, sessionId }: Pick<Asking, 'id' | 'email' | 'apiKey'> & { sessionId?: string | null },
  input: ApiKeyInput,
): Promise<{ apiKeyId: string; secret: string }> {
  requireUnlimited(apiKey);
  const key = {
    id: newId(),
    name: validName(input.name),
    scopes: validScopes(input.scopes ?? defaultScopes),
    expiresAt: validExpiry(input.expiresAt ?? null),
    monthlyCredits: validLimit(input.monthlyCredits ?? null),
    modelIds: validModels(input.models ?? null),
    payerTeamId: input.payer?.teamId ?? null,
  };
  const secret = apiKeyPrefix + randomBytes(32).toString('hex');
  const prefix = secret.slice(0, PREFIX_LENGTH);
  await db.transaction().execute(async (trx) => {
    // A second call at the same moment waits here, and then counts this key.
    if (!(await lockUser(trx, userId))) throw new NotFoundError('user');
    // What the request came in with may have been ended while it waited.
    if (!(await isStillGood(trx, { sessionId, apiKeyId: apiKey?.id })))
      throw new ForbiddenError('Sign in again first.');
    await requireFewActs(trx, userId, 'createApiKey');
    if ((await countApiKeys(trx, userId)) >= KEYS_MAX) {
      throw new InvalidInputError(
        'name',
        `You have ${KEYS_MAX} API keys, the most that a member can have. Revoke one first.`,
      );
    }
    const team = input.payer ? requireTeam(await findPayingTeam(trx, input.payer, userId)) : null;
    await insertApiKey(trx, { ...key, userId, hash: hashApiKey(secret), prefix });
    const rights = [...rightsOf(key), ...(team ? [`paid by the team ${team.name}`] : [])];
    const note = `${shownKey({ name: key.name, prefix })}: ${rights.join(', ')}`;
    await insertAuditEntry(trx, { actor_id: userId, action: 'createApiKey', target: email, note });
  });
  return { apiKeyId: key.id, secret };
}

/** What a key may do, for people to read. */
function rightsOf({
  scopes,
  expiresAt,
  monthlyCredits,
  modelIds,
}: Omit<NewApiKey, 'userId' | 'hash' | 'prefix' | 'payerTeamId'>) {
  return [
    ...scopes,
    ...(expiresAt ? [`until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`] : []),
    ...(monthlyCredits !== null ? [`${monthlyCredits.toLocaleString('en')} credits a month`] : []),
    ...(modelIds ? [`only ${modelIds.join(', ')}`] : []),
  ];
}

/** How people are told which key is meant: its name may be that of another key too. */
export function shownKey({ name, prefix }: Pick<KnownKeyRow, 'name' | 'prefix'>): string {
  return `${name} (${prefix}…)`;
}

/** Refuses a key with limits, which could otherwise make one without. */
function requireUnlimited(apiKey: Asking['apiKey']): void {
  if (apiKey == null || (apiKey.monthlyCredits === null && apiKey.modelIds === null && !apiKey.payer)) return;
  throw new ForbiddenError('An API key with a monthly limit, a list of models or a payer cannot make keys.');
}

/** The hash that is stored in place of a key, and by which it is found. */
export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function validName(name: string): string {
  // The name is cut first, so that one that is much too long costs no more than that.
  const shown = toName(name.slice(0, 10 * NAME_LENGTH_MAX));
  if (shown === '' || shown.length > NAME_LENGTH_MAX) {
    throw new InvalidInputError('name', `A key’s name must have 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  return shown;
}

function validScopes(scopes: readonly ApiKeyScope[]): ApiKeyScope[] {
  if (scopes.length === 0)
    throw new InvalidInputError('scopes', 'Choose at least one scope: without one, a key can do nothing.');
  return apiKeyScopes.filter((scope) => scopes.includes(scope));
}

function validExpiry(expiresAt: Date | null): Date | null {
  if (expiresAt === null) return null;
  const latest = new Date();
  latest.setUTCFullYear(latest.getUTCFullYear() + YEARS_MAX);
  if (expiresAt.getTime() <= Date.now()) throw new InvalidInputError('expiresAt', 'A key cannot expire in the past.');
  if (expiresAt > latest)
    throw new InvalidInputError('expiresAt', `A key must expire within ${YEARS_MAX} years, or never.`);
  return expiresAt;
}

function validLimit(monthlyCredits: number | null): number | null {
  if (monthlyCredits !== null && monthlyCredits < 0) {
    throw new InvalidInputError('monthlyCredits', 'A monthly limit cannot be below 0.');
  }
  return monthlyCredits;
}

function validModels(models: readonly Model[] | null): string[] | null {
  if (models?.length === 0) {
    throw new InvalidInputError('modelIds', 'Choose at least one model, or leave the list out to allow all.');
  }
  return models && [...new Set(models.map(({ id }) => id))];
}

/** Revokes a key. It stops working at once: for the next request, and for streams that were opened with it. */
export async function revokeApiKey(
  { db, notifications }: { db: Kysely<Database>; notifications: Pick<Notifications, 'publish'> },
  { id: userId, email }: Pick<Member, 'id' | 'email'>,
  id: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const revoked = await deleteApiKey(trx, userId, id);
    if (!revoked) throw new NotFoundError('API key');
    const note = shownKey({ name: revoked.name, prefix: revoked.start });
    await insertAuditEntry(trx, { actor_id: userId, action: 'revokeApiKey', target: email, note });
  });
  notifications.publish([memberTopic(userId)]);
}
