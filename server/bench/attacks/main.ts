import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { catalogue, signIn } from '../contenders.ts';
import { startDatabase } from '../database.ts';
import { type Child, pinOthers, residentBytes, start, stopAll } from '../processes.ts';
import type { Script } from '../provider.ts';
import { type Attack, attacks, type Prey } from './attacks.ts';
import { ask, prepare } from './prey.ts';
import type { WatchedStreams } from './stream-watcher.ts';

/*
 * What a stranger or a member can do to everybody else: `npm run bench:attacks`. Eight streams of 100 deltas a second are
 * followed while each attack runs. Printed are the longest time between two deltas of a stream, the longest stop of the
 * server's event loop, and by how much its memory grew at most.
 */

const { values: options } = parseArgs({
  options: {
    /** `server.js` of another build of the web. */
    build: { type: 'string', default: join(import.meta.dirname, '../../../web/dist/server.js') },
    pglite: { type: 'boolean', default: false },
    /** Only those whose name holds it. */
    only: { type: 'string', default: '' },
    /** Writes a CPU profile of the server during each attack into this folder. */
    profile: { type: 'string', default: '' },
  },
});

pinOthers();
const database = options.pglite ? null : await startDatabase();
try {
  await attackAll();
} finally {
  await stopAll();
  await database?.stop();
}

async function attackAll(): Promise<void> {
  const provider = await start(ownProcess('../provider'));
  const { child, cookies, stop } = await startServer(provider.url);
  const [watched = '', attacker = ''] = cookies;
  const prey = await prepare(child.url, attacker, provider);
  const watcher = await start(ownProcess('stream-watcher'));
  await provider.call('script', { prefix: 1, intervalMs: 10 } satisfies Script);
  const turnIds: string[] = [];
  for (let stream = 0; stream < 8; stream++) turnIds.push((await ask(child.url, watched, 1)).turnId);
  await watcher.call('open', { url: child.url, cookie: watched, turnIds } satisfies WatchedStreams);
  await delay(3000);
  console.log(`\non ${database ? 'Postgres' : 'PGlite'}`);
  console.log(`${'attack'.padEnd(38)} ${'by'.padEnd(9)}  delta late   loop stopped  memory    took`);
  for (const attack of attacks.filter(({ name }) => name.includes(options.only))) {
    console.log(await observe(attack, prey, { child, watcher }));
    await delay(1500);
  }
  await stop();
}

async function observe(attack: Attack, prey: Prey, { child, watcher }: { child: Child; watcher: Child }) {
  await child.call('memory');
  await delay(500);
  const before = residentBytes(child.pid);
  let peak = before;
  const looks = setInterval(() => {
    peak = Math.max(peak, residentBytes(child.pid));
  }, 25);
  if (options.profile) await child.call('startProfile');
  await Promise.all([watcher.call('reset'), child.call('watchLoop')]);
  const startedAt = performance.now();
  const answers = await attack.run(prey);
  const seconds = (performance.now() - startedAt) / 1000;
  // A stop that has just begun is told of when it has ended.
  await delay(300);
  const stop = await child.call('longestStop');
  const { longestGapMs, lost } = await watcher.call('seen');
  clearInterval(looks);
  if (options.profile) {
    mkdirSync(options.profile, { recursive: true });
    await child.call('stopProfile', resolve(options.profile, `${attack.name.replaceAll(/\W+/g, '-')}.cpuprofile`));
  }
  const late = `${Math.max(0, longestGapMs - 10).toFixed(0)} ms`.padStart(9);
  const memory = `${((peak - before) / 1e6).toFixed(0)} MB`.padStart(8);
  const tail = lost > 0 ? `  ${lost} streams lost` : '';
  return `${attack.name.padEnd(38)} ${attack.by.padEnd(9)} ${late} ${`${stop.toFixed(0)} ms`.padStart(12)} ${memory} ${seconds.toFixed(1).padStart(7)} s  ${answers ?? ''}${tail}`;
}

async function startServer(provider: string) {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-attacks-'));
  const { providers, models, tiers } = catalogue(provider);
  writeFileSync(join(folder, 'catalogue.json'), JSON.stringify({ providers, models, tiers }));
  const { PATH, HOME, TMPDIR } = process.env;
  const databaseUrl = await database?.create('attacks');
  const env = {
    PATH,
    HOME,
    TMPDIR,
    NODE_ENV: 'production',
    PORT: '0',
    DATA_DIR: join(folder, 'data'),
    CATALOGUE_FILE: join(folder, 'catalogue.json'),
    AUTH_SECRET: 'a secret that is long enough for a benchmark',
    LOG_LEVEL: 'error',
    MOCK_PROVIDER: 'off',
    SIGN_UP: 'open',
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  };
  mkdirSync(env.DATA_DIR, { mode: 0o700 });
  const probe = join(import.meta.dirname, '../probe.mjs');
  const child = await start([process.execPath, '--import', probe, resolve(options.build)], { measured: true, env });
  return {
    child,
    cookies: await signIn(child.url),
    async stop() {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ownProcess(name: string): string[] {
  return [process.execPath, '--import', 'tsx', join(import.meta.dirname, `${name}.ts`)];
}
