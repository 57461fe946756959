import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names this process among all that ever had its number. */
const processName = randomUUID();

/** A folder's name says whose it is: the machine, the process by its number, and by a name that no other one has. */
const beginning = 'polylogue-files';
const machine = hostname().replace(/[^\w.]/g, '_');
const ownName = `${beginning}-${machine}-${process.pid}-${processName}`;

/** How old a folder of another machine must be to be nobody's: containers may share the folder that these are in. */
const STRANGE_MS_MAX = 86_400_000;

/** The folders in which files are while they are received and read: one for each, with all that is made beside it. */
export class TemporaryFiles {
  readonly #within: string;
  readonly #name: string;

  /** @param within default: the system's folder for temporary files */
  constructor(within: string = tmpdir()) {
    this.#within = within;
    this.#name = ownName;
  }

  /**
   * Gives `work` a path in a new folder, which is removed with all that is in it when `work` settles.
   */
  async withPath<T>(work: (path: string) => Promise<T>): Promise<T> {
    const folder = join(this.#within, this.#name, randomUUID());
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await work(join(folder, 'file'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes what processes left that were killed. */
  async removeAbandoned(): Promise<void> {
    const names = (await readdir(this.#within)).filter((name) => name.startsWith(`${beginning}-`));
    for (const name of names) {
      const path = join(this.#within, name);
      if (await this.#isAbandoned(name, path)) await rm(path, { recursive: true, force: true });
    }
  }

  async #isAbandoned(name: string, path: string): Promise<boolean> {
    if (name === this.#name) return false;
    const [, itsMachine, pid] = /^polylogue-files-([\w.]*)-(\d+)-/.exec(name) ?? [];
    // A folder with this process's number is of an earlier one that had it: a container's first process is always the first.
    if (itsMachine === machine && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    return Date.now() - mtimeMs > STRANGE_MS_MAX;
  }

  /** Removes the folder of this process, if nothing is in it. */
  async close(): Promise<void> {
    const left = await readdir(join(this.#within, this.#name)).catch(() => null);
    if (left?.length === 0) await rm(join(this.#within, this.#name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
