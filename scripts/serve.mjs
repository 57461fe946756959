import './node-version.mjs';
import { existsSync } from 'node:fs';
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

const entry = path.join(root, 'web', 'dist', 'server.js');
if (!existsSync(entry)) {
  console.error('Nothing is built yet. Run: npm run build');
  process.exit(1);
}
if (!process.env.NODE_ENV) process.env.NODE_ENV = 'production';
process.setSourceMapsEnabled(true);
// The cache makes the start a second faster, from Node 22 on; if the folder cannot be written, it changes nothing.
module.enableCompileCache?.(path.join(root, '.cache', 'compiled'));
endAtOnceWhenAskedAgain();
// The server runs in this very process, so that signals reach it and its exit code is ours.
await import(pathToFileURL(entry).href);

/**
 * The first signal lets the server end in its own time, once it serves and listens for signals itself. Ctrl-C in a
 * terminal arrives twice at the same moment, from the terminal and from npm; only a signal that comes a second later
 * ends the process at once.
 */
function endAtOnceWhenAskedAgain() {
  let firstAtMs = null;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (firstAtMs === null) {
        // The server listens with `once`: at the second signal its listener is gone, so only the first one tells
        // whether it serves.
        if (process.listenerCount(signal) === 1) process.exit(128 + os.constants.signals[signal]);
        firstAtMs = performance.now();
      }
      if (performance.now() - firstAtMs > 1000) process.exit(1);
    });
  }
}
