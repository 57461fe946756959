import './node-version.mjs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { ensureBuilt } from './outputs.mjs';
import { root } from './run.mjs';

// Tests every configured provider. `npm run providers -- --all` names all models that the keys can see.
await ensureInstalled();
await ensureBuilt({ only: 'server' });
await import(pathToFileURL(path.join(root, 'server', 'dist', 'providers-check.js')).href);
