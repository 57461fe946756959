import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { quote, run } from '../run.mjs';

// Runs a server for minutes with 300 streams at once: `npm run soak -- 5`. It prints what it sees as it goes.
await ensureInstalled();
const [minutes = '3'] = process.argv.slice(2);
if (!(Number(minutes) > 0)) {
  console.error(`How many minutes? "${minutes}" is not a number above 0.`);
  process.exit(1);
}
const command = ['vitest', 'run', '--project=server', 'server/test/soak/soak.test.ts', '--disable-console-intercept'];
const { code } = await run(command.map(quote).join(' '), {
  env: { NODE_ENV: undefined, SOAK_MINUTES: minutes },
  output: 'show',
});
process.exit(code);
