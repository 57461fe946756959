import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Another process has the data folder open. */
export class DataFolderInUseError extends Error {
  readonly folder: string;
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(
      `The data folder ${folder} is in use by process ${pid}. Stop that one first, or give this one a folder of its own (DATA_DIR), or let both use Postgres (DATABASE_URL).`,
    );
    this.name = 'DataFolderInUseError';
    this.folder = folder;
    this.pid = pid;
  }
}

/** What the lock file holds, as JSON. */
interface Owner {
  pid: number;
  /** Where the pid means something: the boot and the pid namespace, else the host's name. */
  place: string;
  /** What tells the process from a later one with the same pid; null where the system does not say. */
  startedAt: string | null;
  token: string;
}

const heartbeatMs = 1000;
/** For how long the lock of another container must have been silent. */
const silenceMs = 10_000;

/**
 * Takes the folder for this process; returns what gives it back. Rejects with DataFolderInUseError.
 *
 * A file and not flock, which Node does not have. A lock whose process is gone (killed, rebooted) is taken over at once:
 * a pid that was reused is told by its process' start time. Between containers that share a folder pids say nothing:
 * there the owner's heartbeat does, and a lock that has not beaten for ten seconds is taken over.
 */
export async function lockDataFolder(folder: string, log: Logger): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const self: Owner = {
    pid: process.pid,
    place: currentPlace(),
    startedAt: processStartedAt(process.pid),
    token: randomUUID(),
  };
  while (!create(path, self)) {
    const found = await read(path);
    if (found === null) continue;
    if (found.owner && (await isAlive(path, found.owner, self)))
      throw new DataFolderInUseError(folder, found.owner.pid);
    log.warn({ folder, ownerPid: found.owner?.pid }, 'taking over the lock of a process that is gone');
    remove(path, found.text);
  }
  const heartbeat = setInterval(() => beat(path, self, log), heartbeatMs);
  heartbeat.unref();
  return async () => {
    clearInterval(heartbeat);
    if (owns(path, self)) rmSync(path, { force: true });
  };
}

function create(path: string, owner: Owner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null: it went away meanwhile. Without an owner: written by half, by a process that was killed over it. */
async function read(path: string): Promise<{ text: string; owner: Owner | null } | null> {
  let text = '';
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      text = readFileSync(path, 'utf8');
      return { text, owner: JSON.parse(text) as Owner };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      if (!(error instanceof SyntaxError)) throw error;
    }
    await delay(100);
  }
  return { text, owner: null };
}

async function isAlive(path: string, owner: Owner, self: Owner): Promise<boolean> {
  if (owner.place === self.place) {
    if (!processExists(owner.pid)) return false;
    const startedAt = processStartedAt(owner.pid);
    return owner.startedAt === null || startedAt === null || owner.startedAt === startedAt;
  }
  const before = modifiedAt(path);
  for (const deadline = Date.now() + silenceMs; Date.now() < deadline; ) {
    await delay(heartbeatMs);
    const now = modifiedAt(path);
    if (now !== before) return now !== null;
  }
  return false;
}

function modifiedAt(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Signal 0 reaches nobody: it asks. EPERM: it is there and somebody else's. */
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function processStartedAt(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // Field 22, in ticks since the boot; the fields are counted behind the name, which may hold anything.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    }
    if (process.platform === 'win32') return null;
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

function currentPlace(): string {
  if (process.platform !== 'linux') return hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Removes the lock that was judged, and no other: one that a faster process made meanwhile is put back. */
function remove(path: string, text: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') === text) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function beat(path: string, self: Owner, log: Logger): void {
  try {
    if (readFileSync(path, 'utf8') === JSON.stringify(self)) {
      const now = new Date();
      utimesSync(path, now, now);
      return;
    }
  } catch (error) {
    // Deleted by somebody: made again, unless the folder itself is gone, and nothing is left to guard.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') restore(path, self);
    else log.warn({ err: error }, 'cannot refresh the lock of the data folder');
    return;
  }
  // This process slept for so long that another one took the folder. Two that write to it would ruin it: better to end
  // in the middle of a sentence, which the database is made to survive.
  log.fatal({ folder: path }, 'the data folder was taken by another process; ending this one');
  process.exit(1);
}

function restore(path: string, self: Owner): void {
  try {
    create(path, self);
  } catch {
    // The next beat tries again.
  }
}

function owns(path: string, self: Owner): boolean {
  try {
    return readFileSync(path, 'utf8') === JSON.stringify(self);
  } catch {
    return false;
  }
}
