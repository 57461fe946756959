import './node-version.mjs';
import { ensureInstalled } from './install.mjs';
import { run } from './run.mjs';

// Runs API and web in one process, from their sources: Vite reloads changes in web/app, the process restarts for
// others.
await ensureInstalled();
const { code } = await run(
  'node --watch-path=server/src --watch-path=web/server.ts --watch-preserve-output --enable-source-maps' +
    ' --import tsx --conditions=source web/server.ts',
  { env: { NODE_ENV: 'development' }, output: 'show' },
);
process.exit(code);
