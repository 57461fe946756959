import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launchBrowser } from '../e2e/setup/browser.ts';
import { type Running, running } from './builds.ts';
import { startProvider } from './provider.ts';
import { type Figures, figuresOf, names } from './scenarios.ts';

// Measures in Chromium what a page weighs, and how smoothly it draws: this build and, in turn, another one.

const { values } = parseArgs({
  options: {
    baseline: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    turns: { type: 'string', default: '1000' },
  },
});

const provider = await startProvider();
const browser = await launchBrowser();
const builds: Running[] = [];
for (const { name, entry } of [
  { name: 'this build', entry: undefined },
  ...(values.baseline ? [{ name: 'baseline', entry: resolve(values.baseline, 'web/dist/server.js') }] : []),
]) {
  process.stderr.write(`${name}: writing conversations\n`);
  builds.push(await running(browser, { name, entry, baseURL: provider.baseURL, turns: Number(values.turns) }));
}
const results = new Map<string, Figures[]>();
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const build of round % 2 === 0 ? builds : builds.toReversed()) {
    const signedOut = await browser.newContext({ baseURL: build.url });
    const figures = await figuresOf(build, signedOut);
    await signedOut.close();
    results.set(build.name, [...(results.get(build.name) ?? []), figures]);
    process.stderr.write(`${build.name}, round ${round + 1}: ${JSON.stringify(figures)}\n`);
  }
}
print();
for (const build of builds) await build.stop();
await browser.close();
provider.close();

function print(): void {
  const lines = Object.entries(names).map(([key, name]) => {
    const cells = builds.map((build) => spread((results.get(build.name) ?? []).map((figures) => figures[key] ?? 0)));
    const [own, other] = cells as [Spread, Spread | undefined];
    return `| ${name} | ${cells.map(({ text }) => text).join(' | ')} |${other ? ` ${(own.median / other.median).toFixed(2)} |` : ''}`;
  });
  const head = ['', ...builds.map(({ name }) => name), ...(builds.length > 1 ? ['ratio'] : [])];
  console.log([`| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...lines].join('\n'));
}

interface Spread {
  median: number;
  text: string;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const [least, most] = [sorted[0], sorted.at(-1)].map((value) => (value ?? 0).toFixed(1));
  return { median, text: `${median.toFixed(1)} (${least} to ${most})` };
}
