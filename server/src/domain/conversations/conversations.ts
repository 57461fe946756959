import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import { keepAdmissions } from '../../database/admission.ts';
import {
  type ConversationRow,
  deleteConversationRow,
  findConversationIds,
  insertConversation,
  lockConversation,
  type NewConversation,
  setConversation,
} from '../../database/conversations.ts';
import { lockCreditAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { findLiveResponsesOfConversation, findResponses, findResponsesOfTurns } from '../../database/responses.ts';
import {
  findBranch,
  findLatestDescendant,
  findLatestTurn,
  findTurns,
  keepIdempotencyKeys,
  type TurnRow,
} from '../../database/turns.ts';
import { setChosen } from '../../database/versions.ts';
import type { Leases } from '../answering/leases.ts';
import { toStorable } from '../answering/live-text.ts';
import { type Stopping, stopEverywhere } from '../answering/stopping.ts';
import { showVersion } from '../asking/versions.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { resolveModels } from '../catalogue/models.ts';
import { InvalidInputError, NotFoundError } from '../ground/errors.ts';
import { toTitle } from '../ground/names.ts';

export {
  type ConversationRow,
  countConversations,
  findConversationPage,
  findConversations,
} from '../../database/conversations.ts';
export { findSiblings, findTurnsWithin, type RoomyTurnRow, type TurnRow } from '../../database/turns.ts';

const UNTITLED = 'New chat';
const TITLE_LENGTH_MAX = 200;
const SYSTEM_PROMPT_LENGTH_MAX = 100_000;

export interface ConversationChanges {
  title?: string | null;
  modelIds?: readonly string[] | null;
  /** Null or blank: none; absent: as it is. */
  systemPrompt?: string | null;
  pinned?: boolean | null;
  archived?: boolean | null;
}

export async function createConversation(
  db: Kysely<Database>,
  catalogue: Catalogue,
  userId: string,
  changes: ConversationChanges,
): Promise<ConversationRow> {
  const { title, ...rest } = validatedChanges(catalogue, changes);
  const conversation = {
    ...newConversation({ id: newId(), userId, title: title ?? UNTITLED, modelIds: [...catalogue.defaultModelIds] }),
    titled_by_user: title !== undefined,
    ...rest,
  };
  const { rows } = await db.executeQuery(insertConversation(conversation));
  return rows[0] as ConversationRow;
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
    pinned: false,
    archived: false,
  };
}

export async function updateConversation(
  db: Kysely<Database>,
  catalogue: Catalogue,
  userId: string,
  id: string,
  changes: ConversationChanges,
): Promise<ConversationRow> {
  const valid = validatedChanges(catalogue, changes);
  const titled = valid.title === undefined ? {} : { titled_by_user: true };
  const conversation = await setConversation(db, userId, id, { ...valid, ...titled });
  if (!conversation) throw new NotFoundError('conversation');
  return conversation;
}

function validatedChanges(catalogue: Catalogue, changes: ConversationChanges) {
  const { modelIds, systemPrompt, pinned, archived } = changes;
  // Cut, so that what is much too long costs no more than that.
  const title = changes.title == null ? null : toTitle(changes.title.slice(0, TITLE_LENGTH_MAX)).trim();
  if (title === '' || (changes.title?.length ?? 0) > TITLE_LENGTH_MAX) {
    throw new InvalidInputError('title', `A title has 1 to ${TITLE_LENGTH_MAX} characters.`);
  }
  if (modelIds?.length === 0) throw new InvalidInputError('modelIds', 'Name at least one model.');
  if (systemPrompt != null && systemPrompt.length > SYSTEM_PROMPT_LENGTH_MAX) {
    throw new InvalidInputError(
      'systemPrompt',
      `A system prompt has at most ${SYSTEM_PROMPT_LENGTH_MAX.toLocaleString('en')} characters.`,
    );
  }
  return {
    ...(title !== null && { title }),
    ...(modelIds != null && { model_ids: resolveModels(catalogue, modelIds).map((model) => model.id) }),
    ...(systemPrompt !== undefined && { system_prompt: systemPrompt?.trim() ? toStorable(systemPrompt) : null }),
    ...(pinned != null && { pinned }),
    ...(archived != null && { archived }),
  };
}

/** Kept: to make one takes longer than the title. */
const graphemes = new Intl.Segmenter();

/** The prompt's first line that says something, cut at a word near 60 characters. */
export function titleFromPrompt(prompt: string): string {
  // The mark that begins a piece of code says nothing of it.
  const beginning = toTitle(prompt.trimStart().slice(0, 10 * TITLE_LENGTH_MAX));
  const lines = beginning.split(/\r?\n/).filter((text) => text.trim() !== '' && !/^\s*(```|~~~)/.test(text));
  const line = lines[0]?.replace(/\s+/g, ' ').trim() ?? '';
  let title = '';
  let characters = 0;
  // As a reader counts them: a family of emojis is one, and is not cut in the middle.
  for (const { segment } of graphemes.segment(line.slice(0, 2 * TITLE_LENGTH_MAX))) {
    characters += 1;
    if (characters > 60 || title.length + segment.length >= TITLE_LENGTH_MAX) break;
    title += segment;
  }
  if (title === '') return UNTITLED;
  if (title === line) return title;
  const lastSpace = title.lastIndexOf(' ');
  return `${lastSpace > 30 ? title.slice(0, lastSpace) : title}…`;
}

export interface ConversationEnding extends Stopping {
  leases: Leases;
}

/** Stops what runs in it, settles that, and deletes it with its turns. Its receipts and ledger entries stay. */
export async function deleteConversation(ending: ConversationEnding, userId: string, id: string): Promise<void> {
  const { db, leases } = ending;
  for (;;) {
    const running = await findLiveResponsesOfConversation(db, userId, id);
    await stopEverywhere(ending, running);
    // A process that did not answer is gone, or as good as gone. Those admitted since have not been asked.
    const left = new Set((await findLiveResponsesOfConversation(db, userId, id)).map((response) => response.id));
    for (const response of running) if (left.has(response.id)) await leases.takeOver(response.id, 'STOPPED');

    const deletion = await db.transaction().execute(async (trx) => {
      await lockCreditAccount(trx, userId);
      if (!(await lockConversation(trx, userId, id))) return 'missing';
      // A prompt may have been admitted in between.
      if ((await findLiveResponsesOfConversation(trx, userId, id)).length > 0) return 'running';
      // Deleting must not make room for more prompts in a minute.
      await keepAdmissions(trx, userId, id);
      await keepIdempotencyKeys(trx, userId, id);
      await deleteConversationRow(trx, userId, id);
      return 'deleted';
    });
    if (deletion === 'missing') throw new NotFoundError('conversation');
    if (deletion === 'deleted') return;
  }
}

/** @returns how many there were */
export async function deleteAllConversations(ending: ConversationEnding, userId: string): Promise<number> {
  const ids = await findConversationIds(ending.db, userId);
  for (const id of ids) {
    await deleteConversation(ending, userId, id).catch((error) => {
      // Deleted by somebody else meanwhile.
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
  return ids.length;
}

/** Stops a turn's live responses, all or those named; what was written so far is kept and charged. */
export async function stopResponses(
  stopping: Stopping,
  userId: string,
  turnId: string,
  responseIds: readonly string[] | null,
): Promise<TurnRow> {
  const { db } = stopping;
  const turn = await requireTurn(db, userId, turnId);
  const responses = await findResponsesOfTurns(db, userId, [turnId]);
  const unknown = responseIds?.find((id) => !responses.some((response) => response.id === id));
  if (unknown !== undefined) throw new NotFoundError('response');
  const running = responses.filter(
    ({ id, finished_at }) => finished_at === null && (responseIds === null || responseIds.includes(id)),
  );
  await stopEverywhere(stopping, running);
  return turn;
}

/**
 * Has its lane show this version, whose text later turns are sent from then on, and makes it what they take for a model
 * that has no answer of its own in this turn; with `laneOnly` the first of these, in whatever state it is.
 */
export async function chooseResponse(
  db: Kysely<Database>,
  userId: string,
  { responseId, laneOnly }: { responseId: string; laneOnly: boolean },
): Promise<TurnRow> {
  const [response] = await findResponses(db, userId, [responseId]);
  if (!response) throw new NotFoundError('response');
  const { finished_at, text, turn_id: turnId, lane } = response;
  if (!laneOnly && (finished_at === null || text.trim() === '')) {
    throw new InvalidInputError('responseId', 'Only an answer that has ended, and has a text, can be chosen.');
  }
  await db.transaction().execute(async (trx) => {
    await showVersion(trx, response);
    if (!laneOnly) await setChosen(trx, { userId, turnId, responseId, lane, ofLane: false });
  });
  return requireTurn(db, userId, turnId);
}

async function requireTurn(db: Kysely<Database>, userId: string, id: string): Promise<TurnRow> {
  const [turn] = await findTurns(db, userId, [id]);
  if (!turn) throw new NotFoundError('turn');
  return turn;
}

/**
 * The ids of the turns along one branch, oldest first: the one that holds the turn named by `throughId`, else the one
 * that ends in the latest turn.
 *
 * @throws NotFoundError
 */
export async function findBranchThrough(
  db: Kysely<Database>,
  userId: string,
  conversationId: string,
  throughId: string | null,
): Promise<string[]> {
  const leaf = throughId
    ? await findLatestDescendant(db, userId, throughId)
    : await findLatestTurn(db, userId, conversationId);
  if (throughId && leaf?.conversation_id !== conversationId) throw new NotFoundError('turn');
  return leaf ? findBranch(db, userId, leaf.id) : [];
}
