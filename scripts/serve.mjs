import './node-version.mjs';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';

// In this very process: signals reach the server, and its exit code is ours, with nothing in between.
const entry = path.join(root, 'web', 'dist', 'server.js');
if (!existsSync(entry)) {
  console.error('Nothing is built yet. Run: npm run build');
  process.exit(1);
}
if (!process.env.NODE_ENV) process.env.NODE_ENV = 'production';
process.setSourceMapsEnabled(true);
await import(pathToFileURL(entry).href);
