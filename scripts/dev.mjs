import './node-version.mjs';
import { ensureInstalled } from './install.mjs';
import { run } from './run.mjs';

// API and web in one process, from their sources: Vite reloads what is in web/app, a restart brings the rest.
await ensureInstalled();
const { code } = await run(
  'node --watch-path=server/src --watch-path=web/server.ts --watch-preserve-output --enable-source-maps' +
    ' --import tsx --conditions=source web/server.ts',
  { env: { NODE_ENV: 'development' }, output: 'show' },
);
process.exit(code);
