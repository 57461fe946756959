import { allRows, oneRow, type Statement } from '../../database/connection/statement.ts';
import type { ConversationRow, Whereabouts } from '../../database/conversations.ts';
import { findTurnStatement, findTurnsAtStatement, type TurnRow } from '../../database/turns.ts';
import { type Answer, findAnswersAtStatement } from '../../database/versions.ts';
import { NotFoundError } from '../ground/errors.ts';
import type { History } from './lanes.ts';

/** The place of a new prompt. */
export interface PlaceRequest {
  /** Absent: a new conversation. */
  conversationId?: string | null;
  /** Absent: the conversation's latest turn. */
  parentTurnId?: string | null;
  /** Starts a branch beside the conversation's first prompt. */
  atStart?: boolean | null;
}

/** The rows around a prompt's place; nothing is looked up for a new conversation. */
export interface Surroundings {
  parent?: TurnRow | null | undefined;
  conversation?: ConversationRow | null | undefined;
  /** All turns of the conversation. */
  turns?: readonly TurnRow[] | undefined;
  answers?: readonly Answer[] | undefined;
}

/** The looks that find the surroundings. */
export function lookAround(
  userId: string,
  { conversationId, parentTurnId }: PlaceRequest,
  conversationStatement: (at: Whereabouts) => Statement<ConversationRow>,
) {
  const at = { userId, conversationId: conversationId ?? null, turnId: parentTurnId ?? null };
  const isSomewhere = at.conversationId !== null || at.turnId !== null;
  return {
    parent: at.turnId !== null ? oneRow(findTurnStatement({ userId, id: at.turnId })) : undefined,
    conversation: isSomewhere ? oneRow(conversationStatement(at)) : undefined,
    turns: isSomewhere ? allRows(findTurnsAtStatement(at)) : undefined,
    answers: isSomewhere ? allRows(findAnswersAtStatement(at)) : undefined,
  };
}

export interface Place {
  /** Null: the conversation is to be made. */
  conversation: ConversationRow | null;
  parent: TurnRow | null;
  history: History;
}

export function placeOf(
  { conversationId, parentTurnId, atStart }: PlaceRequest,
  { parent: namedParent, conversation, turns = [], answers = [] }: Surroundings,
): Place {
  if (parentTurnId && !namedParent) throw new NotFoundError('turn');
  if (!conversationId && !namedParent) return { conversation: null, parent: null, history: { turns: [], answers: [] } };
  if (!conversation) throw new NotFoundError('conversation');
  if (namedParent && namedParent.conversation_id !== conversation.id) throw new NotFoundError('turn');
  const parent = atStart ? null : (namedParent ?? latestOf(turns));
  return { conversation, parent, history: historyOf(turns, answers, parent?.id ?? null) };
}

function latestOf(turns: readonly TurnRow[]): TurnRow | null {
  return turns.reduce<TurnRow | null>((latest, turn) => (latest && isLater(latest, turn) ? latest : turn), null);
}

export function isLater(a: TurnRow, b: TurnRow): boolean {
  return a.created_at > b.created_at || (a.created_at.getTime() === b.created_at.getTime() && a.id > b.id);
}

/** The branch that ends in a turn, picked from all turns of its conversation. */
export function historyOf(turns: readonly TurnRow[], answers: readonly Answer[], leafId: string | null): History {
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const branch: TurnRow[] = [];
  for (let id = leafId; id !== null; ) {
    const turn = byId.get(id);
    if (!turn) break;
    branch.push(turn);
    id = turn.parent_id;
  }
  return { turns: branch.reverse(), answers };
}
