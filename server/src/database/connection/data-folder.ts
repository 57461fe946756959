import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';

/** What the server, or the system that a volume is made by, puts there: such a folder is nobody else's as well. */
const own = /^(auth-secret(\..*)?|database(\.unfinished)?|lock(\..*)?|lost\+found)$/;

/** Others on this machine can read the data folder, and it is not for this server to change that. */
export class DataFolderOpenError extends Error {
  override readonly name = 'DataFolderOpenError';
}

/**
 * Makes the data folder one that its owner alone can look into: it holds every conversation and the secret that signs
 * sessions. A folder that is there already is tightened where nothing but the server's own files is in it. A shared one,
 * such as /tmp or somebody's home, is left as it is.
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
    // Told below.
  }
  if (isPrivate(path)) return;
  throw new DataFolderOpenError(
    `DATA_DIR is "${path}", which others on this machine can look into (mode ${mode}), and which this server may not close. Name a folder inside of it, such as "${path}/polylogue", which it then makes for itself`,
  );
}

function isPrivate(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}
