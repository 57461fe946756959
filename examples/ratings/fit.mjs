// Rates models by GET /export/verdicts.csv, with no code of Polylogue's: node fit.mjs verdicts.csv
import { readFileSync } from 'node:fs';

const cell = /(?:"((?:""|[^"])*)"|([^,]*))(?:,|$)/g;
const cellsOf = (line) => [...line.matchAll(cell)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
const [head, ...table] = readFileSync(process.argv[2], 'utf8').trim().split('\r\n').map(cellsOf);
const verdicts = new Map();
for (const cells of table) {
  const row = Object.fromEntries(head.map((name, column) => [name, cells[column]]));
  if (row.kind === 'ALL_BAD' || row.judge_model || row.blind + row.named + row.unpaced !== 'truefalsefalse') continue;
  // A verdict is one choice among its answers, in equal parts of the best ones. Its lines name all of them.
  const lanes = verdicts.get(row.verdict) ?? {};
  for (const side of ['a', 'b']) {
    const name = row[`model_${side}`] + (row[`merged_${side}`] === 'true' ? ' (merging)' : '');
    lanes[row[`lane_${side}`]] = { name, best: row[`best_${side}`] === 'true' };
  }
  verdicts.set(row.verdict, lanes);
}
const choices = [...verdicts.values()].map(Object.values);
const models = [...new Set(choices.flatMap((lanes) => lanes.map(({ name }) => name)))];
let strengths = models.map(() => 0);
// Newton's method on the full likelihood, with a prior of N(0, 1.5²): each row is of the information, then of the slope.
for (let round = 0; round < 50; round++) {
  const rows = models.map((_, i) => [...models.map((_, j) => (i === j ? 1 / 2.25 : 0)), -strengths[i] / 2.25]);
  for (const lanes of choices) {
    const worth = lanes.map(({ name }) => Math.exp(strengths[models.indexOf(name)]));
    const chances = worth.map((one) => one / worth.reduce((sum, other) => sum + other));
    for (const [a, { name, best }] of lanes.entries()) {
      const row = rows[models.indexOf(name)];
      row[models.length] += (best ? 1 / lanes.filter((lane) => lane.best).length : 0) - chances[a];
      for (const [b, lane] of lanes.entries()) row[models.indexOf(lane.name)] += chances[a] * ((a === b) - chances[b]);
    }
  }
  for (const i of models.keys()) {
    const pivot = rows[i].map((value) => value / rows[i][i]);
    for (const j of models.keys()) rows[j] = i === j ? pivot : rows[j].map((value, k) => value - rows[j][i] * pivot[k]);
  }
  strengths = strengths.map((strength, i) => strength + rows[i][models.length]);
}
const rated = models.map((name, i) => [1000 + (400 / Math.LN10) * strengths[i], name]).sort(([a], [b]) => b - a);
for (const [rating, name] of rated) console.log(rating.toFixed(1), name);
