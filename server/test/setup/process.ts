import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';

/** A process of its own. */
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

const server = join(import.meta.dirname, '../..');

/** Options of Node: to optimise PGlite's WebAssembly takes longer than a process of a test works with it. */
export const quickly: readonly string[] = ['--liftoff-only'];

/**
 * `script` is one that programs.ts names. Nothing of this process's environment is handed on but what Node needs.
 */
export function startProcess(script: string, args: string[], env: Record<string, string>, cwd = server): TestProcess {
  const child = spawn(process.execPath, [...quickly, compiled(script), ...args], {
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

/** What programs.ts made of a script that it names, such as `src/main.ts`. */
export function compiled(script: string): string {
  return join(inject('programs'), `${basename(script, '.ts')}.js`);
}
