import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { TableShape } from './table-shapes.ts';

/** How many bytes of texts are read at once, unless one row has more. */
const BATCH_BYTES = 1024 * 1024;
/** How many rows are looked at before some of them are read. */
const ROWS_MAX = 1000;

/**
 * Reads a table's rows in the order of its key. Each row is a JSON array of its columns' values as Postgres writes them
 * in text, or null. A batch has about BATCH_BYTES at most, because a cursor of the rows' sizes runs ahead of that of the
 * rows: a prompt may have megabytes.
 */
export async function readRows(
  trx: Transaction<Database>,
  shape: TableShape,
  onBatch: (rows: string[]) => Promise<void>,
): Promise<void> {
  const order = shape.key.length > 0 ? sql.join(shape.key.map((name) => sql.id(name))) : sql.raw('ctid');
  const from = sql`from ${sql.id(shape.name)} order by ${order}`;
  const texts = sql.join(shape.columns.map(({ name }) => sql`${sql.id(name)}::text`));
  await sql`declare polylogue_sizes no scroll cursor for select ${sizeOf(shape)} as bytes ${from}`.execute(trx);
  await sql`declare polylogue_rows no scroll cursor for select json_build_array(${texts})::text as row ${from}`.execute(
    trx,
  );
  for (;;) {
    const sizes = await sql<{ bytes: number }>`fetch ${sql.lit(ROWS_MAX)} from polylogue_sizes`.execute(trx);
    for (const count of batchesOf(sizes.rows.map(({ bytes }) => bytes))) {
      const { rows } = await sql<{ row: string }>`fetch ${sql.lit(count)} from polylogue_rows`.execute(trx);
      await onBatch(rows.map(({ row }) => row));
    }
    if (sizes.rows.length < ROWS_MAX) break;
  }
  await sql`close polylogue_sizes`.execute(trx);
  await sql`close polylogue_rows`.execute(trx);
}

/** The size of a row in bytes, nearly. Postgres knows a text's length without reading the text. */
function sizeOf({ columns }: TableShape): RawBuilder<unknown> {
  const sizes = columns.map(({ name, type }) =>
    type === 'text'
      ? sql`coalesce(octet_length(${sql.id(name)}), 0)`
      : sql`coalesce(pg_column_size(${sql.id(name)}), 0)`,
  );
  return sizes.reduce((sum, size) => sql`${sum} + ${size}`, sql`0::bigint`);
}

/** Cuts rows of these sizes into batches: how many rows each has. A row that is too large has a batch of its own. */
export function batchesOf(sizes: readonly number[], bytesMax = BATCH_BYTES): number[] {
  const batches: number[] = [];
  let count = 0;
  let bytes = 0;
  for (const size of sizes) {
    if (count > 0 && bytes + size > bytesMax) {
      batches.push(count);
      count = 0;
      bytes = 0;
    }
    count += 1;
    bytes += size;
  }
  return count > 0 ? [...batches, count] : batches;
}

/** Inserts rows as `readRows` reads them; `columns` are the names of their values. Sequences stay where they are. */
export async function insertRows(
  trx: Transaction<Database>,
  shape: TableShape,
  columns: readonly string[],
  rows: readonly string[],
): Promise<void> {
  const types = new Map(shape.columns.map(({ name, type }) => [name, type]));
  const names = sql.join(columns.map((name) => sql.id(name)));
  const values = sql.join(
    columns.map((name, index) => sql`(item ->> ${sql.lit(index)})::${sql.raw(types.get(name) ?? 'text')}`),
  );
  await sql`
    insert into ${sql.id(shape.name)} (${names}) overriding system value
    select ${values} from jsonb_array_elements(${`[${rows.join(',')}]`}::jsonb) as item`.execute(trx);
}

/** Has values written in one form, whatever the settings of the server or the role. */
export async function fixTextForms(trx: Transaction<Database>): Promise<void> {
  await sql`
    select set_config('DateStyle', 'ISO, YMD', true), set_config('TimeZone', 'UTC', true),
      set_config('IntervalStyle', 'postgres', true), set_config('bytea_output', 'hex', true),
      set_config('extra_float_digits', '1', true), set_config('idle_in_transaction_session_timeout', '0', true)
  `.execute(trx);
}
