import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

export interface RollingFileOptions {
  folder: string;
  /** The file is `<name>.log`. */
  name: string;
  /** The length at which a new file begins. Default: 20 MB. */
  bytesMax?: number;
  /** Files kept beside the current one. Default: 15. */
  keptMax?: number;
  /** The time in ms since 1970. Default: the clock's. */
  now?: () => number;
}

/**
 * A log's file that is always found under the same name. One that is full, or from an earlier day (UTC), is renamed to
 * `<name>.<day>.<n>.log`, and only the newest of those are kept: so a log takes bounded space. Lines are written at
 * once, so that a killed process loses none.
 */
export class RollingFile {
  readonly #options: Required<RollingFileOptions>;
  readonly #path: string;
  #file: number | null = null;
  #bytes = 0;
  /** The day of the lines in the file, such as `2026-11-29`. */
  #day = '';
  /** When the next day begins, in ms since 1970. */
  #dayEndsAt = 0;
  #isFailing = false;
  #isClosed = false;

  constructor({ bytesMax = 20_000_000, keptMax = 15, now = Date.now, ...rest }: RollingFileOptions) {
    this.#options = { bytesMax, keptMax, now, ...rest };
    this.#path = join(rest.folder, `${rest.name}.log`);
  }

  /** Never throws: a full disk must not end the process that logs. Standard error is told once. */
  write(line: string): void {
    if (this.#isClosed) return;
    try {
      const bytes = Buffer.byteLength(line);
      const file = this.#fileFor(bytes);
      appendFileSync(file, line);
      this.#bytes += bytes;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) process.stderr.write(`${this.#path} cannot be written: ${(error as Error).message}\n`);
      this.#isFailing = true;
    }
  }

  /** Closes the file; later lines are dropped. */
  close(): void {
    this.#isClosed = true;
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #fileFor(bytes: number): number {
    const now = this.#options.now();
    if (this.#file !== null && this.#bytes + bytes <= this.#options.bytesMax && now < this.#dayEndsAt)
      return this.#file;
    const today = dayOf(now);
    this.#file ??= this.#open(today);
    const isFull = this.#bytes > 0 && this.#bytes + bytes > this.#options.bytesMax;
    if (isFull || (this.#bytes > 0 && this.#day !== today)) this.#file = this.#roll(this.#file, today);
    this.#day = today;
    this.#dayEndsAt = Date.parse(today) + DAY_MS;
    return this.#file;
  }

  #open(today: string): number {
    const file = openSync(this.#path, 'a', 0o600);
    const { size, mtimeMs } = fstatSync(file);
    this.#bytes = size;
    this.#day = size > 0 ? dayOf(mtimeMs) : today;
    return file;
  }

  #roll(file: number, today: string): number {
    const { folder, name, keptMax } = this.#options;
    const isOurs = isAt(file, this.#path);
    closeSync(file);
    this.#file = null;
    const rolled = rolledFiles(folder, name);
    if (isOurs) {
      const last = rolled.filter(({ day }) => day === this.#day).at(-1);
      let n = (last?.n ?? 0) + 1;
      while (existsSync(join(folder, `${name}.${this.#day}.${n}.log`))) n += 1;
      renameSync(this.#path, join(folder, `${name}.${this.#day}.${n}.log`));
    }
    const surplus = rolled.slice(0, Math.max(0, rolled.length + (isOurs ? 1 : 0) - keptMax));
    for (const { file: old } of surplus) rmSync(join(folder, old), { force: true });
    return this.#open(today);
  }
}

const DAY_MS = 86_400_000;

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Whether the open file still has this path: another process that logs here may have begun a new one. */
function isAt(file: number, path: string): boolean {
  return existsSync(path) && statSync(path).ino === fstatSync(file).ino;
}

interface RolledFile {
  file: string;
  day: string;
  n: number;
}

/** The oldest first. */
function rolledFiles(folder: string, name: string): RolledFile[] {
  const pattern = new RegExp(`^${name}\\.(\\d{4}-\\d\\d-\\d\\d)\\.(\\d+)\\.log$`);
  return readdirSync(folder)
    .flatMap((file) => {
      const [, day, n] = pattern.exec(file) ?? [];
      return day && n ? [{ file, day, n: Number(n) }] : [];
    })
    .sort((a, b) => (a.day === b.day ? a.n - b.n : a.day < b.day ? -1 : 1));
}
