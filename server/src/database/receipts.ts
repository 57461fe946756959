import type { Insertable, Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';

export type ReceiptRow = Selectable<Database['receipt']>;

export async function insertReceipt(trx: Kysely<Database>, receipt: Insertable<Database['receipt']>): Promise<void> {
  await trx.insertInto('receipt').values(receipt).execute();
}

export async function findReceipts(
  db: Kysely<Database>,
  userId: string,
  responseIds: readonly string[],
): Promise<ReceiptRow[]> {
  return db
    .selectFrom('receipt')
    .selectAll()
    .where('user_id', '=', userId)
    .where('response_id', 'in', responseIds)
    .execute();
}
