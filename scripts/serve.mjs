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
// A second quicker, from Node 22 on; where the folder cannot be written it changes nothing.
module.enableCompileCache?.(path.join(root, '.cache', 'compiled'));
endAtOnceWhenAskedAgain();
// In this very process: signals reach the server, and its exit code is ours, with nothing in between.
await import(pathToFileURL(entry).href);

/**
 * The first signal lets the server end in its own time, once it serves and listens for signals itself. Ctrl-C in a
 * terminal arrives twice at the same moment, from the terminal and from npm; only what comes a second later is impatience.
 */
function endAtOnceWhenAskedAgain() {
  let firstAtMs = null;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (firstAtMs === null) {
        // The server's own listener is gone when this is the second signal, but not when it is the first.
        if (process.listenerCount(signal) === 1) process.exit(128 + os.constants.signals[signal]);
        firstAtMs = performance.now();
      }
      if (performance.now() - firstAtMs > 1000) process.exit(1);
    });
  }
}
