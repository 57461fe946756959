import type { CallOptions } from '../../ports/language-model.ts';
import type { Candidate } from '../answering/generation-job.ts';
import { holdWithSearch } from '../catalogue/model-search.ts';
import { hold } from '../catalogue/pricing.ts';
import type { AnswerContext } from './answer-context.ts';

/** Tokens of an answer that are worth a request: with room, or credits, for fewer the answer ends. */
export const ANSWER_TOKENS_MIN = 64;

export interface StepRequest {
  candidates: Candidate[];
  system: string | null;
  options: CallOptions | undefined;
}

/** The most that a request costs, whichever way its input is counted. */
function costAtMost({ model, input }: Candidate, outputTokens: number, options: CallOptions | undefined): number {
  return options?.search
    ? holdWithSearch(model, input.most, outputTokens)
    : hold(model.prices, input.most, outputTokens);
}

/**
 * Has the hold cover whatever the step costs, whichever candidate answers, and reserves that until the step has ended. If it
 * cannot, the step's answer is bounded by what it covers.
 *
 * @throws AnswerOver if that is too little
 */
export async function payable(
  { hold, book, course }: AnswerContext,
  { candidates, options }: StepRequest,
): Promise<{ candidates: Candidate[]; reserved: number }> {
  const mostOf = (asked: readonly Candidate[]) =>
    Math.max(...asked.map((one) => costAtMost(one, one.maxOutputTokens, options)));
  const most = mostOf(candidates);
  const spent = book.spent.credits + book.reserved;
  const needed = Math.min(spent + most, hold.maximum);
  const isCovered =
    hold.held >= needed ||
    (await hold.cover(
      () => ({ needed, ahead: needed }),
      undefined,
      () => course.ending !== null,
    ));
  course.requireGoing();
  // Calls of tools may have been paid meanwhile.
  const rest = hold.held - book.spent.credits - book.reserved;
  const paid =
    isCovered && most <= rest ? [...candidates] : candidates.flatMap((candidate) => within(candidate, rest, options));
  if (paid.length === 0) course.end('CREDITS');
  const reserved = mostOf(paid);
  book.reserved += reserved;
  return { candidates: paid, reserved };
}

/** The candidate with no longer answer than the credits pay for, whichever way its input is counted; none if that is too short. */
function within(candidate: Candidate, credits: number, options: CallOptions | undefined): Candidate[] {
  const { maxOutputTokens } = candidate;
  const isPaid = (tokens: number) => costAtMost(candidate, tokens, options) <= credits;
  if (isPaid(maxOutputTokens)) return [candidate];
  let [paid, unpaid] = [0, maxOutputTokens];
  while (unpaid - paid > 1) {
    const middle = Math.floor((paid + unpaid) / 2);
    if (isPaid(middle)) paid = middle;
    else unpaid = middle;
  }
  if (paid < Math.min(ANSWER_TOKENS_MIN, maxOutputTokens)) return [];
  return [{ ...candidate, maxOutputTokens: paid, isBoundByCredits: true }];
}

/**
 * What is charged of the cost of a step: all that the hold covers, which grows for it once more. A provider may report more
 * than it was asked for, and the steps on a receipt have to add up to its charge.
 */
export async function chargedOf(
  { hold, book, course }: AnswerContext,
  cost: number,
  reserved: number,
): Promise<number> {
  const needed = book.spent.credits + book.reserved - reserved + cost;
  if (needed > hold.held && course.ending !== 'HANDED_OVER') {
    await hold.cover(
      () => ({ needed, ahead: needed }),
      undefined,
      () => course.ending !== null,
    );
  }
  return Math.min(cost, Math.max(0, hold.held - (needed - cost)));
}
