import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { environment, type TestAppOptions } from '../setup/app.ts';
import { compiled } from '../setup/process.ts';
import type { WireServer } from '../wire-server.ts';

/** A server in its own process. */
export interface Replica {
  url: string;
  process: ChildProcess;
  /** The warnings and errors that the replica logged, and everything that it printed outside of the log. */
  complaints: string[];
  /** Sends SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** The memory of the process after a garbage collection. */
  memory(): Promise<NodeJS.MemoryUsage>;
  /** Ends the replica as an operator would, and returns its exit code. */
  stop(): Promise<number | null>;
}

/** Replicas of one server with the same environment, as an operator runs them. */
export interface Replicas {
  start(env?: Record<string, string>): Promise<Replica>;
  /** Kills the replicas that still run. */
  close(): Promise<void>;
}

export const modelIds = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5'];

export async function prepareReplicas(options: {
  databaseUrl: string;
  /** Default: only the mock models answer. */
  wire?: WireServer;
  env?: Record<string, string>;
  /** The fallbacks of the first of `modelIds`. */
  fallbacks?: string[];
  /** Default: everybody may use `modelIds`. */
  catalogue?: TestAppOptions['catalogue'];
}): Promise<Replicas> {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-replicas-'));
  const { fallbacks = [], wire } = options;
  const models = modelIds.map((id, lane) => ({ id, minimumTier: 'FREE', fallbacks: lane === 0 ? fallbacks : [] }));
  const catalogue = options.catalogue ?? (wire ? { models } : {});
  const shared = {
    ...environment({ ...(wire && { wire }), catalogue }, folder),
    DATABASE_URL: options.databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'warn',
    ...options.env,
  };
  const running = new Set<ChildProcess>();
  return {
    async start(env = {}) {
      const child = spawn(process.execPath, ['--enable-source-maps', '--import', probe, compiled('src/main.ts')], {
        cwd: folder,
        env: { PATH: process.env.PATH ?? '', ...shared, ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      running.add(child);
      child.once('exit', () => running.delete(child));
      return { process: child, ...(await started(child)), ...endings(child), memory: () => memoryOf(child) };
    },
    async close() {
      await Promise.all([...running].map((child) => endings(child).kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function started(child: ChildProcess): Promise<Pick<Replica, 'url' | 'complaints'>> {
  const complaints: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        const url = /(http:\/\/\S+)\/graphql/.exec(line)?.[1];
        if (url) resolve({ url, complaints });
        else complaints.push(line);
      });
    }
    child.once('close', (code) => reject(new Error(`It ended with ${code}: ${complaints.join('\n')}`)));
  });
}

/** A module that answers from within the replica, and ends the replica with this process. */
const probe = pathToFileURL(join(import.meta.dirname, '../../bench/probe.mjs')).href;

async function memoryOf(child: ChildProcess): Promise<NodeJS.MemoryUsage> {
  child.send({ id: 0, method: 'memory' });
  const [{ result }] = await once(child, 'message');
  return result;
}

function endings(child: ChildProcess): Pick<Replica, 'kill' | 'stop'> {
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill(signal);
      // A paused process receives no signal but SIGKILL until it continues.
      if (signal !== 'SIGKILL') child.kill('SIGCONT');
      await exit;
    }
    return child.exitCode;
  }
  return {
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}
