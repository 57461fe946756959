import { type Insertable, type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredVerdict } from './keeping-tables.ts';

/** Whether the user has the conversation that a file calls so: it came from a file before, or it is this one (null: no id). */
export async function hasImported(
  db: Kysely<Database>,
  userId: string,
  { source, id }: { source: string; id: string | null },
): Promise<boolean> {
  const { rows } = await sql`
    select from imported_conversation where user_id = ${userId} and source = ${source}
    union all
    select from conversation where user_id = ${userId} and id = ${id}::uuid
    limit 1`.execute(db);
  return rows.length > 0;
}

export type ImportedConversation = Insertable<Database['conversation']>;

/** Inserts a conversation and marks where it is from. @returns false if another import has brought it meanwhile */
export async function insertImportedConversation(
  trx: Transaction<Database>,
  conversation: ImportedConversation,
  source: string,
): Promise<boolean> {
  await trx.insertInto('conversation').values(conversation).execute();
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('imported_conversation')
    .values({ user_id: conversation.user_id, source, conversation_id: conversation.id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export type ImportedTurn = Insertable<Database['turn']>;
export type ImportedResponse = Omit<Insertable<Database['response']>, 'merge'> & { merge: string | null };

/** Rows of a statement: each has some forty parameters, of which there may be 65,535. */
const ROWS = 200;

/** What of some turns is to be stored; parents stand before their children. */
export interface ImportedRows {
  turns: readonly ImportedTurn[];
  responses: readonly ImportedResponse[];
  credits: readonly Insertable<Database['imported_response']>[];
  calls: readonly Insertable<Database['tool_call']>[];
  turnFiles: readonly Insertable<Database['turn_file']>[];
  responseFiles: readonly Insertable<Database['response_file']>[];
  verdicts: readonly { turn_id: string; told: StoredVerdict }[];
}

export async function insertImportedRows(trx: Transaction<Database>, rows: ImportedRows): Promise<void> {
  for (const some of inParts(rows.turns)) await trx.insertInto('turn').values(some).execute();
  for (const some of inParts(rows.responses)) {
    await trx
      .insertInto('response')
      .values(some as Insertable<Database['response']>[])
      .execute();
  }
  for (const some of inParts(rows.credits)) await trx.insertInto('imported_response').values(some).execute();
  for (const some of inParts(rows.calls)) await trx.insertInto('tool_call').values(some).execute();
  for (const some of inParts(rows.turnFiles)) await trx.insertInto('turn_file').values(some).execute();
  for (const some of inParts(rows.responseFiles)) await trx.insertInto('response_file').values(some).execute();
  for (const some of inParts(rows.verdicts)) {
    const values = some.map(({ turn_id, told }) => ({ turn_id, told: JSON.stringify(told) }));
    await trx.insertInto('imported_verdict').values(values).execute();
  }
}

function* inParts<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let start = 0; start < rows.length; start += ROWS) yield rows.slice(start, start + ROWS);
}

/** The user's file of this content and name; undefined: there is none. */
export async function findFileOfContent(
  db: Kysely<Database>,
  userId: string,
  { hash, name }: { hash: string; name: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('file')
    .select('id')
    .where('user_id', '=', userId)
    .where('content_hash', '=', hash)
    .where('name', '=', name)
    .orderBy('id')
    .executeTakeFirst();
  return row?.id;
}

/** Those of the user's files that are there, and stay until the transaction ends. */
export async function keepFiles(
  trx: Transaction<Database>,
  userId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await trx
    .selectFrom('file')
    .select('id')
    .where('user_id', '=', userId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forKeyShare()
    .execute();
  return new Set(rows.map(({ id }) => id));
}
