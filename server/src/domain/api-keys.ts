import type { Kysely } from 'kysely';
import { deleteApiKey } from '../database/accounts.ts';
import type { Database } from '../database/database.ts';
import { InvalidInputError, NotFoundError } from './errors.ts';
import { toStorable } from './live-text.ts';
import { memberTopic, type Notifications } from './notifications.ts';

export { type ApiKeyRow, findApiKeys, findApiKeysById } from '../database/accounts.ts';

/** Makes keys; the secret is known only then. */
export interface ApiKeyMaker {
  createApiKey(userId: string, name: string): Promise<{ id: string; secret: string }>;
}

export async function createApiKey(maker: ApiKeyMaker, userId: string, name: string) {
  const trimmed = toStorable(name.trim());
  if (trimmed === '' || trimmed.length > 200) {
    throw new InvalidInputError('name', 'A key’s name has 1 to 200 characters.');
  }
  const { id, secret } = await maker.createApiKey(userId, trimmed);
  return { apiKeyId: id, secret };
}

/** It stops working at once: with the next request, and on the sockets that were opened with it. */
export async function revokeApiKey(
  { db, notifications }: { db: Kysely<Database>; notifications: Pick<Notifications, 'publish'> },
  userId: string,
  id: string,
): Promise<void> {
  if (!(await deleteApiKey(db, userId, id))) throw new NotFoundError('API key');
  notifications.publish([memberTopic(userId)]);
}
