import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quickly, startNode, type TestProcess } from './process.ts';

const folder = join(import.meta.dirname, '../../../examples');

/** Starts an example as `npm run <name> -- <args>` does in its folder, from source. */
export function startExample(name: string, args: readonly string[], env: Record<string, string>): TestProcess {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [, options = ''] = /^exec node (.*)$/.exec(scripts[name]) ?? [];
  if (options === '') throw new Error(`There is no example ${name}.`);
  return startNode([...quickly, ...options.split(' '), ...args], env, folder);
}

/** Runs an example to its end, and resolves to what it printed. Rejects if it fails. */
export async function runExample(name: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const { ended, output } = startExample(name, args, env);
  const code = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output()}`);
  return output();
}
