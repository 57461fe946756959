import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { run } from '../run.mjs';

// Measures how often the intervals of ratings cover what is true, for simulated teams; with --board, how long a board of
// 100,000 verdicts takes that are in a database.
await ensureInstalled();
const [argument] = process.argv.slice(2);
const command =
  argument === '--board' ? 'tsx bench/judging/boards.ts' : `tsx bench/judging/ratings.ts ${Number(argument ?? 1000)}`;
const { code } = await run(command, { directory: 'server', output: 'show' });
process.exit(code);
