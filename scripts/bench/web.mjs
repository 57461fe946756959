import '../node-version.mjs';
import { ensureInstalled } from '../install.mjs';
import { quote, run } from '../run.mjs';

// Measures in Chromium what pages weigh and how smoothly they draw; needs the build (npm run build), and a browser.
await ensureInstalled();
const options = process.argv.slice(2).map(quote);
const { code } = await run(['tsx ../web/bench/main.ts', ...options].join(' '), { directory: 'server', output: 'show' });
process.exit(code);
