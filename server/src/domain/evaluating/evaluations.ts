import type { Kysely, Transaction } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../database/database.ts';
import { copySetFiles, insertEvaluationFiles } from '../../database/files/set-files.ts';
import type { Audience } from '../../database/judging/evaluation-tables.ts';
import {
  countEvaluations,
  type EvaluationRow,
  findEvaluationsById,
  insertEvaluation,
  insertEvaluationPrompts,
  setEvaluation,
} from '../../database/judging/evaluations.ts';
import { lockUser } from '../../database/users.ts';
import { type Catalogue, tierOf } from '../catalogue/catalogue.ts';
import type { Offer } from '../catalogue/offer.ts';
import { fileUsageOf } from '../files/files.ts';
import {
  FileQuotaError,
  ForbiddenError,
  InsufficientCreditsError,
  InvalidInputError,
  NotFoundError,
} from '../ground/errors.ts';
import { renewAccount, shownAccount } from '../money/credits.ts';
import { findMonthlyRest, type MonthlyLimit } from '../money/monthly-limit.ts';
import type { Asking } from '../people/members.ts';
import { shownRestOf } from '../people/paying-team.ts';
import { type EvaluationInput, type EvaluationPlan, planEvaluation } from './evaluation-quote.ts';
import type { EvaluationRunner } from './evaluation-runner.ts';
import { type PromptSetRow, validSharing } from './prompt-sets.ts';

export { type EvaluationRow, findEvaluations, findEvaluationsById } from '../../database/judging/evaluations.ts';
export type { EvaluationInput } from './evaluation-quote.ts';

/** Of one member: at work, and kept. */
export const RUNNING_MAX = 3;
export const EVALUATIONS_MAX = 200;

export interface Evaluating {
  db: Kysely<Database>;
  offer: { now: Offer };
  monthlyLimit: MonthlyLimit;
  evaluationRunner: Pick<EvaluationRunner, 'wake'>;
}

/** What an evaluation would cost. */
export interface EvaluationQuote extends EvaluationPlan {
  /** Credits that the payer has for it now, as far as the member may know: see `shownAccount`. */
  available: number;
  /** Whether it may begin: what it is likely to cost, within its limit, is there. */
  affordable: boolean;
}

/** @throws DomainError, as sendPrompt does */
export async function quoteEvaluation(
  { db, offer, monthlyLimit }: Pick<Evaluating, 'db' | 'offer' | 'monthlyLimit'>,
  member: Asking,
  input: EvaluationInput,
): Promise<EvaluationQuote> {
  const { catalogue } = offer.now;
  const plan = await planEvaluation({ db, catalogue }, member, input);
  const { team } = plan.quoted;
  const owner = team ? { teamId: team.id } : { userId: member.id, tier: tierOf(catalogue, member) };
  const { balance, held } = shownAccount(await renewAccount(db, owner));
  const rests = [
    balance - held,
    await findMonthlyRest(db, monthlyLimit),
    (team && shownRestOf(team)) ?? Number.POSITIVE_INFINITY,
  ];
  const available = Math.max(0, Math.min(...rests));
  return { ...plan, available, affordable: likelyCost(plan, input) <= available };
}

/** Credits that it is likely to cost; it pauses at its limit. */
function likelyCost({ expected }: EvaluationPlan, { creditsMax }: EvaluationInput): number {
  return Math.min(expected, creditsMax ?? expected);
}

/**
 * Begins an evaluation: its prompts are kept as they are now, and are sent one after the other. What each costs is held
 * when it is sent, so that an evaluation may begin that is likely to be paid; it waits where the credits end.
 *
 * @throws DomainError, as sendPrompt does; nothing is stored then
 */
export async function runEvaluation(
  options: Evaluating,
  member: Asking,
  input: EvaluationInput,
): Promise<EvaluationRow> {
  requireUnlimitedKey(member);
  const { db, evaluationRunner } = options;
  const quote = await quoteEvaluation(options, member, input);
  const { set, quoted, judge, maximum, available } = quote;
  if (!quote.affordable) {
    const likely = likelyCost(quote, input);
    throw new InsufficientCreditsError(likely, available, {
      message: `This evaluation is likely to cost about ${likely.toLocaleString('en')} credits; ${available.toLocaleString('en')} are available.`,
    });
  }
  const id = newId();
  await db.transaction().execute(async (trx) => {
    await lockUser(trx, member.id);
    await requireFew(trx, member.id, { starting: true });
    await insertEvaluation(trx, {
      id,
      user_id: member.id,
      set_id: set.id,
      set_name: set.name,
      model_ids: quoted.models.map((model) => model.id),
      repeats: quote.repeats,
      parameters: JSON.stringify(quote.parameters),
      system_prompt: quote.systemPrompt,
      judge_model_id: judge?.id ?? null,
      rubric: quote.rubric,
      judge_of_family: quote.judgeOfFamily,
      payer_team_id: quoted.team?.id ?? null,
      credits_max: input.creditsMax ?? maximum,
      stop_early: input.stopEarly ?? false,
      state: 'RUNNING',
    });
    await insertEvaluationPrompts(trx, { id, setId: set.id, repeats: quote.repeats });
    await copyFiles(trx, options.offer.now.catalogue, { set, member });
    await insertEvaluationFiles(trx, { id, setId: set.id, userId: member.id });
  });
  evaluationRunner.wake();
  return requireEvaluation(db, member.id, id);
}

/** Has the member have the set's files, whose bytes count as theirs. @throws FileQuotaError */
async function copyFiles(
  trx: Transaction<Database>,
  catalogue: Catalogue,
  { set, member }: { set: PromptSetRow; member: Asking },
): Promise<void> {
  const copied = await copySetFiles(trx, { setId: set.id, userId: member.id });
  if (copied === 0) return;
  const { bytes, bytesMax } = await fileUsageOf(trx, catalogue, member);
  if (bytes > bytesMax) throw new FileQuotaError(bytes - copied, bytesMax);
}

/** Sends nothing more for now; what is being written ends. */
export async function pauseEvaluation(db: Kysely<Database>, userId: string, id: string): Promise<EvaluationRow> {
  await change(db, { userId, id, states: ['RUNNING'] }, { state: 'PAUSED', pause_code: 'MEMBER', pause_message: null });
  return requireEvaluation(db, userId, id);
}

/** Goes on with a paused evaluation. @param creditsMax a new limit; absent: it stays */
export async function resumeEvaluation(
  { db, evaluationRunner }: Pick<Evaluating, 'db' | 'evaluationRunner'>,
  userId: string,
  { id, creditsMax }: { id: string; creditsMax?: number | null },
): Promise<EvaluationRow> {
  if (creditsMax != null && creditsMax < 0) {
    throw new InvalidInputError('creditsMax', 'The most that it may cost cannot be negative.');
  }
  await db.transaction().execute(async (trx) => {
    await lockUser(trx, userId);
    await requireFew(trx, userId, { starting: false });
    await change(
      trx,
      { userId, id, states: ['PAUSED'] },
      {
        state: 'RUNNING',
        pause_code: null,
        pause_message: null,
        lease_owner: null,
        lease_until: null,
        ...(creditsMax != null && { credits_max: creditsMax }),
      },
    );
  });
  evaluationRunner.wake();
  return requireEvaluation(db, userId, id);
}

/** Ends an evaluation before all is asked. What is being written ends; what there is stays. */
export async function stopEvaluation(db: Kysely<Database>, userId: string, id: string): Promise<EvaluationRow> {
  await change(
    db,
    { userId, id, states: ['RUNNING', 'PAUSED'] },
    { state: 'STOPPED', finished_at: new Date(), pause_code: null, pause_message: null },
  );
  return requireEvaluation(db, userId, id);
}

/**
 * Deletes an evaluation with all answers; running ones are stopped. It is gone at once for everybody, and its
 * conversations are deleted in the background. Receipts, ledger entries and verdicts stay.
 */
export async function deleteEvaluation(
  { db, evaluationRunner }: Pick<Evaluating, 'db' | 'evaluationRunner'>,
  userId: string,
  id: string,
): Promise<void> {
  await change(
    db,
    { userId, id, states: ['RUNNING', 'PAUSED', 'DONE', 'STOPPED'] },
    { state: 'DELETED', lease_owner: null, lease_until: null },
  );
  evaluationRunner.wake();
}

/** Says who may judge beside the owner. */
export async function openEvaluation(
  db: Kysely<Database>,
  userId: string,
  { id, judgedBy, teamId }: { id: string; judgedBy: Audience; teamId?: string | null },
): Promise<EvaluationRow> {
  const { shared_with, team_id } = await validSharing(db, userId, { sharedWith: judgedBy, teamId });
  await change(
    db,
    { userId, id, states: ['RUNNING', 'PAUSED', 'DONE', 'STOPPED'] },
    { judged_by: shared_with, judging_team_id: team_id },
  );
  return requireEvaluation(db, userId, id);
}

/** The evaluation, if the member may see it. @throws NotFoundError */
export async function requireEvaluation(db: Kysely<Database>, userId: string, id: string): Promise<EvaluationRow> {
  const [evaluation] = await findEvaluationsById(db, userId, [id]);
  if (!evaluation) throw new NotFoundError('evaluation');
  return evaluation;
}

/** The member's own evaluation. @throws NotFoundError */
export async function requireOwnEvaluation(db: Kysely<Database>, userId: string, id: string): Promise<EvaluationRow> {
  const evaluation = await requireEvaluation(db, userId, id);
  if (evaluation.user_id !== userId) throw new NotFoundError('evaluation');
  return evaluation;
}

async function change(
  db: Kysely<Database>,
  of: Parameters<typeof setEvaluation>[1],
  changes: Parameters<typeof setEvaluation>[2],
): Promise<void> {
  if (await setEvaluation(db, of, changes)) return;
  const { state } = await requireOwnEvaluation(db, of.userId, of.id);
  throw new InvalidInputError('id', `This evaluation is ${stateNames[state]}.`);
}

const stateNames: Record<EvaluationRow['state'], string> = {
  RUNNING: 'running',
  PAUSED: 'paused',
  DONE: 'done',
  STOPPED: 'stopped',
  DELETED: 'deleted',
};

async function requireFew(db: Kysely<Database>, userId: string, { starting }: { starting: boolean }): Promise<void> {
  const { all, running } = await countEvaluations(db, userId);
  if (running >= RUNNING_MAX) {
    throw new InvalidInputError('setId', `${RUNNING_MAX} of your evaluations are running, which is the most at once.`);
  }
  if (starting && all >= EVALUATIONS_MAX) {
    throw new InvalidInputError(
      'setId',
      `You have ${EVALUATIONS_MAX} evaluations, which is the most. Delete one first.`,
    );
  }
}

/** An evaluation goes on without the key that began it, so that the key's own limits could not bind it. */
function requireUnlimitedKey({ apiKey }: Asking): void {
  if (!apiKey || (apiKey.monthlyCredits === null && apiKey.modelIds === null && !apiKey.payer)) return;
  throw new ForbiddenError(
    'This API key has limits of its own. Begin evaluations with a key without them, or signed in.',
  );
}
