import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { findHouseSetting, setHouseSetting } from '../../../database/people/house-settings.ts';
import { type Actor, audit } from '../administration.ts';

const NAME = 'shown-money';

/** Whether members are shown what credits are worth in USD. By default they are not. */
export async function areDollarsShown(db: Kysely<Database>): Promise<boolean> {
  const stored = await findHouseSetting(db, NAME);
  return (stored as { dollars?: unknown } | null)?.dollars === true;
}

/** Has members see what credits are worth in USD, or not, and writes that to the audit log. */
export async function showDollars(db: Kysely<Database>, actor: Actor, shown: boolean): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await setHouseSetting(trx, NAME, { dollars: shown });
    await audit(trx, actor, 'setDollarsShown', shown ? 'credits and USD' : 'credits', null);
  });
}
