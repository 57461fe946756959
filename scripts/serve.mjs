import './node-version.mjs';
import { existsSync } from 'node:fs';
import module from 'node:module';
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
 * The first signal lets the server end in its own time. Ctrl-C in a terminal arrives twice at the same moment, from
 * the terminal and from npm; only what comes a second later is impatience.
 */
function endAtOnceWhenAskedAgain() {
  let firstAtMs = null;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (firstAtMs === null) firstAtMs = performance.now();
      if (performance.now() - firstAtMs > 1000) process.exit(1);
    });
  }
}
