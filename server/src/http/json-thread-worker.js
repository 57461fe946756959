// This file is JavaScript because a thread has no loader: tsx and vitest compile only what the main thread imports.
import { parentPort } from 'node:worker_threads';

/*
 * The thread of json-thread.ts. It answers each text with a list of the one value in it, or with an empty list if there
 * is none.
 */

parentPort?.on('message', (/** @type {Uint8Array[]} */ pieces) => {
  try {
    parentPort?.postMessage([JSON.parse(Buffer.concat(pieces).toString())]);
  } catch {
    // The text is not JSON, or nested too deeply to be handed over.
    parentPort?.postMessage([]);
  }
});
