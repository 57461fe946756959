import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { run } from '../run.mjs';

// Measures how long the usage reports take at a million receipts; needs Postgres on this machine.
await ensureInstalled();
const { code } = await run('tsx bench/usage.ts', { directory: 'server', output: 'show' });
process.exit(code);
