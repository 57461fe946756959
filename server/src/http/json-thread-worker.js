// @ts-check
// JavaScript, because a thread has no loader: tsx and vitest compile what the first thread imports, and nothing else.
import { parentPort } from 'node:worker_threads';

/*
 * The thread of json-thread.ts: it answers each text with a list of the one value in it, or with an empty list where
 * there is none.
 */

parentPort?.on('message', (/** @type {Uint8Array[]} */ pieces) => {
  try {
    parentPort?.postMessage([JSON.parse(Buffer.concat(pieces).toString())]);
  } catch {
    // Not JSON, or nested too deeply to be handed over.
    parentPort?.postMessage([]);
  }
});
