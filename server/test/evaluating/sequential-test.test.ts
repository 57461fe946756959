import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidedBest, EVIDENCE_MIN, logEvidence } from '../../src/domain/judging/sequential-test.ts';

/** A generator of its own, so that the figures are the same in every run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** After how many verdicts the evidence reaches the bound; null: not within `most`. */
function decidedAfter(share: number, most: number, random: () => number): { after: number; right: boolean } | null {
  const needed = Math.log(EVIDENCE_MIN);
  let wins = 0;
  for (let count = 1; count <= most; count++) {
    if (random() < share) wins += 1;
    if (logEvidence(wins, count - wins) >= needed) return { after: count, right: 2 * wins > count };
  }
  return null;
}

describe('the stopping rule', () => {
  it('has the evidence that an integral over all strengths gives', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (wins, losses) => {
        const steps = 20_000;
        let sum = 0;
        for (let step = 0; step < steps; step++) {
          const p = (step + 0.5) / steps;
          sum += p ** wins * (1 - p) ** losses;
        }
        const evidence = (sum / steps) * 2 ** (wins + losses);
        expect(Math.exp(logEvidence(wins, losses)) / evidence).toBeCloseTo(1, 3);
      }),
      { numRuns: 30 },
    );
  });

  it('is the same for either model, and on average 1 after one more verdict of a fair coin', () => {
    fc.assert(
      fc.property(fc.nat(3_000), fc.nat(3_000), (wins, losses) => {
        const now = logEvidence(wins, losses);
        expect(now).toBe(logEvidence(losses, wins));
        const next =
          (Math.exp(logEvidence(wins + 1, losses) - now) + Math.exp(logEvidence(wins, losses + 1) - now)) / 2;
        expect(next).toBeCloseTo(1, 6);
      }),
    );
  });

  it('finds a model that wins 70 % after about 54 verdicts, and nearly always within 200', () => {
    const random = randomOf(1);
    const runs = Array.from({ length: 2_000 }, () => decidedAfter(0.7, 200, random));
    const found = runs.flatMap((run) => run ?? []);
    const mean = found.reduce((sum, { after }) => sum + after, 0) / found.length;
    expect(found.length / runs.length).toBeGreaterThan(0.97);
    expect(found.filter(({ right }) => !right).length / runs.length).toBeLessThan(0.01);
    expect(mean).toBeGreaterThan(44);
    expect(mean).toBeLessThan(64);
  });

  it('says of two equal models that one is better in less than 5 % of cases, though it looks after each of 1,000', () => {
    const random = randomOf(2);
    const wrong = Array.from({ length: 1_000 }, () => decidedAfter(0.5, 1_000, random)).filter((run) => run !== null);
    expect(wrong.length).toBeLessThan(50);
  });

  it('asks more of each pair among many models, and names only one that beats all others', () => {
    expect(decidedBest(2, [{ a: 0, b: 1, aWins: 9, bWins: 0 }])).toBe(0);
    expect(decidedBest(2, [{ a: 0, b: 1, aWins: 0, bWins: 9 }])).toBe(1);
    expect(decidedBest(2, [{ a: 0, b: 1, aWins: 9, bWins: 9 }])).toBeNull();
    const pairs = (wins: number) => [
      { a: 0, b: 1, aWins: wins, bWins: 0 },
      { a: 0, b: 2, aWins: wins, bWins: 0 },
    ];
    expect(decidedBest(3, pairs(9))).toBeNull();
    expect(decidedBest(3, pairs(10))).toBe(0);
    expect(decidedBest(3, pairs(20).slice(1))).toBeNull();
    expect(decidedBest(1, [])).toBeNull();
  });
});
