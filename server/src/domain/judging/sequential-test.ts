/*
 * When may one stop asking? Whoever looks after each verdict and stops at the first significant result is wrong far more
 * often than the test says. An e-process may be looked at as often as one likes: if neither of two models is better, it
 * ever reaches 20 with a probability of at most 1/20 (Ville's inequality).
 */

/** The bound for one question, at an error of 5 %. */
export const EVIDENCE_MIN = 20;

/**
 * The evidence that one of two models is better, after it won `wins` and lost `losses` verdicts: the likelihood of that,
 * mixed over all strengths (Beta(1,1)), against that of a fair coin. Ties and abstentions say nothing about who is
 * better, and do not count.
 *
 * @returns its natural logarithm
 */
export function logEvidence(wins: number, losses: number): number {
  return logBeta(wins + 1, losses + 1) + (wins + losses) * Math.LN2;
}

/** Verdicts on two models by their indexes; ties are left out. */
export interface PairScore {
  a: number;
  b: number;
  aWins: number;
  bWins: number;
}

/**
 * The model that is found to be better than every other one; null: none is yet. Among more than two models every pair is
 * a question of its own, so that each must reach 20 times the number of pairs, and the chance of any wrong answer stays
 * below 5 %.
 */
export function decidedBest(models: number, pairs: readonly PairScore[]): number | null {
  const needed = Math.log(EVIDENCE_MIN * Math.max(1, (models * (models - 1)) / 2));
  const beaten = Array.from({ length: models }, () => new Set<number>());
  for (const { a, b, aWins, bWins } of pairs) {
    if (aWins === bWins || logEvidence(aWins, bWins) < needed) continue;
    if (aWins > bWins) beaten[a]?.add(b);
    else beaten[b]?.add(a);
  }
  const best = beaten.findIndex((others) => others.size === models - 1);
  return models < 2 || best === -1 ? null : best;
}

function logBeta(a: number, b: number): number {
  return logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1);
}

/** Of whole numbers, exact enough at any size: Stirling's series beyond what is summed up. */
function logFactorial(n: number): number {
  if (n < summed.length) return summed[n] as number;
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}

const summed = [0];
for (let n = 1; n < 64; n++) summed.push((summed[n - 1] as number) + Math.log(n));
