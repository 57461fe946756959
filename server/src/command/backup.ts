import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { findAuthSecret } from '../config/auth-secret.ts';
import { loadConfig } from '../config/settings.ts';
import { writeBackupFile } from '../domain/backup/backup-file.ts';
import { snapshotOf } from '../domain/backup/snapshot.ts';
import { runCommand, UsageError } from './mistakes.ts';
import { openForReading } from './reading.ts';
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

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 2 : 0);
}

runCommand(main, { help: 'npm run backup -- help', inUse: 'It gives no copy of its database: stop it first.' });
