import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { execute } from '../../database/connection/statement.ts';
import type { Database } from '../../database/database.ts';
import { findFilesOfTurns, keepFilesStatement } from '../../database/files/files.ts';
import { deleteSetFiles, insertSetFiles } from '../../database/files/set-files.ts';
import type { Audience } from '../../database/judging/evaluation-tables.ts';
import {
  countPromptSets,
  deletePromptSetItems,
  deletePromptSetRow,
  findPromptSetsById,
  insertPromptSet,
  insertPromptSetItems,
  lockPromptSet,
  measurePromptSet,
  type PromptSetRow,
  setPromptSet,
  setPromptSetItem,
} from '../../database/judging/prompt-sets.ts';
import { findMembership } from '../../database/teams.ts';
import { findTurns } from '../../database/turns.ts';
import { lockUser } from '../../database/users.ts';
import { filesByTurn, validatedFileIds } from '../asking/files/turn-files.ts';
import { requireKept } from '../conversations/temporary.ts';
import { inOrder } from '../files/files.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toName } from '../ground/names.ts';
import { type ImportFormat, importedPrompts, SET_PROMPTS_MAX, type SetPrompt, validPrompt } from './prompt-import.ts';

export { findFilesOfSetPrompts, type SetFileRow } from '../../database/files/set-files.ts';
export type { Audience } from '../../database/judging/evaluation-tables.ts';
export {
  findPromptSetItems,
  findPromptSets,
  findPromptSetsById,
  type PromptSetItemRow,
  type PromptSetRow,
} from '../../database/judging/prompt-sets.ts';
export { SET_PROMPTS_MAX } from './prompt-import.ts';

/** How many sets a member may have. */
export const SETS_MAX = 100;
const NAME_LENGTH_MAX = 100;
/** Of all prompts and references of a set, in characters. */
const SET_LENGTH_MAX = 4_000_000;

/** With whom something is shared. */
export interface Sharing {
  sharedWith?: Audience | null | undefined;
  /** The team's id. */
  teamId?: string | null | undefined;
}

interface PromptInput {
  prompt: string;
  reference?: string | null | undefined;
  topic?: string | null | undefined;
  /** The member's own. */
  fileIds?: readonly string[] | null | undefined;
}

/** A prompt that is to be stored. */
interface NewPrompt extends SetPrompt {
  fileIds?: readonly string[];
}

/** Prompts, each with its fields or as text to be read. */
export interface PromptsInput {
  prompts?: readonly PromptInput[] | null | undefined;
  text?: string | null | undefined;
  format?: ImportFormat | null | undefined;
}

/** @throws InvalidInputError, NotFoundError (`team`) */
export async function createPromptSet(
  db: Kysely<Database>,
  userId: string,
  input: { name: string } & Sharing & PromptsInput,
): Promise<PromptSetRow> {
  const name = validName(input.name);
  const prompts = hasPrompts(input) ? promptsOf(input) : [];
  const id = newId();
  await db.transaction().execute(async (trx) => {
    await lockUser(trx, userId);
    if ((await countPromptSets(trx, userId)) >= SETS_MAX) {
      throw new InvalidInputError('name', `You have ${SETS_MAX} prompt sets, which is the most. Delete one first.`);
    }
    const sharing = await validSharing(trx, userId, input);
    await insertPromptSet(trx, { id, user_id: userId, name, ...sharing });
    await append(trx, { userId, setId: id }, prompts);
  });
  return requireVisible(db, userId, id);
}

/** Changes the name, or with whom the set is shared. What is absent stays as it is. */
export async function updatePromptSet(
  db: Kysely<Database>,
  userId: string,
  id: string,
  input: { name?: string | null | undefined } & Sharing,
): Promise<PromptSetRow> {
  return changeSet(db, userId, id, async (trx) => {
    await setPromptSet(trx, id, {
      ...(input.name != null && { name: validName(input.name) }),
      ...(input.sharedWith != null && (await validSharing(trx, userId, input))),
    });
  });
}

/** Adds prompts at the end. @throws InvalidInputError that names the line of a mistake; nothing is added then */
export async function addPrompts(
  db: Kysely<Database>,
  userId: string,
  id: string,
  input: PromptsInput,
): Promise<PromptSetRow> {
  const prompts = promptsOf(input);
  return changeSet(db, userId, id, (trx) => append(trx, { userId, setId: id }, prompts));
}

/** Adds the prompts of the member's own turns, in the order of the ids, with their files and without their answers. */
export async function addTurns(
  db: Kysely<Database>,
  userId: string,
  id: string,
  turnIds: readonly string[],
): Promise<PromptSetRow> {
  if (turnIds.length === 0 || turnIds.length > SET_PROMPTS_MAX) {
    throw new InvalidInputError('turnIds', `Name 1 to ${SET_PROMPTS_MAX} turns.`);
  }
  const turns = new Map((await findTurns(db, userId, turnIds)).map((turn) => [turn.id, turn]));
  await requireKept(db, [...turns.keys()], 'turnIds');
  const files = filesByTurn(await findFilesOfTurns(db, userId, turnIds));
  const prompts = [...new Set(turnIds)].map((turnId) => {
    const turn = turns.get(turnId);
    if (!turn) throw new NotFoundError('turn');
    const fileIds = (files.get(turnId) ?? []).map((file) => file.id);
    return { ...validPrompt({ prompt: turn.prompt }, { field: 'turnIds', where: '' }), fileIds };
  });
  return changeSet(db, userId, id, (trx) => append(trx, { userId, setId: id }, prompts));
}

/** Changes a prompt. Its files stay as they are if they are absent. */
export async function changePrompt(
  db: Kysely<Database>,
  userId: string,
  setId: string,
  { id, fileIds, ...input }: { id: string } & PromptInput,
): Promise<PromptSetRow> {
  const prompt = validPrompt(input, { field: 'prompt', where: '' });
  const files = fileIds == null ? null : validatedFileIds(fileIds);
  return changeSet(db, userId, setId, async (trx) => {
    if (!(await setPromptSetItem(trx, { setId, id }, prompt))) throw new NotFoundError('prompt');
    if (files) {
      await deleteSetFiles(trx, id);
      await attach(trx, userId, [{ id, fileIds: files }]);
    }
    await requireFits(trx, setId);
  });
}

export async function removePrompts(
  db: Kysely<Database>,
  userId: string,
  id: string,
  itemIds: readonly string[],
): Promise<PromptSetRow> {
  if (itemIds.length > SET_PROMPTS_MAX) throw new InvalidInputError('ids', `Name at most ${SET_PROMPTS_MAX} prompts.`);
  return changeSet(db, userId, id, async (trx) => {
    if (itemIds.length > 0) await deletePromptSetItems(trx, id, itemIds);
  });
}

/** Deletes the set. Evaluations keep the prompts with which they began. */
export async function deletePromptSet(db: Kysely<Database>, userId: string, id: string): Promise<void> {
  if (!(await deletePromptSetRow(db, userId, id))) throw new NotFoundError('prompt set');
}

/**
 * The columns that say with whom something is shared.
 *
 * @throws InvalidInputError (`teamId`) if no team is named; NotFoundError if the member is not in it
 */
export async function validSharing(
  trx: Kysely<Database>,
  userId: string,
  { sharedWith, teamId }: Sharing,
): Promise<{ shared_with: Audience; team_id: string | null }> {
  if (sharedWith == null || sharedWith !== 'TEAM') return { shared_with: sharedWith ?? 'NOBODY', team_id: null };
  if (teamId == null) throw new InvalidInputError('teamId', 'Name the team with which it is shared.');
  if (!(await findMembership(trx, { teamId, userId }))) throw new NotFoundError('team');
  return { shared_with: sharedWith, team_id: teamId };
}

/** @throws NotFoundError if the member has no such set of their own */
async function changeSet(
  db: Kysely<Database>,
  userId: string,
  id: string,
  change: (trx: Transaction<Database>) => Promise<void>,
): Promise<PromptSetRow> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockPromptSet(trx, userId, id))) throw new NotFoundError('prompt set');
    await change(trx);
    await setPromptSet(trx, id, {});
  });
  return requireVisible(db, userId, id);
}

async function append(
  trx: Transaction<Database>,
  { userId, setId }: { userId: string; setId: string },
  prompts: readonly NewPrompt[],
): Promise<void> {
  if (prompts.length === 0) return;
  const { last } = await measurePromptSet(trx, setId);
  const items = prompts.map((prompt, index) => ({ id: newId(), position: last + 1 + index, ...prompt }));
  await insertPromptSetItems(
    trx,
    items.map(({ fileIds: _, ...item }) => ({ set_id: setId, ...item })),
  );
  await attach(trx, userId, items);
  await requireFits(trx, setId);
}

/** Gives prompts their files. @throws NotFoundError if one is not the member's own */
async function attach(
  trx: Transaction<Database>,
  userId: string,
  items: readonly { id: string; fileIds?: readonly string[] }[],
): Promise<void> {
  const ids = [...new Set(items.flatMap(({ fileIds = [] }) => fileIds))];
  if (ids.length === 0) return;
  inOrder(ids, await execute(trx, keepFilesStatement({ userId, ids })));
  await insertSetFiles(
    trx,
    items.flatMap(({ id, fileIds = [] }) =>
      fileIds.map((fileId, position) => ({ item_id: id, position, file_id: fileId })),
    ),
  );
}

async function requireFits(trx: Transaction<Database>, setId: string): Promise<void> {
  const { prompts, characters } = await measurePromptSet(trx, setId);
  if (prompts > SET_PROMPTS_MAX) {
    throw new InvalidInputError(
      'prompts',
      `A set has at most ${SET_PROMPTS_MAX} prompts; this one would have ${prompts}.`,
    );
  }
  if (characters > SET_LENGTH_MAX) {
    throw new InvalidInputError('prompts', `A set has at most ${SET_LENGTH_MAX.toLocaleString('en')} characters.`);
  }
}

function hasPrompts({ prompts, text }: PromptsInput): boolean {
  return (prompts?.length ?? 0) > 0 || Boolean(text?.trim());
}

function promptsOf({ prompts, text, format }: PromptsInput): NewPrompt[] {
  if (text != null && prompts != null) {
    throw new InvalidInputError('text', 'Send the prompts either as a list or as a text.');
  }
  if (text != null) return importedPrompts(text, format ?? 'CSV');
  if (prompts == null || prompts.length === 0) throw new InvalidInputError('prompts', 'There is no prompt to add.');
  if (prompts.length > SET_PROMPTS_MAX) {
    throw new InvalidInputError('prompts', `A set has at most ${SET_PROMPTS_MAX} prompts.`);
  }
  return prompts.map(({ fileIds, ...prompt }, index) => ({
    ...validPrompt(prompt, { field: 'prompts', where: prompts.length > 1 ? `Prompt ${index + 1}: ` : '' }),
    fileIds: validatedFileIds(fileIds),
  }));
}

function validName(text: string): string {
  const name = toName(text.slice(0, 2 * NAME_LENGTH_MAX));
  if (name !== '' && name.length <= NAME_LENGTH_MAX) return name;
  throw new InvalidInputError('name', `A name must have 1 to ${NAME_LENGTH_MAX} characters.`);
}

async function requireVisible(db: Kysely<Database>, userId: string, id: string): Promise<PromptSetRow> {
  const [set] = await findPromptSetsById(db, userId, [id]);
  if (!set) throw new NotFoundError('prompt set');
  return set;
}
