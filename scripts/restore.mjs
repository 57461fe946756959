import './node-version.mjs';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

// Runs the operator's command (`npm run restore -- help`) from what is built; it installs nothing.
const entry = path.join(root, 'server', 'dist', 'restore.js');
if (!existsSync(entry)) {
  console.error('Nothing is built yet. Run: npm run build');
  process.exit(1);
}
await import(pathToFileURL(entry).href);
