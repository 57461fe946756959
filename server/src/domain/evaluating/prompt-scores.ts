import type { PairSaid } from '../../database/judging/evaluation-results.ts';
import type { PairScore } from '../judging/sequential-test.ts';

/**
 * How many prompts each model wins against each other one. A prompt counts once, when all of its repeats are judged, and
 * for the model that won more of them: verdicts on the same prompt are no independent ones.
 */
export function scoresOfPrompts(said: readonly PairSaid[], repeats: number): PairScore[] {
  const prompts = new Map<string, { a: number; b: number; judged: number; balance: number }>();
  for (const { position, lane_a: a, lane_b: b, said: outcome } of said) {
    const key = `${a}/${b}/${position}`;
    const prompt = prompts.get(key) ?? { a, b, judged: 0, balance: 0 };
    prompt.judged += 1;
    prompt.balance += outcome === 'A' ? 1 : outcome === 'B' ? -1 : 0;
    prompts.set(key, prompt);
  }
  const scores = new Map<string, PairScore>();
  for (const { a, b, judged, balance } of prompts.values()) {
    if (judged < repeats) continue;
    const score = scores.get(`${a}/${b}`) ?? { a, b, aWins: 0, bWins: 0 };
    if (balance > 0) score.aWins += 1;
    if (balance < 0) score.bWins += 1;
    scores.set(`${a}/${b}`, score);
  }
  return [...scores.values()];
}
