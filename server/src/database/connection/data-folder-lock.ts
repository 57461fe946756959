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

/** The contents of the lock file, as JSON. */
interface Owner {
  pid: number;
  /** The scope of the pid: on Linux the boot and the pid namespace, elsewhere the name of the host. */
  place: string;
  /** Tells the process from a later one with the same pid. Null: the system does not say when a process started. */
  startedAt: string | null;
  token: string;
}

const heartbeatMs = 1000;
/** A lock from another place is taken over if its owner has not touched it for this long. */
const silenceMs = 10_000;

/**
 * Takes the lock of the folder for this process. Returns a function that releases it.
 *
 * The lock is a file, because Node has no flock. A lock whose process was killed is taken over at once; the start time
 * of a process shows whether its pid was reused. A pid from another place (another container with the same folder, or on
 * Linux the time before a reboot) means nothing here. So the owner touches its lock every second, and a lock from
 * another place that stays untouched for ten seconds is taken over.
 *
 * @throws DataFolderInUseError
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

/**
 * Reads the lock file. Null: the file was removed meanwhile. Without an owner: the file is incomplete, because its
 * process was killed while writing it.
 */
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

/** Signal 0 sends nothing and only checks. EPERM: the process exists and belongs to another user. */
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
      // Field 22 is the start time in ticks since the boot. The fields are counted after the name, which may contain
      // anything.
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

/** Removes the lock if it still contains `text`. A lock that a faster process made meanwhile is put back. */
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
    // Somebody deleted the lock. It is made again, unless the folder itself is gone and nothing is left to guard.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') restore(path, self);
    else log.warn({ err: error }, 'cannot refresh the lock of the data folder');
    return;
  }
  // This process slept so long that another one took the folder. Two processes that write to it would ruin it, so this
  // one ends in the middle of its work, which the database is made to survive.
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
