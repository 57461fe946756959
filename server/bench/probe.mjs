import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Loaded into every Node process that is measured (`node --import`): it answers the benchmark over the channel that
// `start` in processes.ts opens. JavaScript, because the app runs as it is built, without a compiler in its process.

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const delays = monitorEventLoopDelay({ resolution: 10 });
const session = new Session();

const methods = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  memory() {
    collectGarbage();
    collectGarbage();
    return process.memoryUsage();
  },
  watchLoop() {
    delays.reset();
    delays.enable();
  },
  loopLag() {
    delays.disable();
    return delays.percentile(99) / 1e6 - 10;
  },
  /** Milliseconds for which nothing else could run, at most. */
  longestStop() {
    delays.disable();
    return Math.max(0, delays.max / 1e6 - 10);
  },
  async startProfile() {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  },
  async stopProfile(file) {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(file, JSON.stringify(profile));
  },
};

process.on('message', async ({ id, method, params }) => {
  if (method in methods) process.send({ id, result: await methods[method](params) });
});
process.on('disconnect', () => process.exit());
process.channel.unref();
