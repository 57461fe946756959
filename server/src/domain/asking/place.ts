import type { Kysely } from 'kysely';
import { allRows, oneRow, type Statement } from '../../database/connection/statement.ts';
import type { ConversationRow, Whereabouts } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { type ConversationFileRow, findFilesAtStatement } from '../../database/files/prompt-files.ts';
import { findHiddenLanesAtStatement, findPendingTurnIds } from '../../database/judging/hidden-turns.ts';
import { findTurnStatement, findTurnsAtStatement, type TurnRow } from '../../database/turns.ts';
import { type Answer, findAnswersAtStatement } from '../../database/versions.ts';
import { NotFoundError } from '../ground/errors.ts';
import { type ContinuedAnswer, continuedAnswer, sourcesOf } from './continued-history.ts';
import { filesOfPrompts, madeFiles } from './files/turn-files.ts';
import { type History, hidesModels } from './lanes.ts';

/** The place of a new prompt. */
export interface PlaceRequest {
  /** Absent: a new conversation. */
  conversationId?: string | null;
  /**
   * Names the conversation, in place of its id, as a program's client does; without one of that name, a new one gets it.
   */
  clientId?: string | null;
  /** Absent: the conversation's latest turn. */
  parentTurnId?: string | null;
  /** Starts a branch beside the conversation's first prompt. */
  atStart?: boolean | null;
  /** The response that the prompt goes on from: its branch answers as that response's lane. Absent: as each lane did. */
  historyFrom?: string | null;
}

/** The rows around a prompt's place; nothing is looked up for a new conversation. */
export interface Surroundings {
  parent?: TurnRow | null | undefined;
  conversation?: ConversationRow | null | undefined;
  /** All turns of the conversation. */
  turns?: readonly TurnRow[] | undefined;
  answers?: readonly Answer[] | undefined;
  /** The files of all turns and their answers, by turn and place. */
  files?: readonly ConversationFileRow[] | undefined;
}

/** The looks that find the surroundings. */
export function lookAround(
  userId: string,
  { conversationId, parentTurnId, clientId }: PlaceRequest,
  conversationStatement: (at: Whereabouts) => Statement<ConversationRow>,
) {
  const at = whereaboutsOf(userId, { conversationId, parentTurnId, clientId });
  const isSomewhere = isIn(at);
  return {
    parent: at.turnId !== null ? oneRow(findTurnStatement({ userId, id: at.turnId })) : undefined,
    conversation: isSomewhere ? oneRow(conversationStatement(at)) : undefined,
    turns: isSomewhere ? allRows(findTurnsAtStatement(at)) : undefined,
    answers: isSomewhere ? allRows(findAnswersAtStatement(at)) : undefined,
    files: isSomewhere ? allRows(findFilesAtStatement(at)) : undefined,
  };
}

function whereaboutsOf(userId: string, { conversationId, parentTurnId, clientId }: PlaceRequest): Whereabouts {
  return {
    userId,
    conversationId: conversationId ?? null,
    turnId: parentTurnId ?? null,
    clientId: clientId ?? null,
  };
}

/** Whether a conversation is named. */
function isIn({ conversationId, turnId, clientId }: Whereabouts): boolean {
  return conversationId !== null || turnId !== null || clientId !== null;
}

/** The look at the models of the conversation's hidden turns; undefined for a new conversation. */
export function hiddenLanesLook(userId: string, request: PlaceRequest) {
  const at = whereaboutsOf(userId, request);
  return isIn(at) ? allRows(findHiddenLanesAtStatement(at)) : undefined;
}

export interface Place {
  /** Null: the conversation is to be made. */
  conversation: ConversationRow | null;
  parent: TurnRow | null;
  history: History;
  /** The answer that the prompt goes on from; null: each lane from its own. */
  continued: ContinuedAnswer | null;
}

export function placeOf(
  { conversationId, parentTurnId, atStart, historyFrom }: PlaceRequest,
  { parent: namedParent, conversation, turns = [], answers = [], files = [] }: Surroundings,
): Place {
  if (parentTurnId && !namedParent) throw new NotFoundError('turn');
  if (!conversationId && !namedParent && !conversation) {
    const continued = historyFrom == null ? null : continuedAnswer(historyFrom, [], []);
    return { conversation: null, parent: null, history: { turns: [], answers: [] }, continued };
  }
  if (!conversation) throw new NotFoundError('conversation');
  if (namedParent && namedParent.conversation_id !== conversation.id) throw new NotFoundError('turn');
  const parent = atStart ? null : (namedParent ?? latestOf(turns));
  const branch = branchOf(turns, parent?.id ?? null);
  const continued = historyFrom == null ? null : continuedAnswer(historyFrom, branch, answers);
  return { conversation, parent, history: toHistory(branch, { answers, files }, continued), continued };
}

function latestOf(turns: readonly TurnRow[]): TurnRow | null {
  return turns.reduce<TurnRow | null>((latest, turn) => (latest && isLater(latest, turn) ? latest : turn), null);
}

export function isLater(a: TurnRow, b: TurnRow): boolean {
  return a.created_at > b.created_at || (a.created_at.getTime() === b.created_at.getTime() && a.id > b.id);
}

/** The answer from which the turn goes on; null: each lane from its own. */
export function continuedBy({
  history_turn_id: turnId,
  history_lane: lane,
}: TurnRow): Pick<ContinuedAnswer, 'turnId' | 'lane'> | null {
  return turnId === null ? null : { turnId, lane: lane ?? 0 };
}

/**
 * The branch that ends in a turn, picked from all turns of its conversation.
 *
 * @param continued the answer that the prompt behind it goes on from
 */
export function historyOf(
  { turns = [], answers = [], files = [] }: Pick<Surroundings, 'turns' | 'answers' | 'files'>,
  leafId: string | null,
  continued: Pick<ContinuedAnswer, 'turnId' | 'lane'> | null = null,
): History {
  return toHistory(branchOf(turns, leafId), { answers, files }, continued);
}

function toHistory(
  branch: readonly TurnRow[],
  { answers, files }: { answers: readonly Answer[]; files: readonly ConversationFileRow[] },
  continued: Pick<ContinuedAnswer, 'turnId' | 'lane'> | null,
): History {
  const filesOf = filesOfPrompts(files);
  const sources = sourcesOf(branch, answers, continued);
  const turns = branch.map((turn, place) => ({
    id: turn.id,
    prompt: turn.prompt,
    files: filesOf.get(turn.id) ?? [],
    chosen_lane: turn.chosen_lane,
    hidden: hidesModels(turn),
    source: sources[place] ?? null,
  }));
  return { turns, answers, made: madeFiles(files) };
}

/**
 * The history without the answers of hidden turns of which one is still being written: it would tell, by its length and
 * price, which of them are there. Only where there are hidden turns is the database asked.
 */
export async function withoutPending(
  db: Kysely<Database>,
  { userId, conversationId }: { userId: string; conversationId?: string | undefined },
  history: History,
): Promise<History> {
  if (!conversationId || !history.turns.some(({ hidden }) => hidden)) return history;
  const pending = new Set(await findPendingTurnIds(db, userId, conversationId));
  return { ...history, answers: history.answers.filter(({ turn_id }) => !pending.has(turn_id)) };
}

function branchOf(turns: readonly TurnRow[], leafId: string | null): TurnRow[] {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: TurnRow[] = [];
  for (let id = leafId; id !== null; ) {
    const turn = byId.get(id);
    if (!turn) break;
    branch.push(turn);
    id = turn.parent_id;
  }
  return branch.reverse();
}
