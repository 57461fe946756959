import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';

/**
 * The secret that signs cookies: `configured` (AUTH_SECRET), else the file `dataDir`/auth-secret, which is made if it is missing
 * and only its owner can read. Losing it signs everybody out.
 */
export function loadAuthSecret(options: {
  configured: string | null;
  dataDir: string;
  /** On Postgres there may be several replicas, which must share one secret. */
  shared: boolean;
  log: Logger;
}): string {
  const { configured, dataDir, shared, log } = options;
  if (configured !== null) return configured;
  const path = pathOf(dataDir);
  if (shared) {
    log.warn(
      { path },
      'AUTH_SECRET is not set: this process signs cookies with its own secret, and other replicas on the same DATABASE_URL will not know them. Set the same AUTH_SECRET for all.',
    );
  }
  return read(path) ?? make(dataDir, path);
}

/** The secret in force, by the same rules; null if there is none yet. */
export function findAuthSecret({ configured, dataDir }: { configured: string | null; dataDir: string }): string | null {
  return configured ?? read(pathOf(dataDir));
}

/** Puts a secret in the place of the one in `dataDir`, if there is one. */
export function storeAuthSecret(dataDir: string, secret: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  renameSync(write(dataDir, secret), pathOf(dataDir));
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'auth-secret');
}

function read(path: string): string | null {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    if (secret.length < 32) throw new Error(`${path} holds less than 32 characters: delete it, or put a secret there`);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Writes the file whole or not at all, and never over one that another process made at the same moment. */
function make(dataDir: string, path: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unfinished = write(dataDir, randomBytes(32).toString('base64url'));
  try {
    linkSync(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

/** Writes the secret into a file beside its place; returns the path. */
function write(dataDir: string, secret: string): string {
  const unfinished = `${pathOf(dataDir)}.${randomUUID()}`;
  writeFileSync(unfinished, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return unfinished;
}
