import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';

export type ReceiptRow = Selectable<Database['receipt']>;

export async function insertReceipt(trx: Kysely<Database>, receipt: Insertable<Database['receipt']>): Promise<void> {
  await trx.insertInto('receipt').values(receipt).execute();
}

/** @param userId the member whose receipts may be found; null: anybody's */
export async function findReceipts(
  db: Kysely<Database>,
  userId: string | null,
  responseIds: readonly string[],
): Promise<ReceiptRow[]> {
  return db
    .selectFrom('receipt')
    .selectAll()
    .$if(userId !== null, (select) => select.where('user_id', '=', userId as string))
    .where('response_id', 'in', responseIds)
    .execute();
}
