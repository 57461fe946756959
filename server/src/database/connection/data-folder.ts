import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';

/** The names of the server's own files, and of the folder that a new volume's file system makes (lost+found). */
const own = /^(auth-secret(\..*)?|database(\.unfinished)?|lock(\..*)?|copies|copy\..*|lost\+found)$/;

/** Others on this machine can look into the data folder, and the server must not or cannot close it. */
export class DataFolderOpenError extends Error {
  override readonly name = 'DataFolderOpenError';
}

/**
 * Makes the data folder, or closes an existing one, so that only its owner can look into it: it holds every
 * conversation and the secret that signs sessions. An existing folder is closed only if it contains nothing but the
 * server's own files. A shared one, such as /tmp or somebody's home, is left as it is.
 *
 * @throws DataFolderOpenError, with a sentence that names the folder
 */
export function makeDataFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (isPrivate(path)) return;
  const mode = (statSync(path).mode & 0o7777).toString(8);
  const others = readdirSync(path).filter((name) => !own.test(name));
  if (others.length > 0) {
    throw new DataFolderOpenError(
      `DATA_DIR is "${path}", which others on this machine can look into (mode ${mode}), and which holds other things too, such as "${others[0]}". Name a folder of its own, such as "${path}/polylogue", or close this one: chmod 700 "${path}"`,
    );
  }
  try {
    chmodSync(path, 0o700);
  } catch {
    // The check below reports the failure.
  }
  if (isPrivate(path)) return;
  throw new DataFolderOpenError(
    `DATA_DIR is "${path}", which others on this machine can look into (mode ${mode}), and which this server may not close. Name a folder inside of it, such as "${path}/polylogue", which it then makes for itself`,
  );
}

function isPrivate(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}
