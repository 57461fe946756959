import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../setup/postgres-server.ts';

/** The test's own Postgres, which can be stopped and started again on its data. */
export interface PostgresCluster {
  url: string;
  /**
   * SIGINT: a fast shutdown, which ends every session. SIGQUIT: an immediate shutdown, after which Postgres recovers.
   */
  stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  start(): Promise<void>;
  /** Ends Postgres for good and deletes its data. */
  close(): Promise<void>;
}

export async function startCluster(bin: string): Promise<PostgresCluster> {
  // Acknowledged commits must outlive an immediate shutdown.
  const server: PostgresServer = await startPostgres(bin, { durable: true });
  const data = await query(server.url, 'show data_directory');
  let restarted: ChildProcess | null = null;

  async function stop(signal: 'SIGINT' | 'SIGQUIT') {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    process.kill(pid, signal);
    while (isAlive(pid)) await delay(20);
    if (restarted) await ended(restarted);
  }

  return {
    url: server.url,
    stop,
    async start() {
      // Postgres refuses to run as root.
      const { uid, gid } = statSync(data);
      const { port } = new URL(server.url);
      // Postgres ends with this process, however this process ends: see postgres-server.ts.
      const script = '"$0" "$@" >/dev/null 2>&1 </dev/null & cat >/dev/null; kill -INT $!; wait $!';
      const local = [
        'listen_addresses=127.0.0.1',
        `unix_socket_directories=${join(data, '..')}`,
        'max_connections=200',
      ];
      const settings = [...local, `port=${port}`].flatMap((setting) => ['-c', setting]);
      restarted = spawn('/bin/sh', ['-c', script, join(bin, 'postgres'), '-D', data, ...settings], {
        cwd: data,
        ...(process.getuid?.() === 0 && { uid, gid }),
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
      });
      while ((await query(server.url, 'select 1').catch(() => null)) === null) await delay(50);
    },
    async close() {
      if (restarted) await ended(restarted);
      await server.stop();
    },
  };
}

async function ended(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const exit = once(guard, 'exit');
  guard.stdin?.end();
  await exit;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function query(connectionString: string, statement: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query({ text: statement, rowMode: 'array' });
    return String(rows[0]?.[0]);
  } finally {
    await client.end().catch(() => {});
  }
}
