import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './run.mjs';

const file = path.join(root, '.cache', 'preparing.lock');
const abandonedAfterMs = 20 * 60_000;

/**
 * Runs `work` while no other process of this checkout installs or builds: `npm start` and `npm test`
 * begun at the same moment on a fresh clone would otherwise write the same folders.
 */
export async function withLock(work) {
  await acquire();
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire() {
  mkdirSync(path.dirname(file), { recursive: true });
  let waiting = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = currentHolder();
    if (!holder) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waiting) console.log(`  Waiting for process ${holder}, which is installing or building here …`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The process that holds the lock; null when it is gone, or has held it for longer than any build takes. */
function currentHolder() {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const ageMs = Date.now() - statSync(file).mtimeMs;
    if (ageMs > abandonedAfterMs || pid === process.pid) return null;
    // Between its creation and its first byte the file is empty: somebody is just writing it.
    if (pid > 0) process.kill(pid, 0);
    return pid || 'unknown';
  } catch (error) {
    return error.code === 'EPERM' ? 'unknown' : null;
  }
}
