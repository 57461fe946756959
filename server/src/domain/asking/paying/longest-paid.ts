/** Shorter answers say nothing: a prompt is not shortened to them. In tokens. */
export const ANSWER_TOKENS_MIN = 50;

/**
 * The longest answers, in tokens and less than `most`, that can be paid. Null: not even the shortest can.
 *
 * @param isPaid whether answers of so many tokens can be paid; if they can, shorter ones can too
 */
export function longestPaid(most: number, isPaid: (tokens: number) => boolean): number | null {
  if (most <= ANSWER_TOKENS_MIN || !isPaid(ANSWER_TOKENS_MIN)) return null;
  let paid = ANSWER_TOKENS_MIN;
  let unpaid = most;
  // Halving ends within a hundredth: a member needs no more, and each look plans the whole prompt.
  while (unpaid - paid > Math.max(1, paid / 100)) {
    const middle = Math.floor((paid + unpaid) / 2);
    if (isPaid(middle)) paid = middle;
    else unpaid = middle;
  }
  return paid;
}
