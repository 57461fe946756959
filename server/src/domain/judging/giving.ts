import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import { countActsOf, insertAuditEntry } from '../../database/audit.ts';
import { findTeamOfAccount, lockMemberAccount } from '../../database/credits.ts';
import type { Database } from '../../database/database.ts';
import { findToldLanes } from '../../database/judging/hidden-turns.ts';
import {
  type ComparedRow,
  findComparedResponses,
  findJudgedTurn,
  findVerdictOfJudge,
  hasJudged,
  insertVerdict,
  type JudgedTurnRow,
  type JudgeKey,
  lockJudgedTurn,
  requireJudgeNumber,
  setVerdict,
  type VerdictRow,
} from '../../database/judging/verdicts.ts';
import { lockUser } from '../../database/users.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type RevealedTurnRow, type RevealWatchers, revealWithin, tellRevealed } from '../conversations/revealing.ts';
import { ForbiddenError, InvalidInputError, NotFoundError, RateLimitError } from '../ground/errors.ts';
import { type Ballot, bestOf, validNote, validTopic } from './ballot.ts';
import { CONTESTANTS_MIN, type Contestant, contestantsOf, isFinal, letterOf } from './contestants.ts';
import type { JudgesView } from './may-judge.ts';
import { type TextFacts, textFactsOf } from './text-facts.ts';

/** Who gives a verdict. */
export type Judge = { userId: string } | { modelId: string };

export interface Judging extends RevealWatchers {
  db: Kysely<Database>;
  catalogue: Catalogue;
}

/** A ballot for a turn. Whether the judge may judge it is decided before (`mayJudge`). */
export interface GivenBallot extends Ballot, JudgesView {
  judge: Judge;
  turnId: string;
  /** Whether the judge saw the answers arrive at the models' own speeds. Absent: as the turn's own member did. */
  unpaced?: boolean | undefined;
}

/** How many verdicts a member may give or change in an hour, each of which the audit log keeps. */
const VERDICTS_PER_HOUR = 1000;

/**
 * Gives the judge's verdict on a turn, or changes it within a day of its first giving. What is compared was fixed when
 * it was first given. The judge's own blind turn is revealed to them by it; a verdict whose outcome is changed
 * afterwards is no longer blind. Of two that are given at once, the later one stays.
 *
 * @throws InvalidInputError while an answer is being written, if there are fewer than two to compare, if one is named
 * that is not compared, or after a day; RateLimitError; NotFoundError
 */
export async function giveVerdict(judging: Judging, given: GivenBallot): Promise<void> {
  const ballot = { ...given, topic: validTopic(given.topic), note: validNote(given.note) };
  for (;;) {
    // The texts are read, and searched for names, before anything is locked.
    const rows = await findComparedResponses(judging.db, [given.turnId]);
    const facts = await factsToStore(judging, ballot, rows);
    const revealed = await judging.db.transaction().execute((trx) => storeVerdict(trx, ballot, { rows, facts }));
    // The answers may have changed in between.
    if (!revealed) continue;
    tellRevealed(judging, revealed);
    return;
  }
}

type ValidBallot = GivenBallot & { topic: string | null; note: string | null };

interface SeenAnswers {
  rows: readonly ComparedRow[];
  /** Null: the judge has judged the turn before. */
  facts: TextFacts | null;
}

/** What a first verdict keeps of the texts, which nobody searches for a verdict that is refused. @throws DomainError */
async function factsToStore(
  judging: Judging,
  ballot: ValidBallot,
  rows: readonly ComparedRow[],
): Promise<TextFacts | null> {
  const { db } = judging;
  const { judge, turnId } = ballot;
  if (await hasJudged(db, keyOf(judge), turnId)) return null;
  const turn = await findJudgedTurn(db, turnId);
  if (!turn) throw new NotFoundError('turn');
  const { contestants } = comparisonOf(turn, ballot, rows);
  await requireFewVerdicts(db, judge);
  return textFactsOf(judging, turnId, contestants);
}

/** What a first verdict compares, and which answers it says are best. @throws InvalidInputError */
function comparisonOf(
  turn: JudgedTurnRow,
  ballot: ValidBallot,
  rows: readonly ComparedRow[],
): { contestants: Contestant[]; best: string[] } {
  if (!isFinal(rows, ballot.order)) {
    throw new InvalidInputError(
      'turnId',
      'An answer of this turn is still being written. Judge when all are complete.',
    );
  }
  const contestants = contestantsOf(rows, ballot.order);
  if (contestants.length < CONTESTANTS_MIN) throw new InvalidInputError('turnId', tooFew(turn, contestants));
  const best = bestOf(
    ballot,
    contestants.map(({ responseId }) => responseId),
  );
  return { contestants, best };
}

/** @returns the turns whose models are shown from now on; null: the answers are not as they were seen */
async function storeVerdict(
  trx: Transaction<Database>,
  ballot: ValidBallot,
  { rows, facts }: SeenAnswers,
): Promise<RevealedTurnRow[] | null> {
  const { judge, turnId } = ballot;
  const email = 'userId' in judge ? await lockMember(trx, judge.userId) : null;
  const turn = await lockJudgedTurn(trx, turnId);
  if (!turn) throw new NotFoundError('turn');
  const judgeNumber = await requireJudgeNumber(trx, keyOf(judge));
  const given = await findVerdictOfJudge(trx, { turnId, judgeNumber });
  if (given) {
    const note = await changeVerdict(trx, ballot, given);
    if (note !== null) await noteAct(trx, judge, email, note);
    return [];
  }
  if (!facts || !isSame(await findComparedResponses(trx, [turnId]), rows)) return null;
  await noteAct(trx, judge, email, await firstVerdict(trx, ballot, { turn, judgeNumber, rows, facts }));
  return 'userId' in judge && judge.userId === turn.user_id ? revealWithin(trx, judge.userId, turnId) : [];
}

/** Locks the member as those do who change or delete the account, and the credit account, since a reveal needs it. */
async function lockMember(trx: Transaction<Database>, userId: string): Promise<string> {
  const user = await lockUser(trx, userId);
  if (!user) throw new ForbiddenError('Sign in again first.');
  await lockMemberAccount(trx, userId);
  return user.email;
}

function keyOf(judge: Judge): JudgeKey {
  return 'userId' in judge ? { user_id: judge.userId, model_id: null } : { user_id: null, model_id: judge.modelId };
}

function isSame(now: readonly ComparedRow[], seen: readonly ComparedRow[]): boolean {
  return JSON.stringify(now) === JSON.stringify(seen);
}

/** @returns what the audit log says of it */
async function firstVerdict(
  trx: Transaction<Database>,
  ballot: ValidBallot,
  {
    turn,
    judgeNumber,
    rows,
    facts,
  }: { turn: JudgedTurnRow; judgeNumber: number; rows: readonly ComparedRow[]; facts: TextFacts },
): Promise<string> {
  const { contestants, best } = comparisonOf(turn, ballot, rows);
  const id = newId();
  const isHidden = turn.blind && turn.revealed_at === null;
  const told = isHidden ? await findToldLanes(trx, turn.id) : { unpaced: false, merge: false };
  const knowsMerge = comparesKnownMerge(rows, contestants) || (told.merge && contestants.some(({ merged }) => merged));
  const blind = ballot.blind ?? (isHidden && !knowsMerge);
  const verdict = {
    id,
    turn_id: turn.id,
    judge_number: judgeNumber,
    team_id: await payerOf(trx, rows, contestants),
    kind: ballot.kind,
    topic: ballot.topic,
    note: ballot.note,
    blind,
    unpaced: ballot.unpaced ?? (turn.unpaced || told.unpaced),
    named: facts.named,
    prompt: turn.id,
  };
  const compared = contestants.map((contestant) => ({
    lane: contestant.lane,
    response_id: contestant.responseId,
    model_id: contestant.modelId,
    best: best.includes(contestant.responseId),
    merged: contestant.merged,
    credits: contestant.credits,
    first_token_ms: contestant.firstTokenMs,
    output_tokens: contestant.outputTokens,
    characters: facts.characters.get(contestant.responseId) ?? 0,
  }));
  await insertVerdict(trx, verdict, compared);
  return noteOf({ id, kind: ballot.kind, blind }, compared);
}

/** Whether the judge of hidden answers knows one of them to be a merge, since they asked for it after the prompt. */
function comparesKnownMerge(rows: readonly ComparedRow[], contestants: readonly Contestant[]): boolean {
  const compared = new Set(contestants.map(({ responseId }) => responseId));
  return rows.some(({ id, merge }) => merge !== null && !merge.withPrompt && compared.has(id));
}

function tooFew({ imported }: JudgedTurnRow, { length }: readonly Contestant[]): string {
  if (imported) return 'These answers were not given here, so there is nothing to compare.';
  const found = length === 0 ? 'none' : 'one';
  return `A verdict compares two complete answers or more of the models that were asked; this turn has ${found}.`;
}

async function payerOf(
  trx: Transaction<Database>,
  rows: readonly ComparedRow[],
  [first]: readonly Contestant[],
): Promise<string | null> {
  const paidBy = rows.find(({ id }) => id === first?.responseId)?.credit_account_id ?? null;
  return paidBy === null ? null : findTeamOfAccount(trx, paidBy);
}

/** @returns what the audit log says of it; null: nothing was changed */
async function changeVerdict(
  trx: Transaction<Database>,
  ballot: ValidBallot,
  given: VerdictRow,
): Promise<string | null> {
  const { kind, topic, note } = ballot;
  const bestIds = bestOf(
    ballot,
    given.contestants.map(({ responseId }) => responseId),
  );
  const before = given.contestants.filter(({ best }) => best).map(({ responseId }) => responseId);
  const isOtherOutcome = kind !== given.kind || before.join() !== inLanes(given, bestIds).join();
  if (!isOtherOutcome && topic === given.topic && note === given.note) return null;
  if (!given.changeable) {
    throw new InvalidInputError('turnId', 'A verdict can be changed within a day of giving it. This one is older.');
  }
  // Whoever says something else now has seen the models by now.
  const blind = given.blind && !isOtherOutcome;
  await setVerdict(trx, { id: given.id, kind, topic, note, blind, bestIds });
  const compared = given.contestants.map(({ lane, responseId }) => ({ lane, best: bestIds.includes(responseId) }));
  return noteOf({ id: given.id, kind, blind }, compared);
}

function inLanes({ contestants }: VerdictRow, ids: readonly string[]): string[] {
  return contestants.filter(({ responseId }) => ids.includes(responseId)).map(({ responseId }) => responseId);
}

/** The verdict in letters, without a text: `BEST B of A, B, C; blind; verdict 0192…`. */
function noteOf(
  { id, kind, blind }: { id: string; kind: string; blind: boolean },
  compared: readonly { lane: number; best: boolean }[],
): string {
  const letters = (lanes: typeof compared) => lanes.map(({ lane }) => letterOf(lane)).join(', ');
  const best = letters(compared.filter((contestant) => contestant.best));
  return `${[kind, best].filter(Boolean).join(' ')} of ${letters(compared)}; ${blind ? 'blind' : 'not blind'}; verdict ${id}`;
}

/** A model's verdicts are of an evaluation that somebody has started; only members' are acts of somebody. */
async function noteAct(trx: Transaction<Database>, judge: Judge, email: string | null, note: string): Promise<void> {
  if (!('userId' in judge)) return;
  await requireFewVerdicts(trx, judge);
  await insertAuditEntry(trx, { actor_id: judge.userId, action: 'judgeTurn', target: email, note });
}

async function requireFewVerdicts(db: Kysely<Database>, judge: Judge): Promise<void> {
  if (!('userId' in judge) || (await countActsOf(db, judge.userId, 'judgeTurn')) < VERDICTS_PER_HOUR) return;
  throw new RateLimitError(3600, `You have given ${VERDICTS_PER_HOUR.toLocaleString('en')} verdicts within an hour.`);
}
