import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { isOfHiddenTurn } from './judging/hidden-turns.ts';

export interface ReceiptRow extends Selectable<Database['receipt']> {
  /** The team that paid; null: the member who asked did. */
  team_id: string | null;
}

export async function insertReceipt(trx: Kysely<Database>, receipt: Insertable<Database['receipt']>): Promise<void> {
  await trx.insertInto('receipt').values(receipt).execute();
}

/**
 * Finds receipts, without those of hidden turns.
 *
 * @param userId the member whose receipts may be found: those of what they asked, and of what a team paid that they own;
 * null: anybody's
 */
export async function findReceipts(
  db: Kysely<Database>,
  userId: string | null,
  responseIds: readonly string[],
): Promise<ReceiptRow[]> {
  return db
    .selectFrom('receipt')
    .innerJoin('credit_account', 'credit_account.id', 'receipt.credit_account_id')
    .selectAll('receipt')
    .select('credit_account.team_id')
    .$if(userId !== null, (select) =>
      select.where(({ or, eb, exists }) =>
        or([
          eb('receipt.user_id', '=', userId as string),
          exists(
            db
              .selectFrom('team_member')
              .select('user_id')
              .where('team_member.team_id', '=', sql.ref<string>('credit_account.team_id'))
              .where('team_member.user_id', '=', userId as string)
              .where('owner', '=', true),
          ),
        ]),
      ),
    )
    .where('response_id', 'in', responseIds)
    .where(({ not }) => not(isOfHiddenTurn('receipt.response_id')))
    .execute();
}
