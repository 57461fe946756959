import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { countActsOf, insertAuditEntry } from '../../database/audit.ts';
import { lockConversation } from '../../database/conversations.ts';
import type { Database } from '../../database/database.ts';
import { findComparedResponses } from '../../database/judging/verdicts.ts';
import { type BranchTurnRow, findBranchTurns, findVersions } from '../../database/sharing/shared-branch.ts';
import {
  countShares,
  deleteShare,
  insertShare,
  type ShareAudience,
  type ShareRow,
} from '../../database/sharing/shares.ts';
import { findLatestTurn, findTurns } from '../../database/turns.ts';
import { lockUser } from '../../database/users.ts';
import { shownOfLanes } from '../answering/responses.ts';
import { ForbiddenError, InvalidInputError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import { CONTESTANTS_MIN, contestantsOf } from '../judging/contestants.ts';
import type { ShareRule } from './share-rule.ts';

export { countShares, findSharePage, findShares, type ShareRow } from '../../database/sharing/shares.ts';

export interface ShareInput {
  conversationId: string;
  /** The last turn that is shown. Absent: the conversation's latest. */
  throughTurnId?: string | null;
  audience: ShareAudience;
  /** Absent: it does not end by itself. */
  expiresAt?: Date | null;
  withFigures?: boolean | null;
  withName?: boolean | null;
  /** Whether readers judge the last turn's answers before they are told the models. */
  asksVerdict?: boolean | null;
}

/** What one share may show: so much is answered at once to somebody who is signed out. */
export const TURNS_MAX = 100;
export const ANSWERS_MAX = 300;
/** Of prompts and answers, in UTF-8. */
export const BYTES_MAX = 600_000;

/** Shares that a member may have, and make in an hour. */
const SHARES_MAX = 1000;
const SHARES_PER_HOUR = 100;

/**
 * Shows a branch of the member's conversation to others, through one of its turns, with the answers that are shown now.
 * What is asked, written or chosen later does not change it.
 *
 * @throws ForbiddenError if the house forbids it; InvalidInputError while an answer is being written, if a turn hides its
 * models, or there is nothing, too much, or nothing to compare; NotFoundError; RateLimitError
 */
export async function shareConversation(
  { db, rule }: { db: Kysely<Database>; rule: ShareRule },
  { id: userId }: { id: string },
  input: ShareInput,
): Promise<ShareRow> {
  const { audience, expiresAt = null } = input;
  if (!rule.allows(audience)) throw new ForbiddenError(forbidden(rule));
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
    throw new InvalidInputError('expiresAt', 'This time is over. Choose a later one.');
  }
  return db.transaction().execute(async (trx) => {
    const email = await lockSharer(trx, userId);
    const conversation = await lockConversation(trx, userId, input.conversationId);
    if (!conversation || conversation.evaluation_id !== null) throw new NotFoundError('conversation');
    if (conversation.temporary) throw new InvalidInputError('conversationId', 'A temporary chat cannot be shared.');
    const turnId = await lastTurnOf(trx, userId, input);
    const { responseIds, comparedIds } = await frozen(trx, turnId, input.asksVerdict ?? false);
    const share = {
      id: newId(),
      key: randomBytes(18).toString('base64url'),
      user_id: userId,
      conversation_id: conversation.id,
      turn_id: turnId,
      audience,
      title: conversation.title,
      with_figures: input.withFigures ?? false,
      with_name: input.withName ?? false,
      asks_verdict: input.asksVerdict ?? false,
      expires_at: expiresAt,
    };
    const stored = await insertShare(trx, share, { responseIds, comparedIds });
    await insertAuditEntry(trx, { actor_id: userId, action: 'share', target: email, note: noteOf(stored) });
    return stored;
  });
}

/** Ends a share at once. @throws NotFoundError */
export async function revokeShare(db: Kysely<Database>, userId: string, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const email = await lockMember(trx, userId);
    const share = await deleteShare(trx, userId, id);
    if (!share) throw new NotFoundError('share');
    await insertAuditEntry(trx, { actor_id: userId, action: 'revokeShare', target: email, note: noteOf(share) });
  });
}

function forbidden({ kind }: ShareRule): string {
  return kind === 'NOBODY'
    ? 'The admins of this server have switched sharing off.'
    : 'On this server, conversations can be shared with members only.';
}

async function lockMember(trx: Transaction<Database>, userId: string): Promise<string> {
  const user = await lockUser(trx, userId);
  if (!user) throw new ForbiddenError('Sign in again first.');
  return user.email;
}

/** @throws RateLimitError, ForbiddenError */
async function lockSharer(trx: Transaction<Database>, userId: string): Promise<string> {
  const email = await lockMember(trx, userId);
  if ((await countActsOf(trx, userId, 'share')) >= SHARES_PER_HOUR) {
    throw new RateLimitError(3600, `You have shared ${SHARES_PER_HOUR} times within an hour.`);
  }
  if ((await countShares(trx, userId)) >= SHARES_MAX) {
    throw new ForbiddenError(`You have ${SHARES_MAX.toLocaleString('en')} shares. End some of them first.`);
  }
  return email;
}

/** @throws NotFoundError, InvalidInputError */
async function lastTurnOf(
  trx: Transaction<Database>,
  userId: string,
  { conversationId, throughTurnId }: ShareInput,
): Promise<string> {
  const turn = throughTurnId
    ? (await findTurns(trx, userId, [throughTurnId]))[0]
    : await findLatestTurn(trx, userId, conversationId);
  if (!turn && !throughTurnId) throw new InvalidInputError('conversationId', 'There is nothing to share yet.');
  if (turn?.conversation_id !== conversationId) throw new NotFoundError('turn');
  return turn.id;
}

/** The answers that the branch shows now, and those of its last turn that a verdict compares. @throws InvalidInputError */
async function frozen(trx: Transaction<Database>, turnId: string, asksVerdict: boolean) {
  const turns = await findBranchTurns(trx, turnId);
  const versions = await findVersions(
    trx,
    turns.map(({ id }) => id),
  );
  const shown = shownOfLanes(versions);
  requireShareable(turns, shown);
  const ofLast = shown.filter(({ turn_id }) => turn_id === turnId).map(({ id }) => id);
  const compared = asksVerdict ? contestantsOf(await findComparedResponses(trx, [turnId]), ofLast) : [];
  if (asksVerdict && compared.length < CONTESTANTS_MIN) {
    throw new InvalidInputError(
      'asksVerdict',
      'A verdict compares two complete answers or more of the models that were asked; the last turn has fewer.',
    );
  }
  return { responseIds: shown.map(({ id }) => id), comparedIds: compared.map(({ responseId }) => responseId) };
}

/** @throws InvalidInputError */
function requireShareable(
  turns: readonly BranchTurnRow[],
  shown: readonly { finished_at: Date | null; bytes: number }[],
): void {
  const refuse = (why: string) => new InvalidInputError('throughTurnId', why);
  // What is hidden is told nothing of: not even whether it is being written.
  if (turns.some(({ hidden }) => hidden)) {
    throw refuse('The models of a blind turn are still hidden. Judge it or reveal it first.');
  }
  if (shown.some(({ finished_at }) => finished_at === null)) {
    throw refuse('An answer is still being written. Share when all are complete.');
  }
  const bytes = [...turns.map(({ prompt }) => Buffer.byteLength(prompt)), ...shown.map((answer) => answer.bytes)];
  const isTooMuch = bytes.reduce((sum, more) => sum + more, 0) > BYTES_MAX;
  if (turns.length > TURNS_MAX || shown.length > ANSWERS_MAX || isTooMuch) {
    throw refuse(
      `A share has at most ${TURNS_MAX} prompts, ${ANSWERS_MAX} answers and ${BYTES_MAX.toLocaleString('en')} bytes of text. Share through an earlier prompt.`,
    );
  }
}

/** What the audit log says of a share: nothing of what it shows, and not its key. */
function noteOf({ id, audience, asks_verdict, with_figures, with_name, expires_at }: ShareRow): string {
  const words = [
    audience === 'LINK' ? 'with anyone who has the link' : 'with members',
    with_figures && 'with figures',
    with_name && 'with the name',
    asks_verdict && 'verdict first',
    expires_at && `until ${expires_at.toISOString()}`,
    `share ${id}`,
  ];
  return words.filter(Boolean).join('; ');
}
