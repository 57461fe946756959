import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { run } from '../run.mjs';

// Measures how long a large evaluation takes to be looked at, judged and exported; needs Postgres on this machine.
await ensureInstalled();
const { code } = await run('tsx bench/judging/evaluations.ts', { directory: 'server', output: 'show' });
process.exit(code);
