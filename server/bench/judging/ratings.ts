import { boardOf } from '../../src/domain/judging/ratings/board.ts';
import { inColumns, type Verdict } from '../../test/judging/boards/listed-verdicts.ts';
import { chanceFrom, measureQuality, type Quality, type Team } from '../../test/judging/boards/simulated-team.ts';

/*
 * How often the intervals of ratings cover what is true, for simulated teams: `npm run bench:ratings`. It prints the table of
 * docs/ratings.md; another number of runs may be given.
 */

const runs = Number(process.argv[2] ?? 1000);
const verdictCounts = [20, 50, 100, 200, 500, 1000];
const memberCounts = [5, 10];

const percent = (share: number) => (share * 100).toFixed(1);

const columns: Record<string, (team: Team, quality: Quality) => string | number> = {
  Members: ({ members }) => members,
  'Who judges how much': ({ activity }) =>
    ({ HALF: 'one half of all', FEW: 'each half the last' })[activity as string] ?? 'alike',
  'Tastes differ by': ({ taste }) => taste,
  Verdicts: ({ verdicts }) => verdicts,
  'This rule': (_, { covered }) => percent(covered),
  'Clustered alone': (_, { coveredByClustered }) => percent(coveredByClustered),
  'Laplace alone': (_, { coveredByLaplace }) => percent(coveredByLaplace),
  Independent: (_, { coveredByIndependent }) => percent(coveredByIndependent),
  'Best told': (_, { decided }) => percent(decided),
  'Told wrongly': (_, { surelyWrong }) => percent(surelyWrong),
  'Elo errs': (_, { wrongByElo }) => percent(wrongByElo),
};

print(Object.keys(columns));
print(Object.keys(columns).map(() => '--:'));
const teams = [
  ...[0, 0.5, 1].map((taste) => ({ taste })),
  ...(['HALF', 'FEW'] as const).map((activity) => ({ taste: 0.5, activity })),
].flatMap((team) =>
  memberCounts.flatMap((members) => verdictCounts.map((verdicts) => ({ ...team, members, verdicts }))),
);
teams.forEach((team, seed) => {
  const quality = measureQuality(team, runs, seed);
  print(Object.values(columns).map((figure) => figure(team, quality)));
});
measureSpeed();

function print(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** The time that a board of 100,000 verdicts over 40 models takes, with its course and its lengths. */
function measureSpeed(): void {
  const chance = chanceFrom(1);
  const verdicts: Verdict[] = Array.from({ length: 100_000 }, (_, index) => {
    const lanes = Array.from({ length: chance.even() < 0.8 ? 2 : 3 }, (_, lane) => ({
      answer: index * 3 + lane,
      ...{ model: Math.floor(chance.even() * 40), best: false, credits: Math.floor(chance.even() * 5000) },
      ...{ firstTokenMs: 300, outputTokens: 200, characters: 200 + Math.floor(chance.even() * 3000) },
    }));
    const best = lanes[Math.floor(chance.even() * lanes.length)];
    if (best) best.best = true;
    const judge = index % 60;
    return { judge, cluster: judge, at: index * 60_000, lanes };
  });
  const columns = inColumns(verdicts);
  const rounds = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    let longestMs = 0;
    const work = boardOf(columns, { modelCount: 40, judgesMin: 3 });
    for (;;) {
      const beganAt = performance.now();
      if (work.next().done) break;
      longestMs = Math.max(longestMs, performance.now() - beganAt);
    }
    return { ms: performance.now() - startedAt, longestMs };
  });
  const [best] = rounds.sort((one, other) => one.ms - other.ms);
  const { ms = 0, longestMs = 0 } = best ?? {};
  console.log(
    `\n100,000 verdicts over 40 models, the best of five: ${ms.toFixed(0)} ms; others wait ${longestMs.toFixed(0)} ms at most`,
  );
}
