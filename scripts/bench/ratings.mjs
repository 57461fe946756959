import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { run } from '../run.mjs';

// Measures how often the intervals of ratings cover what is true, for simulated teams.
await ensureInstalled();
const { code } = await run(`tsx bench/ratings.ts ${Number(process.argv[2] ?? 1000)}`, {
  directory: 'server',
  output: 'show',
});
process.exit(code);
