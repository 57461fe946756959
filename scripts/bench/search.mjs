import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { run } from '../run.mjs';

// Measures how long searches take among a million turns; needs Postgres on this machine.
await ensureInstalled();
const { code } = await run('tsx bench/search.ts', { directory: 'server', output: 'show' });
process.exit(code);
