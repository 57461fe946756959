// This file is JavaScript because a thread has no loader: tsx and vitest compile only what the main thread imports.
import { parentPort, workerData } from 'node:worker_threads';

/*
 * The thread that watches its process read files: the main thread may be in a loop without an end, or in native code. It
 * is told how many milliseconds a file may take, and null when the file is read. A process that takes longer, or more
 * memory than it may have, is killed, by itself: so it ends even if the server is gone.
 */

const LOOK_MS = 50;
const { bytesMax } = /** @type {{ bytesMax: number }} */ (workerData);

/** @type {number | null} */
let endsAt = null;

parentPort?.on('message', (/** @type {number | null} */ ms) => {
  endsAt = ms === null ? null : performance.now() + ms;
});

setInterval(() => {
  const isLate = endsAt !== null && performance.now() > endsAt;
  if (isLate || process.memoryUsage.rss() > bytesMax) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
