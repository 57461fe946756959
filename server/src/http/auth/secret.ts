import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';

/**
 * What cookies are signed with: `configured` (AUTH_SECRET), else the one kept in `dataDir`/auth-secret, made when absent
 * and readable by its owner only. Losing it signs everybody out.
 */
export function loadAuthSecret(options: {
  configured: string | null;
  dataDir: string;
  /** On Postgres there may be more replicas, which must all have the same secret. */
  shared: boolean;
  log: Logger;
}): string {
  const { configured, dataDir, shared, log } = options;
  if (configured !== null) return configured;
  const path = join(dataDir, 'auth-secret');
  if (shared) {
    log.warn(
      { path },
      'AUTH_SECRET is not set: this process signs cookies with its own secret, and other replicas on the same DATABASE_URL will not know them. Set the same AUTH_SECRET for all.',
    );
  }
  return read(path) ?? make(dataDir, path);
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

/** Whole or not at all, and never over another process' that started at the same moment. */
function make(dataDir: string, path: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${randomUUID()}`;
  writeFileSync(unfinished, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}
