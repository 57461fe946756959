import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { quote, run } from '../run.mjs';

// A server in use for minutes, by 300 streams at once: `npm run soak -- 5`. What it saw is printed as it goes.
await ensureInstalled();
const [minutes = '3'] = process.argv.slice(2);
if (!(Number(minutes) > 0)) {
  console.error(`How many minutes? "${minutes}" is no number above 0.`);
  process.exit(1);
}
const command = ['vitest', 'run', '--project=server', 'server/test/soak/soak.test.ts', '--disable-console-intercept'];
const { code } = await run(command.map(quote).join(' '), {
  env: { NODE_ENV: undefined, SOAK_MINUTES: minutes },
  output: 'show',
});
process.exit(code);
