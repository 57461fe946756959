import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'tsup';

/** A process of its own, from the sources. */
export interface TestProcess {
  /** What it printed so far. */
  output(): string;
  /** Resolves with the first line that it prints which matches; rejects when it ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  /** As an operator would. */
  stop(): Promise<void>;
}

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const server = join(import.meta.dirname, '../..');

/**
 * `script` is a TypeScript file, relative to the server's folder, or an absolute path to JavaScript. Nothing of this
 * process's environment is handed on but what Node needs.
 */
export function startProcess(script: string, args: string[], env: Record<string, string>, cwd = server): TestProcess {
  const loader = script.endsWith('.ts') ? ['--conditions=source', '--import', tsx] : [];
  const child = spawn(process.execPath, [...loader, resolve(server, script), ...args], {
    cwd,
    // Whoever runs the tests may have an Ollama.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LOCAL_MODELS: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      printed += `${line}\n`;
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return {
    output: () => printed,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = lines.map((line) => pattern.exec(line)).find((found) => found !== null);
          if (!match) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
        void ended.then((code) => reject(new Error(`It ended with ${code} before it printed ${pattern}:\n${printed}`)));
      }),
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * Compiles a script, once for many processes: one that had to be compiled at its start would take three times as long.
 * It lies where it finds the server's packages, in a folder of its own, which the caller deletes.
 */
export async function bundle(script: string): Promise<string> {
  const cache = join(server, 'node_modules/.cache/polylogue');
  mkdirSync(cache, { recursive: true });
  const name = basename(script, '.ts');
  const folder = mkdtempSync(join(cache, `${name}-`));
  const fromHere = (file: string) => relative(process.cwd(), join(server, file));
  await build({
    entry: {
      [name]: fromHere(script),
      'embedded-database-worker': fromHere('src/database/embedded-database-worker.js'),
    },
    outDir: relative(process.cwd(), folder),
    format: 'esm',
    target: 'node20',
    config: false,
    skipNodeModulesBundle: true,
    sourcemap: true,
    silent: true,
    removeNodeProtocol: false,
  });
  return join(folder, `${name}.js`);
}
