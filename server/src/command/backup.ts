import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pino } from 'pino';
import packageJson from '../../package.json' with { type: 'json' };
import { findAuthSecret } from '../config/auth-secret.ts';
import { type Config, loadConfig } from '../config/settings.ts';
import { DataFolderInUseError } from '../database/connection/data-folder-lock.ts';
import { askForCopy } from '../database/connection/folder-copies.ts';
import { type OpenDatabase, openDatabase } from '../database/connection/open.ts';
import { writeBackupFile } from '../domain/backup/backup-file.ts';
import { snapshotOf } from '../domain/backup/snapshot.ts';
import { runCommand, UsageError } from './mistakes.ts';
import { counted, printable } from './terminal.ts';

const help = `Writes everything into one file:

  npm run backup -- <file>

The server may run meanwhile. The file holds every conversation, and the secret that signs sessions. Only its owner can
read it; an older file of that name is replaced once the new one is whole. It can be restored on either kind of database:
npm run restore -- help`;

/** Writes a backup. Exits with code 0, or with 1 and one line that says what is wrong; then no file is left. */
async function main(args: readonly string[]): Promise<void> {
  const [file, ...more] = args;
  if (file === undefined || /^(-{0,2}help|-h)$/.test(file)) return console.log(help);
  if (more.length > 0 || file.startsWith('-')) throw new UsageError('backup takes the name of one file.');
  const path = resolve(file);
  const config = loadConfig(process.env);
  const authSecret = findAuthSecret({ configured: config.authSecret, dataDir: config.dataDir });
  const leaving = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leaving.abort());
  const { database, close } = await openForReading(config);
  try {
    const about = { release: packageJson.version, authSecret, signal: leaving.signal };
    const counts = await writeBackupFile(path, snapshotOf(database), about);
    console.log(`${printable(path)} has ${counted(counts)}, in ${megabytes(statSync(path).size)} MB.`);
    console.log(
      authSecret === null
        ? 'There was no secret that signs sessions: no server has run with these settings yet.'
        : 'It also has the secret that signs sessions: keep it where nobody else can read it.',
    );
  } finally {
    await close();
  }
}

/** Opens the database of the configuration; if the server has the embedded one, a copy that the server makes. */
async function openForReading(config: Config): Promise<{ database: OpenDatabase; close(): Promise<void> }> {
  const log = pino({ level: 'silent' });
  const open = async (given: Pick<Config, 'databaseUrl' | 'dataDir'>) => {
    const database = await openDatabase({ ...given, mustExist: true, log });
    return { database, close: () => database.close() };
  };
  try {
    return await open(config);
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    const copy = await askForCopy(config.dataDir);
    if (!copy) throw error;
    const { database, close } = await open({ databaseUrl: null, dataDir: copy.dataDir }).catch((failure) => {
      copy.release();
      throw failure;
    });
    return { database, close: () => close().finally(copy.release) };
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 2 : 0);
}

runCommand(main, { help: 'npm run backup -- help', inUse: 'It gives no copy of its database: stop it first.' });
