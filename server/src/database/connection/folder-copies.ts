import { randomUUID } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';

/*
 * Why this file is here: a data folder belongs to one process, and an operator wants a backup without stopping that
 * process. The process listens on a socket in the folder, which only its owner can enter. Whoever connects is told the
 * path of a fresh copy of the database, which is deleted when they leave.
 */

/** A longer path cannot be the address of a socket on some systems (macOS has 104 bytes, with the zero at the end). */
const PATH_BYTES_MAX = 103;

/** The name of a copy; everything else in the folder may be the operator's. */
const COPY = /^copy\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function socketPath(dataDir: string): string | null {
  const path = join(dataDir, 'copies');
  return process.platform === 'win32' || Buffer.byteLength(path) > PATH_BYTES_MAX ? null : path;
}

/** What is told of a copy, as a line of JSON. */
type Told = { folder: string } | { error: string };

/**
 * Gives copies to other processes of the folder's owner. Never rejects: without a socket there are no copies. Returns a
 * function that ends it, and deletes copies that are still being read.
 *
 * @param copy copies the files of the database into a new folder
 */
export async function offerCopies(
  dataDir: string,
  copy: (to: string) => Promise<void>,
  log: Logger,
): Promise<() => Promise<void>> {
  const path = socketPath(dataDir);
  if (path === null) return async () => {};
  const readers = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const serving = serve(socket, dataDir, copy, log).finally(() => readers.delete(socket));
    readers.set(socket, serving);
  });
  // Only the owner of the folder's lock comes here: a socket or a copy that is there is of a process that is gone.
  for (const name of readdirSync(dataDir).filter((name) => COPY.test(name)))
    rmSync(join(dataDir, name), { recursive: true, force: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path, { force: true });
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', (err) => {
      log.debug({ err, path }, 'Without a socket in the data folder nobody can back it up while this process runs.');
      resolve(false);
    });
    server.listen(path, () => resolve(true));
  });
  if (!listens) return async () => {};
  server.unref();
  return async () => {
    const serving = [...readers.values()];
    for (const socket of readers.keys()) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await Promise.all(serving);
  };
}

async function serve(socket: Socket, dataDir: string, copy: (to: string) => Promise<void>, log: Logger): Promise<void> {
  const folder = join(dataDir, `copy.${randomUUID()}`);
  socket.on('error', (err) => log.debug({ err }, 'A reader of a copy of the database left.'));
  const left = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  try {
    await copy(join(folder, 'database'));
    tell(socket, { folder });
  } catch (err) {
    log.error({ err }, 'The database could not be copied for a backup.');
    tell(socket, { error: 'The server could not copy its database. Its log says why.' });
  }
  await left;
  await rm(folder, { recursive: true, force: true }).catch((err) =>
    log.warn({ err, folder }, 'A copy was not deleted.'),
  );
}

function tell(socket: Socket, told: Told): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(told)}\n`);
}

/** A copy of a running server's database: a data folder of its own. */
export interface FolderCopy {
  dataDir: string;
  /** Has the server delete it. */
  release(): void;
}

/** Asks the process that has the folder for a copy of its database. Null: it gives none. Rejects with what it says. */
export async function askForCopy(dataDir: string): Promise<FolderCopy | null> {
  const path = socketPath(dataDir);
  const socket = path === null ? null : await connected(path);
  if (!socket) return null;
  for await (const line of createInterface({ input: socket })) {
    const told = JSON.parse(line) as Told;
    if ('error' in told) throw new Error(told.error);
    return { dataDir: told.folder, release: () => void socket.destroy() };
  }
  return null;
}

function connected(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
