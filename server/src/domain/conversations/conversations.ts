import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import { execute } from '../../database/connection/statement.ts';
import {
  type ConversationRow,
  insertConversationStatement,
  type NewConversation,
  setConversation,
} from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { resolveModels } from '../catalogue/models.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toTitle } from '../ground/names.ts';
import { type Notifications, titlesTopic } from '../ground/notifications.ts';
import { requireFolder } from './folders.ts';
import { validatedSystemPrompt } from './system-prompt.ts';
import { TITLE_LENGTH_MAX, UNTITLED } from './title.ts';

export {
  type ConversationRow,
  countConversations,
  findConversationPage,
  findConversations,
  findOwnConversations,
} from '../../database/conversations.ts';

export interface ConversationChanges {
  title?: string | null;
  modelIds?: readonly string[] | null;
  /** Null or blank: none; absent: it stays. */
  systemPrompt?: string | null;
  pinned?: boolean | null;
  archived?: boolean | null;
}

export interface ConversationInput extends ConversationChanges {
  folderId?: string | null;
  /** Whether nothing of it is kept but the bill. */
  temporary?: boolean | null;
}

/** @param clientId what a program's client calls it */
export async function createConversation(
  db: Kysely<Database>,
  catalogue: Catalogue,
  userId: string,
  { temporary, ...changes }: ConversationInput,
  clientId: string | null = null,
): Promise<ConversationRow> {
  const { title, ...rest } = validatedChanges(catalogue, changes);
  const { folderId = null } = changes;
  const conversation = {
    ...newConversation({ id: newId(), userId, title: title ?? UNTITLED, modelIds: [...catalogue.defaultModelIds] }),
    titled_by_user: title !== undefined,
    client_id: clientId,
    temporary: temporary ?? false,
    ...rest,
  };
  if (folderId !== null) return createInFolder(db, conversation, folderId);
  const [stored] = await execute(db, insertConversationStatement(conversation));
  return stored as ConversationRow;
}

/** @throws NotFoundError if the member has no such folder */
async function createInFolder(
  db: Kysely<Database>,
  conversation: NewConversation,
  folderId: string,
): Promise<ConversationRow> {
  return db.transaction().execute(async (trx) => {
    await requireFolder(trx, conversation.user_id, folderId);
    const [stored] = await execute(trx, insertConversationStatement({ ...conversation, folder_id: folderId }));
    return stored as ConversationRow;
  });
}

export function newConversation(conversation: {
  id: string;
  userId: string;
  title: string;
  modelIds: string[];
}): NewConversation {
  const { id, userId, title, modelIds } = conversation;
  return {
    id,
    user_id: userId,
    title,
    titled_by_user: false,
    model_ids: modelIds,
    system_prompt: null,
    client_id: null,
    payer_team_id: null,
    folder_id: null,
    evaluation_id: null,
    temporary: false,
    pinned: false,
    archived: false,
  };
}

export interface ConversationUpdating {
  db: Kysely<Database>;
  catalogue: Catalogue;
  notifications: Pick<Notifications, 'publish'>;
}

export async function updateConversation(
  { db, catalogue, notifications }: ConversationUpdating,
  userId: string,
  id: string,
  changes: ConversationChanges,
): Promise<ConversationRow> {
  const valid = validatedChanges(catalogue, changes);
  const titled = valid.title === undefined ? {} : { titled_by_user: true };
  const conversation = await setConversation(db, userId, id, { ...valid, ...titled });
  if (!conversation) throw new NotFoundError('conversation');
  if (valid.title !== undefined) notifications.publish([titlesTopic(userId)]);
  return conversation;
}

function validatedChanges(catalogue: Catalogue, changes: ConversationChanges) {
  const { modelIds, systemPrompt, pinned, archived } = changes;
  // The title is cut first, so that one that is much too long costs no more than the longest allowed.
  const title = changes.title == null ? null : toTitle(changes.title.slice(0, TITLE_LENGTH_MAX)).trim();
  if (title === '' || (changes.title?.length ?? 0) > TITLE_LENGTH_MAX) {
    throw new InvalidInputError('title', `A title must have 1 to ${TITLE_LENGTH_MAX} characters.`);
  }
  if (modelIds?.length === 0) throw new InvalidInputError('modelIds', 'Choose at least one model.');
  return {
    ...(title !== null && { title }),
    ...(modelIds != null && { model_ids: resolveModels(catalogue, modelIds).map((model) => model.id) }),
    ...(systemPrompt !== undefined && {
      system_prompt: systemPrompt?.trim() ? validatedSystemPrompt(systemPrompt) : null,
    }),
    ...(pinned != null && { pinned }),
    ...(archived != null && { archived }),
  };
}
