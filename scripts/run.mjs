import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const windows = process.platform === 'win32';

/**
 * Runs a command line as a package script would: in `directory` (relative to the checkout), with the tools of that
 * package and of the workspace on the PATH, and with this very Node.
 *
 * `output: 'keep'` returns what the command prints; 'show' lets it write to the terminal. The command and everything it
 * started end when this process is told to end.
 *
 * @param {string} command
 * @param {{ directory?: string, env?: Record<string, string | undefined>, output?: 'keep' | 'show' }} [options]
 * @returns {Promise<{ code: number, output: string, seconds: number }>}
 */
export async function run(command, { directory = '.', env = {}, output = 'keep' } = {}) {
  const started = performance.now();
  const cwd = path.join(root, directory);
  // The child has a process group of its own, so that a signal can reach the tool itself, not just the shell before it.
  const child = spawn(command, {
    cwd,
    shell: true,
    detached: !windows,
    windowsHide: true,
    env: { ...process.env, ...env, PATH: toolPath(cwd) },
    stdio: output === 'show' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const stopForwarding = forwardSignals(child);

  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
  }
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 143)));
    });
    return { code, output: printed, seconds: (performance.now() - started) / 1000 };
  } finally {
    stopForwarding();
  }
}

/** Quotes one argument for the shell that `run` uses. */
export function quote(argument) {
  return windows ? `"${argument.replaceAll('"', '""')}"` : `'${argument.replaceAll("'", "'\\''")}'`;
}

function toolPath(cwd) {
  const bins = [cwd, root].map((directory) => path.join(directory, 'node_modules', '.bin'));
  return [...bins, path.dirname(process.execPath), process.env.PATH ?? ''].join(path.delimiter);
}

function forwardSignals(child) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const forward = (signal) => {
    try {
      if (windows) child.kill(signal);
      else process.kill(-child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
