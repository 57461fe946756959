import { expect, test } from 'vitest';
import { measureQuality, type Team } from './simulated-team.ts';

/*
 * Some of the teams of docs/ratings.md, in fewer runs; `npm run bench:ratings` makes the whole table. The chance is the same each
 * time, so no run of the tests differs from another.
 */

const RUNS = 150;
/** Three standard errors of a share of 95 % in so many runs, whose ten differences hang together half and half. */
const CHANCE = 0.025;

const teams: Team[] = [
  { members: 5, verdicts: 20, taste: 0 },
  { members: 5, verdicts: 50, taste: 0.5 },
  { members: 5, verdicts: 500, taste: 1 },
  { members: 10, verdicts: 200, taste: 0 },
  { members: 10, verdicts: 1000, taste: 0.5 },
  { members: 10, verdicts: 500, taste: 0.5, activity: 'HALF' },
  { members: 10, verdicts: 500, taste: 0.5, activity: 'FEW' },
];

for (const team of teams) {
  const { members, verdicts, taste, activity = 'alike' } = team;
  test(`intervals cover what is true: ${members} members, ${verdicts} verdicts, tastes differ by ${taste}, active: ${activity}`, () => {
    const { covered, surelyWrong } = measureQuality(team, RUNS, 22);
    expect(covered).toBeGreaterThan(0.95 - CHANCE);
    expect(surelyWrong).toBeLessThan(0.05);
  });
}

test('where members differ in taste, intervals that take verdicts for independent are too narrow, and Elo errs more often', () => {
  const quality = measureQuality({ members: 10, verdicts: 1000, taste: 0.5 }, RUNS, 22);
  expect(quality.coveredByIndependent).toBeLessThan(0.8);
  expect(quality.wrongByElo).toBeGreaterThan(quality.wrongByFit);
});
