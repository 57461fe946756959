import type { Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { countActsOf, insertAuditEntry } from '../../database/audit.ts';
import { execute } from '../../database/connection/statement.ts';
import { type ConversationRow, insertConversationStatement } from '../../database/conversations.ts';
import type { Database, StoredPart } from '../../database/database.ts';
import { insertImportedTurnsStatement } from '../../database/programs/imported-turns.ts';
import {
  copyAnswers,
  copyFiles,
  type FileCopy,
  keepSameFiles,
  placeResponseFiles,
  placeTurnFiles,
} from '../../database/sharing/copies.ts';
import { lockShare } from '../../database/sharing/reader-verdicts.ts';
import {
  findBranchTurns,
  findSharedAnswers,
  findSharedFiles,
  type SharedAnswerRow,
  type SharedFileRow,
} from '../../database/sharing/shared-branch.ts';
import { lockUser } from '../../database/users.ts';
import { imagePartOf } from '../answering/answer-parts.ts';
import { type Catalogue, isOffered, modelOf, tierOf } from '../catalogue/catalogue.ts';
import { newConversation } from '../conversations/conversations.ts';
import { fileUsageOf } from '../files/files.ts';
import { FileQuotaError, ForbiddenError, InvalidInputError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import type { Member } from '../people/members.ts';
import type { ShareReader } from './readers.ts';
import { readShared, type Sharing } from './shared-conversation.ts';

/** How often a member may copy a share in an hour. */
const COPIES_PER_HOUR = 60;

/**
 * Copies what a share shows into a new conversation of the reader's, where they go on at their own cost. The answers count
 * as asked before, and cost nothing; files are copied by their contents, and count into what the reader may keep.
 *
 * @throws NotFoundError; InvalidInputError before the verdict that the share asks for; FileQuotaError, RateLimitError
 */
export async function continueShared(
  sharing: Sharing & { catalogue: Catalogue },
  member: Member,
  { key, reader }: { key: string; reader: ShareReader },
): Promise<ConversationRow> {
  const shared = await readShared(sharing, key, reader);
  if (!shared) throw new NotFoundError('share');
  if (shared.hidden) throw new InvalidInputError('key', 'Say first which answer is best.');
  const { share } = shared;
  return sharing.db.transaction().execute(async (trx) => {
    const user = await lockUser(trx, member.id);
    if (!user) throw new ForbiddenError('Sign in again first.');
    if ((await countActsOf(trx, member.id, 'continueShare')) >= COPIES_PER_HOUR) {
      throw new RateLimitError(3600, `You have copied ${COPIES_PER_HOUR} shares within an hour.`);
    }
    if (!(await lockShare(trx, share.id))) throw new NotFoundError('share');
    const turns = await findBranchTurns(trx, share.turn_id);
    const answers = await findSharedAnswers(trx, share.id);
    const files = await findSharedFiles(trx, { shareId: share.id, turnIds: turns.map(({ id }) => id) });
    const conversation = {
      ...newConversation({
        id: newId(),
        userId: member.id,
        title: share.title,
        modelIds: modelsFor(
          sharing.catalogue,
          member,
          answers.filter(({ turn_id }) => turn_id === share.turn_id),
        ),
      }),
      // The name is somebody's choice, or of a prompt that is not asked here again.
      titled_by_user: true,
    };
    const [stored] = await execute(trx, insertConversationStatement(conversation));
    const fileIds = await copyFilesFor(trx, sharing.catalogue, { member, files });
    const place = { conversationId: conversation.id, userId: member.id };
    const turnIds = new Map(turns.map(({ id }) => [id, newId()]));
    await execute(
      trx,
      insertImportedTurnsStatement({
        ...place,
        ids: [...turnIds.values()],
        parentIds: turns.map(({ parent_id }) => (parent_id === null ? null : (turnIds.get(parent_id) ?? null))),
        depths: turns.map((_turn, depth) => depth),
        prompts: turns.map(({ prompt }) => prompt),
      }),
    );
    const responseIds = new Map(answers.map(({ id }) => [id, newId()]));
    const copies = answers.map((answer) => ({
      from: answer.id,
      to: responseIds.get(answer.id) as string,
      turnId: turnIds.get(answer.turn_id) as string,
      parts: JSON.stringify(copiedParts(answer, fileIds)),
    }));
    await copyAnswers(trx, place, copies);
    await placeTurnFiles(trx, placed(files, 'turn_id', { of: turnIds, fileIds }));
    await placeResponseFiles(trx, placed(files, 'response_id', { of: responseIds, fileIds }));
    const note = `share ${share.id}`;
    await insertAuditEntry(trx, { actor_id: member.id, action: 'continueShare', target: user.email, note });
    return stored as ConversationRow;
  });
}

/** Those models of the last turn that the member can ask here, else the server's own choice. */
function modelsFor(catalogue: Catalogue, member: Member, answers: readonly SharedAnswerRow[]): string[] {
  const ids = answers.filter(({ merge }) => merge === null).map(({ model_id }) => model_id);
  const known = ids.filter((id) => {
    const model = modelOf(catalogue, id);
    return model !== undefined && isOffered(catalogue, model);
  });
  const models = known.slice(0, tierOf(catalogue, member).modelsPerPrompt);
  return models.length > 0 ? models : [...catalogue.defaultModelIds];
}

/**
 * Gives the member each of the files: the same one that is theirs already, else a copy.
 *
 * @returns the ids of theirs by the ids of the shared ones
 * @throws FileQuotaError
 */
async function copyFilesFor(
  trx: Transaction<Database>,
  catalogue: Catalogue,
  { member, files }: { member: Member; files: readonly SharedFileRow[] },
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  if (files.length === 0) return ids;
  const keyOf = ({ content_hash, name }: { content_hash: string; name: string }) => `${content_hash} ${name}`;
  const hashes = [...new Set(files.map(({ content_hash }) => content_hash))];
  const own = new Map((await keepSameFiles(trx, member.id, hashes)).map((file) => [keyOf(file), file.id]));
  const copies: FileCopy[] = [];
  for (const file of files) {
    const known = own.get(keyOf(file));
    const id = known ?? newId();
    if (known === undefined) copies.push({ from: file.id, to: id });
    own.set(keyOf(file), id);
    ids.set(file.id, id);
  }
  if (copies.length === 0) return ids;
  const copied = await copyFiles(trx, member.id, copies);
  const { bytes, bytesMax } = await fileUsageOf(trx, catalogue, member);
  if (bytes > bytesMax) throw new FileQuotaError(bytes - copied, bytesMax);
  return ids;
}

/** The places of an answer's texts and pictures, which are the copies now; of thoughts and of calls of tools nothing is copied. */
function copiedParts({ parts }: SharedAnswerRow, fileIds: ReadonlyMap<string, string>): StoredPart[] {
  return (parts ?? []).flatMap((part, index): StoredPart[] => {
    if (part.kind === 'text') return [part];
    if (part.kind !== 'image') return [];
    const fileId = imagePartOf(part, index)?.data.fileId;
    if (fileId === undefined) return [part];
    return [{ ...part, data: { ...(part.data as object), fileId: fileIds.get(fileId) } }];
  });
}

function placed(
  files: readonly SharedFileRow[],
  column: 'turn_id' | 'response_id',
  { of, fileIds }: { of: ReadonlyMap<string, string>; fileIds: ReadonlyMap<string, string> },
) {
  return files.flatMap((file) => {
    const [place, fileId] = [of.get(file[column] ?? ''), fileIds.get(file.id)];
    return place === undefined || fileId === undefined ? [] : [{ of: place, position: file.position, fileId }];
  });
}
