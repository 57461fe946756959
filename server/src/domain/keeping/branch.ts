import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { KeptConversationRow } from '../../database/keeping/kept-conversations.ts';
import { findBranch } from '../../database/turns.ts';
import type { ToldAnswer, ToldCall } from '../../ports/told-conversation.ts';
import { findBranchThrough } from '../conversations/branches.ts';

/**
 * The ids of the turns of the branch that ends in this turn, oldest first; without one, of the branch that is shown first.
 *
 * @throws NotFoundError if the conversation has no such turn
 */
export async function branchOf(
  db: Kysely<Database>,
  { id, user_id: userId }: KeptConversationRow,
  lastTurnId: string | null,
): Promise<string[]> {
  const shown = await findBranchThrough(db, userId, id, lastTurnId);
  return lastTurnId === null ? shown : findBranch(db, userId, lastTurnId);
}

/** Of each lane the version that it shows. `answers` are by lane and age. */
export async function* shownAnswers(answers: AsyncIterable<ToldAnswer>): AsyncGenerator<ToldAnswer> {
  let shown: ToldAnswer | null = null;
  for await (const answer of answers) {
    if (shown && shown.lane !== answer.lane) {
      yield shown;
      shown = null;
    }
    if (!shown || shownSince(answer) >= shownSince(shown)) shown = answer;
  }
  if (shown) yield shown;
}

function shownSince({ chosenAt, createdAt }: ToldAnswer): number {
  return Date.parse(chosenAt ?? createdAt);
}

/** What stands beside an answer's name unless it simply ended. */
export function endOf({ status, failure, shortenedBy }: ToldAnswer): string | null {
  if (status === 'FAILED') return failure ? `failed: ${failure.message}` : 'failed';
  if (status === 'STOPPED') return 'stopped';
  if (status === 'INTERRUPTED') return 'broken off';
  if (shortenedBy === null) return null;
  return shortenedBy === 'CREDITS' ? 'shortened for want of credits' : 'ended by a limit of its tools';
}

/** The models' names, as a document tells them. */
export type NameOf = (modelId: string) => string;

/** Who answered, as a heading: the model, and what it was made to do. */
export function headingOf(answer: ToldAnswer, nameOf: NameOf): string {
  const name = nameOf(answer.servedBy ?? answer.model);
  const end = endOf(answer);
  return `${name}${answer.merge ? ' (merged from the others)' : ''}${end === null ? '' : ` (${end})`}`;
}

/** A time as a document tells it. */
export function dayAndTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

/** The parts of an answer and the calls of its tools, in their order. */
export function* partsAndCalls<Part>({
  parts,
  calls,
}: {
  parts: readonly Part[];
  calls: readonly ToldCall[];
}): Generator<Part | { kind: 'call'; call: ToldCall }> {
  let next = 0;
  for (const at of [...parts.keys(), parts.length]) {
    for (let call = calls[next]; call && (call.at <= at || at === parts.length); call = calls[++next]) {
      yield { kind: 'call', call };
    }
    const part = parts[at];
    if (part) yield part;
  }
}

/** Which tool was called, and what came of it. */
export function callLine({ name, status }: ToldCall): string {
  return `Tool ${name}: ${callEnds[status]}`;
}

const callEnds: Readonly<Record<ToldCall['status'], string>> = {
  DONE: 'done',
  FAILED: 'failed',
  REFUSED: 'refused',
  UNCERTAIN: 'nobody knows whether it was carried out',
};
