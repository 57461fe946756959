import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ownEntry = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

export interface StartedServer {
  url: string;
  child: ChildProcess;
  /** The output of the server so far. */
  said(): string;
  /** Resolves when the server has ended and released its folder. */
  stop(): Promise<void>;
}

/** Starts the built server on its own folder with its own settings. */
export function startServer(
  dataDir: string,
  settings: Record<string, string>,
  entry = ownEntry,
): Promise<StartedServer> {
  if (!existsSync(entry)) throw new Error(`${entry} is missing: build first (npm run build)`);
  const child = spawn(process.execPath, [entry], {
    cwd: dataDir,
    env: {
      NODE_ENV: 'production',
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      LOCAL_MODELS: 'off',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      printed += chunk;
      const url = /Polylogue is at (http:\S+)/.exec(printed)?.[1];
      if (url) resolve({ url, child, said: () => printed, stop: () => stop(child) });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
