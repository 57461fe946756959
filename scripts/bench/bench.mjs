import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { ensureBuilt } from '../outputs.mjs';
import { quote, run } from '../run.mjs';

// Measures what deltas cost, and a page: docs/performance.md. `npm run bench -- --scenario paced --rounds 3 --quick`
await ensureInstalled();
await ensureBuilt();
const { code } = await run(['tsx', 'bench/main.ts', ...process.argv.slice(2)].map(quote).join(' '), {
  directory: 'server',
  output: 'show',
});
process.exit(code);
