import './node-version.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureBuilt } from './outputs.mjs';

await ensureInstalled();
await ensureBuilt();
await import('./serve.mjs');
