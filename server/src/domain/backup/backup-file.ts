import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { type BackupHead, BackupLines, damaged, readBackupLines } from './backup-lines.ts';
import { BackupError, type Snapshot } from './snapshot.ts';

/** A backup in a file. */
export interface BackupFile {
  head: BackupHead;
  /** Reads the file again, and rejects if it is not what it was. */
  snapshot: Snapshot;
}

/**
 * Writes the snapshot and the secret that signs sessions into a file that only its owner can read. The file appears when
 * it is whole, and then replaces an older one. Returns the number of rows of each table.
 */
export async function writeBackupFile(
  path: string,
  snapshot: Snapshot,
  { signal, ...about }: Pick<BackupHead, 'release' | 'authSecret'> & { signal: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    const gzip = createGzip();
    const writing = pipeline(gzip, createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }), { signal });
    const lines = new BackupLines(about, async (text) => {
      // The pipeline rejects with the reason if the file cannot be written, and `drain` would never come.
      if (!gzip.write(text)) await Promise.race([new Promise((resolve) => gzip.once('drain', resolve)), writing]);
    });
    const reading = snapshot(lines)
      .then(() => lines.end())
      .then(
        () => void gzip.end(),
        (error) => void gzip.destroy(error),
      );
    // The reading is awaited too if the file cannot be written: its transaction must not outlive this call.
    await Promise.allSettled([writing, reading]);
    await writing;
    await synchronise(unfinished);
    await rename(unfinished, path);
    return lines.counts;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw inWords(path, error);
  }
}

/** Has the system write the file to the disk, so that a power cut does not leave an empty one under its name. */
async function synchronise(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Reads the whole file once to see that it is a backup and as it was written.
 *
 * @throws BackupError
 */
export async function openBackupFile(path: string): Promise<BackupFile> {
  const head = await read(path, null);
  return {
    head,
    async snapshot(receiver) {
      await read(path, receiver);
    },
  };
}

async function read(path: string, receiver: Parameters<typeof readBackupLines>[1]): Promise<BackupHead> {
  let head: BackupHead | undefined;
  let failure: unknown;
  try {
    await pipeline(createReadStream(path), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
      head = await readBackupLines(chunks, receiver).catch((error) => {
        failure = error;
        throw error;
      });
    });
  } catch (error) {
    // The pipeline rejects with an AbortError when its last function does.
    throw inWords(path, failure ?? error);
  }
  return head as BackupHead;
}

/** Says in words what is wrong with the file; any other error stays as it is. */
function inWords(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return new BackupError(`${path}: the backup is not whole, its end is missing.`);
  if (code === 'Z_DATA_ERROR' && /incorrect header check/.test(message))
    return new BackupError(`${path}: the file is no backup of Polylogue.`);
  if (code?.startsWith('Z_')) return new BackupError(`${path}: ${damaged().message}`);
  if (code === 'ENOENT') return new BackupError(`${path}: there is no such file or folder.`);
  if (code === 'EACCES' || code === 'EPERM') return new BackupError(`${path}: this user may not read or write it.`);
  if (code === 'EISDIR') return new BackupError(`${path} is a folder.`);
  if (code === 'ENOSPC') return new BackupError(`${path}: the disk is full. Nothing was written.`);
  if (error instanceof BackupError && !message.startsWith(path)) return new BackupError(`${path}: ${message}`);
  return error;
}
