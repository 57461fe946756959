import { resolve } from 'node:path';
import { pino } from 'pino';
import { findAuthSecret, storeAuthSecret } from '../config/auth-secret.ts';
import { type Config, loadConfig } from '../config/settings.ts';
import { makeDataFolder } from '../database/connection/data-folder.ts';
import { openDatabase } from '../database/connection/open.ts';
import { openBackupFile } from '../domain/backup/backup-file.ts';
import type { BackupHead } from '../domain/backup/backup-lines.ts';
import { requireKnown, restore } from '../domain/backup/restore.ts';
import { runCommand, UsageError } from './mistakes.ts';
import { counted, printable } from './terminal.ts';

const help = `Fills a database with what npm run backup has written:

  npm run restore -- <file>             into a database without accounts
  npm run restore -- <file> --replace   throws away what is in the database
  npm run restore -- <file> --secret    only prints the backup's AUTH_SECRET

Stop the servers first. DATABASE_URL and DATA_DIR say which database, as for the server. The file is checked before
anything is changed, and the database stays as it was if anything fails.`;

/** Restores a backup. Exits with code 0, or with 1 and one line that says what is wrong; then nothing was changed. */
async function main(args: readonly string[]): Promise<void> {
  const [file, option, ...more] = args;
  if (file === undefined || /^(-{0,2}help|-h)$/.test(file)) return console.log(help);
  if (more.length > 0 || file.startsWith('-') || !['--replace', '--secret', undefined].includes(option))
    throw new UsageError('restore takes the name of one file, and after it --replace or --secret.');
  const config = loadConfig(process.env);
  const { head, snapshot } = await openBackupFile(resolve(file));
  if (option === '--secret') return console.log(head.authSecret ?? 'The backup has no secret.');
  requireKnown(head.migrations);
  const secret = findAuthSecret({ configured: config.authSecret, dataDir: config.dataDir });
  if (config.databaseUrl === null || config.authSecret === null) makeDataFolder(config.dataDir);
  const database = await openDatabase({ ...config, log: pino({ level: 'silent' }) });
  try {
    const replace = option === '--replace';
    const noted = replace ? `the backup of ${head.madeAt} has replaced everything` : null;
    const counts = await restore(database, snapshot, { replace, noted });
    console.log(`Restored ${counted(counts)} of ${head.madeAt} (${printable(head.release)}).`);
    console.log(keepSecret(config, head, secret));
  } finally {
    await database.close();
  }
}

const aboutSecondFactors =
  'With another secret nobody who has a second factor gets in: "npm run admin -- remove-two-factor <email>" takes it off.';

/** Puts the backup's secret where the server looks for it, or says what the operator has to do. */
function keepSecret({ authSecret, dataDir }: Config, head: BackupHead, present: string | null): string {
  if (head.authSecret === null)
    return `The backup has no secret that signs sessions: everybody has to sign in again. ${aboutSecondFactors}`;
  if (head.authSecret === present) return 'The secret that signs sessions is the same: everybody stays signed in.';
  if (authSecret !== null)
    return `AUTH_SECRET is not the backup’s. Sessions and invitations of the backup are void until you set it to what "npm run restore -- <file> --secret" prints. ${aboutSecondFactors}`;
  storeAuthSecret(dataDir, head.authSecret);
  return `The secret that signs sessions is in ${printable(dataDir)} now: everybody stays signed in.`;
}

runCommand(main, { help: 'npm run restore -- help', inUse: 'Stop it first.' });
