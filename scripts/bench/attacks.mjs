import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { ensureBuilt } from '../outputs.mjs';
import { quote, run } from '../run.mjs';

// Measures what one client can do to all others' streams: `npm run bench:attacks -- --pglite --only page`
await ensureInstalled();
await ensureBuilt();
const { code } = await run(['tsx', 'bench/attacks/main.ts', ...process.argv.slice(2)].map(quote).join(' '), {
  directory: 'server',
  output: 'show',
});
process.exit(code);
