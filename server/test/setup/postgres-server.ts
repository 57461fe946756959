import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

export interface PostgresServer {
  /** The address of an existing database, as a superuser. */
  url: string;
  stop(): Promise<void>;
}

/**
 * A Postgres on the loopback in its own folder. It ends, and the folder is deleted, with this process.
 *
 * @param durable whether a commit waits for the disk, as it does by default in Postgres
 */
export async function startPostgres(bin: string, { durable = false } = {}): Promise<PostgresServer> {
  const owner = unprivilegedOwner();
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-postgres-'));
  if (owner) chownSync(folder, owner.uid, owner.gid);
  try {
    const initdb = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
    // The working directory must be one that the other user may enter.
    const as = { ...owner, cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } };
    await promisify(execFile)(join(bin, 'initdb'), initdb, as);
    for (let attempt = 1; ; attempt++) {
      const port = await findFreePort();
      const guard = runGuarded(bin, folder, [`port=${port}`, ...(durable ? [] : fast)], as);
      const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
      if (await isReady(url, guard)) return { url, stop: () => stop(guard) };
      await stop(guard);
      if (attempt === 3) throw new Error(`Postgres does not start: ${readFileSync(join(folder, 'log'), 'utf8')}`);
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off'];

/** Postgres refuses to run as root. */
function unprivilegedOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (!account) throw new Error('Postgres cannot run as root, and there is neither a user postgres nor nobody');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/**
 * Starts a shell that waits for the end of its input and then stops Postgres and deletes its folder. The input is a
 * pipe from this process, so it ends with this process, even after a SIGKILL. The shell has its own process group, so a
 * Ctrl-C does not reach it.
 */
function runGuarded(
  bin: string,
  folder: string,
  more: readonly string[],
  as: { env: NodeJS.ProcessEnv; cwd: string },
): ChildProcess {
  const script =
    '"$0" "$@" >"$PWD/log" 2>&1 </dev/null & cat >/dev/null; kill -INT $!; wait $!; cd /; rm -rf "$FOLDER"';
  const local = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'max_connections=200'];
  const settings = [...local, ...more].flatMap((setting) => ['-c', setting]);
  return spawn('/bin/sh', ['-c', script, join(bin, 'postgres'), '-D', join(folder, 'data'), ...settings], {
    ...as,
    env: { ...as.env, FOLDER: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
}

async function stop(guard: ChildProcess): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const exit = once(guard, 'exit');
  guard.stdin?.end();
  await exit;
}

async function isReady(url: string, guard: ChildProcess): Promise<boolean> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline && guard.exitCode === null; await delay(50)) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    try {
      await client.connect();
      return true;
    } catch {
      // Postgres does not answer yet.
    } finally {
      await client.end().catch(() => {});
    }
  }
  return false;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
