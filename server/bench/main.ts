import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from './carrying.ts';
import {
  type Contender,
  type ContenderName,
  type ContenderOptions,
  contenderNames,
  startContender,
} from './contenders.ts';
import { startDatabase } from './database.ts';
import type { Figures } from './figures.ts';
import { type Child, cores, pinOthers, start, stopAll } from './processes.ts';
import { describe, publish, type Result } from './report.ts';
import { scenarios } from './scenarios.ts';

/*
 * What carrying deltas costs, beside what others cost. `npm run bench` measures everything and writes docs/performance.md;
 * `npm run bench -- --scenario paced --rounds 3 --quick` is for whoever changes something. See docs/performance.md.
 */

const { values: options } = parseArgs({
  options: {
    /** One or more of `scenarios`, by commas. */
    scenario: { type: 'string', default: Object.keys(scenarios).join() },
    rounds: { type: 'string', default: '5' },
    /** Shorter, and written nowhere. */
    quick: { type: 'boolean', default: false },
    /** Some of them only, by commas. */
    contenders: { type: 'string', default: contenderNames.filter((name) => name !== 'off' && name !== 'plain').join() },
    /** `main.js` of another build, measured in turn with this one. */
    baseline: { type: 'string' },
    /** In the place of the build in server/dist. */
    build: { type: 'string', default: join(import.meta.dirname, '../dist/main.js') },
    /** Writes a CPU profile of each app's part into the results. */
    profile: { type: 'boolean', default: false },
    pglite: { type: 'boolean', default: false },
  },
});

const results = join(import.meta.dirname, 'results');
const wanted = options.contenders.split(',');
// The database too is on the other core.
pinOthers();
const database = options.pglite ? null : await startDatabase();
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    void stopEverything().then(() => process.exit(130));
  });
}

try {
  mkdirSync(results, { recursive: true });
  for (const name of options.scenario.split(',')) {
    if (!scenarios[name])
      throw new Error(`There is no scenario ${name}; there are ${Object.keys(scenarios).join(', ')}.`);
    const result = await runScenario(name);
    console.log(describe(result));
    if (!options.quick) writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }
  if (!options.quick) publish(results);
} catch (error) {
  if (!stopping) throw error;
} finally {
  if (!stopping) await stopEverything();
}

async function stopEverything(): Promise<void> {
  await stopAll();
  await database?.stop();
}

async function runScenario(name: string): Promise<Result> {
  const scenario = scenarios[name] as (typeof scenarios)[string];
  const rounds: Figures[] = [];
  const provider = await start(ownProcess('provider'));
  const client = await start(ownProcess('load-client'));
  const urls = new Map<string, string>();
  const databaseUrlOf = (contender: ContenderName) => urls.get(contender) ?? null;
  const contenderOptions: ContenderOptions = {
    provider: provider.url,
    databaseUrlOf,
    builds: {
      app: resolve(options.build),
      baseline: options.baseline ? resolve(options.baseline) : null,
      web: webBuildBeside(options.build),
      webBaseline: options.baseline ? webBuildBeside(options.baseline) : null,
    },
  };

  async function fresh(contender: ContenderName): Promise<Contender | null> {
    if (!wanted.includes(contender)) return null;
    if (database && !urls.has(contender)) {
      urls.set(contender, await database.create(`${name}_${contender}`.replaceAll('-', '_')));
    }
    return startContender(contender, contenderOptions);
  }

  for (let round = 0; round < Number(options.rounds); round++) {
    // Each round has processes of its own: one keeps its luck with the processor's caches for as long as it lives.
    const contenders: Contender[] = [];
    for (const contender of scenario.contenders) {
      const started = await fresh(contender);
      if (started) contenders.push(started);
    }
    const kept = new Map<string, Promise<unknown>>();
    const bench: Bench = {
      provider,
      client,
      quick: options.quick,
      contenders: round % 2 === 0 ? contenders : [...contenders].reverse(),
      fresh,
      databaseUrlOf,
      databaseCpu: () => database?.cpu() ?? null,
      alternate: (things) => (round % 2 === 0 ? [...things] : things.toReversed()),
      profiled: (contender, work, part = name) => profiled(`${part}-${contender.name}-${round}`, contender.probe, work),
      once(key, make) {
        const made = kept.get(key) ?? make();
        kept.set(key, made);
        return made as ReturnType<typeof make>;
      },
    };
    rounds.push(await scenario.round(bench));
    for (const { stop } of contenders) await stop();
    console.error(`  ${name}: round ${round + 1} of ${options.rounds}`);
  }
  await Promise.all([provider.stop(), client.stop()]);
  return {
    scenario: name,
    at: new Date().toISOString(),
    database: database ? 'Postgres' : 'PGlite',
    pinned: cores !== null,
    rounds,
  };
}

/** The web's entry in the same checkout as the API's `main.js`. */
function webBuildBeside(build: string): string {
  return resolve(build, '../../../web/dist/server.js');
}

function ownProcess(name: string): string[] {
  return [process.execPath, '--import', 'tsx', join(import.meta.dirname, `${name}.ts`)];
}

async function profiled<T>(name: string, probe: Child | null, work: () => Promise<T>): Promise<T> {
  if (!options.profile || !probe) return work();
  await probe.call('startProfile');
  const result = await work();
  const file = join(results, `${name}.cpuprofile`);
  await probe.call('stopProfile', file);
  console.log(hottest(file));
  return result;
}

/** Where the time of a profile went, by the functions themselves. */
function hottest(file: string): string {
  interface Profile {
    nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
    samples: number[];
    timeDeltas: number[];
  }
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(file, 'utf8'));
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`,
    ]),
  );
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const busy = [...times].filter(([name]) => !name.startsWith('(idle)')).sort((a, b) => b[1] - a[1]);
  const total = busy.reduce((sum, [, time]) => sum + time, 0);
  const lines = busy.slice(0, 45).map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
  return [file, `busy ${(total / 1000).toFixed(0)} ms`, ...lines].join('\n');
}
