import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, ContenderName } from './contenders.ts';
import type { Figures } from './figures.ts';
import type { Load } from './load-client.ts';
import type { Child } from './processes.ts';
import type { Script } from './provider.ts';
import type { Over } from './target-client.ts';

/** What a scenario's round has to work with. */
export interface Bench {
  provider: Child;
  client: Child;
  quick: boolean;
  /** Of this scenario, in this round's order; those that this machine lacks are left out. */
  contenders: Contender[];
  /** One more process of it, which the round has to stop; null where this machine lacks it. */
  fresh(name: ContenderName): Promise<Contender | null>;
  databaseUrlOf(name: ContenderName): string | null;
  /** Microseconds that Postgres has used so far; null: PGlite, which is in the app's. */
  databaseCpu(): number | null;
  /** Profiles what the contender does meanwhile, where that was asked for. */
  profiled<T>(contender: Contender, work: () => Promise<T>, part?: string): Promise<T>;
  /** The things in this round's order: forward and backward in turn, since what comes later finds a warmer process. */
  alternate<T>(things: readonly T[]): T[];
  /** What a process of a contender needs once. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
}

export const apps: readonly ContenderName[] = ['app', 'baseline', 'off', 'plain'];
export const isApp = ({ name }: Contender) => apps.includes(name);

/** Fifty deltas a second. */
export const paced: Script = { prefix: 1, intervalMs: 20, hold: true };
/** As fast as it goes. */
export const endless: Script = { prefix: 1, intervalMs: 0, hold: true };

export async function open({ provider, client }: Bench, script: Script, load: Load): Promise<void> {
  await provider.call('script', script);
  await client.call('open', load);
}

export async function end({ provider, client }: Bench): Promise<void> {
  await provider.call('finish');
  await client.call('ended');
  // What the ends left to be done is not the next one's.
  await delay(500);
}

/** Streams in full flow, over some seconds: neither their beginnings nor their ends are in it. */
export async function carry(
  bench: Bench,
  contender: Contender,
  script: Script,
  load: Omit<Load, 'target'>,
  { over = 'ws', lag = false }: { over?: Over; lag?: boolean } = {},
): Promise<Figures> {
  const { provider, client, quick } = bench;
  const spanMs = quick ? 3000 : 5000;
  await bench.once(`warm ${contender.name} ${over}`, () => warm(bench, contender, load, over));
  const sentEarlier = (await provider.call('sent')) as number;
  await open(bench, script, { ...load, target: contender.target(over) });
  await provider.call('go');
  await delay(1500);
  // As it is after hours: what lives has been moved together, and what setting the streams up has left is gone.
  await contender.probe?.call('memory');
  await delay(1000);
  const figures: Figures = await bench.profiled(contender, async () => {
    const at = async () => ({
      ms: performance.now(),
      cpu: await contender.cpu(),
      databaseCpu: isApp(contender) ? bench.databaseCpu() : null,
      received: (await client.call('received')) as number,
      sent: (await provider.call('sent')) as number,
    });
    const before = await at();
    const underway = await meanUnderway(bench, sentEarlier, spanMs);
    const after = await at();
    const received = after.received - before.received;
    const sent = after.sent - before.sent;
    const cpu = after.cpu - before.cpu;
    const databaseCpu = (after.databaseCpu ?? 0) - (before.databaseCpu ?? 0);
    return {
      cpuPerDelta: cpu / received,
      ...(after.databaseCpu !== null && { databaseCpuPerDelta: databaseCpu / received }),
      deltasPerCoreSecond: received / (cpu / 1e6),
      cpuShare: cpu / 1000 / (after.ms - before.ms),
      delivered: received / sent,
      sentPerSecond: sent / ((after.ms - before.ms) / 1000),
      // As fast as it goes there is no pace to keep up with.
      ...(script.intervalMs > 0 && { delay: (underway / sent) * (after.ms - before.ms) }),
    };
  });
  // Apart, because whoever looks at the loop wakes it a hundred times a second.
  if (lag && contender.probe) {
    await contender.probe.call('watchLoop');
    await delay(spanMs);
    figures.loopLag = await contender.probe.call('loopLag');
  }
  await end(bench);
  return figures;
}

/** How many deltas are on their way at any moment: by Little's law, how long one takes times how many come. */
async function meanUnderway({ provider, client }: Bench, sentEarlier: number, spanMs: number): Promise<number> {
  const endsAt = performance.now() + spanMs;
  const looks: number[] = [];
  while (performance.now() < endsAt) {
    const [sent, received] = await Promise.all([provider.call('sent'), client.call('received')]);
    looks.push((sent as number) - sentEarlier - (received as number));
    // By chance, so as not to fall into step with what is looked at.
    await delay(20 + 40 * Math.random());
  }
  return looks.reduce((sum, look) => sum + look, 0) / looks.length;
}

/**
 * A process that was just started spends more on compiling what it runs than on running it: what counts is what carrying
 * costs all day. Quicker than the pace, so that it is over sooner.
 */
async function warm(bench: Bench, contender: Contender, load: Omit<Load, 'target'>, over: Over) {
  const connections = Math.min(load.connections, 100);
  await open(bench, { ...paced, intervalMs: 5 }, { ...load, connections, target: contender.target(over) });
  await bench.provider.call('go');
  await delay(8000);
  await end(bench);
}
