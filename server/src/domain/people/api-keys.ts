import { createHash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import { countApiKeys, deleteApiKey, insertApiKey } from '../../database/api-keys.ts';
import { insertAuditEntry } from '../../database/audit.ts';
import type { Database } from '../../database/database.ts';
import { lockUser } from '../../database/users.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { memberTopic, type Notifications } from '../ground/notifications.ts';
import type { ApiKeyScope, Member } from './members.ts';

export { type ApiKeyRow, findApiKeys, findApiKeysById } from '../../database/api-keys.ts';

/** What every key begins with. */
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
}

/**
 * Makes a key for the member. The secret is known only now: what is stored is its hash.
 *
 * @throws InvalidInputError for a bad name, scope or date, and where the member has 50 keys already
 */
export async function createApiKey(
  db: Kysely<Database>,
  { id: userId, email }: Pick<Member, 'id' | 'email'>,
  input: ApiKeyInput,
): Promise<{ apiKeyId: string; secret: string }> {
  const key = { id: newId(), name: validName(input.name), scopes: validScopes(input.scopes ?? defaultScopes) };
  const expiresAt = validExpiry(input.expiresAt ?? null);
  const secret = apiKeyPrefix + randomBytes(32).toString('hex');
  const prefix = secret.slice(0, PREFIX_LENGTH);
  await db.transaction().execute(async (trx) => {
    // Whoever makes another one at the same moment waits, and counts this one.
    if (!(await lockUser(trx, userId))) throw new NotFoundError('user');
    if ((await countApiKeys(trx, userId)) >= KEYS_MAX) {
      throw new InvalidInputError('name', `You have ${KEYS_MAX} API keys, which is the most. Revoke one first.`);
    }
    await insertApiKey(trx, { ...key, userId, hash: hashApiKey(secret), prefix, expiresAt });
    const until = expiresAt ? `, until ${expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
    const note = `${key.name} (${prefix}…): ${key.scopes.join(', ')}${until}`;
    await insertAuditEntry(trx, { actor_id: userId, action: 'createApiKey', target: email, note });
  });
  return { apiKeyId: key.id, secret };
}

/** What is stored of a key, and what it is found by. */
export function hashApiKey(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function validName(name: string): string {
  // Cut, so that what is much too long costs no more than that.
  const shown = toName(name.slice(0, 10 * NAME_LENGTH_MAX));
  if (shown === '' || shown.length > NAME_LENGTH_MAX) {
    throw new InvalidInputError('name', `A key’s name has 1 to ${NAME_LENGTH_MAX} characters.`);
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

/** It stops working at once: with the next request, and on what was opened with it. */
export async function revokeApiKey(
  { db, notifications }: { db: Kysely<Database>; notifications: Pick<Notifications, 'publish'> },
  { id: userId, email }: Pick<Member, 'id' | 'email'>,
  id: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const revoked = await deleteApiKey(trx, userId, id);
    if (!revoked) throw new NotFoundError('API key');
    const note = `${revoked.name ?? ''} (${revoked.start ?? ''}…)`;
    await insertAuditEntry(trx, { actor_id: userId, action: 'revokeApiKey', target: email, note });
  });
  notifications.publish([memberTopic(userId)]);
}
