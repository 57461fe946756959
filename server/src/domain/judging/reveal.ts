import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.ts';
import { setRevealed } from '../../database/judging/verdicts.ts';

/** Shows the models of a blind turn to its member from now on. */
export async function reveal(trx: Transaction<Database>, turnId: string): Promise<void> {
  await setRevealed(trx, turnId);
}
