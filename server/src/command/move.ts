import type { Logger } from 'pino';
import { findAuthSecret } from '../config/auth-secret.ts';
import type { Config } from '../config/settings.ts';
import { openDatabase } from '../database/connection/open.ts';
import { restore } from '../domain/backup/restore.ts';
import { snapshotOf } from '../domain/backup/snapshot.ts';
import { UsageError } from './mistakes.ts';
import { counted, printable, readSecretLine } from './terminal.ts';

/**
 * The address to move to: the command's argument, the variable MOVE_TO_URL, or what is typed. Others on the machine can
 * read the arguments of commands.
 *
 * @throws UsageError
 */
export async function addressToMoveTo(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  if (args.length > 1) throw new UsageError('move-to takes one address.');
  return args[0] ?? env.MOVE_TO_URL ?? readSecretLine('The address, which is not shown (postgres://…): ');
}

/**
 * Copies the embedded database to an empty one on Postgres, and says what to set. The embedded one stays as it is, and
 * nobody else can open it meanwhile.
 *
 * @throws UsageError
 * @throws BackupError
 */
export async function moveTo(url: string, config: Config, log: Logger): Promise<void> {
  if (!/^postgres(ql)?:\/\/./.test(url))
    throw new UsageError('move-to takes an address that begins with postgres://, from MOVE_TO_URL or typed');
  if (config.databaseUrl !== null) {
    throw new UsageError(
      'DATABASE_URL is set: the database is on Postgres already. To move it elsewhere, use backup and restore.',
    );
  }
  const source = await openDatabase({ ...config, mustExist: true, log });
  try {
    const target = await openDatabase({ databaseUrl: url, dataDir: config.dataDir, log });
    try {
      const counts = await restore(target, snapshotOf(source), {
        replace: false,
        noted: 'everything was moved from the embedded database',
      });
      console.log(`Moved ${counted(counts)}. The embedded database in ${printable(config.dataDir)} is as it was.`);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  console.log('Now set DATABASE_URL to that address, and start the server.');
  if (config.authSecret === null && findAuthSecret({ configured: null, dataDir: config.dataDir }) !== null) {
    console.log(
      `The secret that signs sessions is still read from ${printable(config.dataDir)}/auth-secret. If the server gets another DATA_DIR, or replicas, set AUTH_SECRET to what is in that file.`,
    );
  }
}
