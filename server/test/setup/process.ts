import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';

/** A process that a test started. */
export interface TestProcess {
  /** The output so far. */
  output(): string;
  /** Resolves with the match of the first line that matches; rejects if the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** The exit code, or the signal that ended the process. */
  ended: Promise<number | string>;
  /** Ends the process as an operator would. */
  stop(): Promise<void>;
}

const server = join(import.meta.dirname, '../..');

/** Options of Node. Optimising PGlite's WebAssembly takes longer than a test's process works with it. */
export const quickly: readonly string[] = ['--liftoff-only'];

/** Starts a script that programs.ts lists. Of this process's environment only PATH and HOME are passed on. */
export function startProcess(script: string, args: string[], env: Record<string, string>, cwd = server): TestProcess {
  return startNode([...quickly, compiled(script), ...args], env, cwd);
}

/** Starts Node with these arguments, in the same environment. */
export function startNode(args: readonly string[], env: Record<string, string>, cwd: string): TestProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    // A developer's machine may run an Ollama, which must not be found.
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

/** The path of the script as programs.ts compiled it, for a name such as `src/main.ts`. */
export function compiled(script: string): string {
  return join(inject('programs'), `${basename(script, '.ts')}.js`);
}
