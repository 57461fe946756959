import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import { ownTables } from './own-tables.ts';

/** A table as it is in a database of any version. */
export interface TableShape {
  name: string;
  /** Without generated ones, which the database fills in. In the table's order. */
  columns: ColumnShape[];
  /** The columns of the primary key; empty: there is none. */
  key: string[];
}

export interface ColumnShape {
  name: string;
  /** As a cast names it: `timestamp(3) with time zone`. */
  type: string;
}

/** Polylogue's tables that exist, by name. */
export async function findTableShapes(db: Kysely<Database>): Promise<TableShape[]> {
  const { rows } = await sql<{ table: string; column: string; type: string; key: number | null }>`
    select relname as table, attname as column, format_type(atttypid, atttypmod) as type,
      array_position(conkey, attnum) as key
    from pg_class
    join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
    left join pg_constraint on conrelid = pg_class.oid and contype = 'p'
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname = any(${ownTables})
    order by relname collate "C", attnum`.execute(db);
  const shapes = new Map<string, TableShape>();
  for (const { table, column, type, key } of rows) {
    const shape = shapes.get(table) ?? { name: table, columns: [], key: [] };
    shapes.set(table, shape);
    shape.columns.push({ name: column, type });
    if (key !== null) shape.key[key - 1] = column;
  }
  return [...shapes.values()];
}

/** The names of other programs' tables in the same schema. */
export async function findForeignTables(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
      and relname <> all(${[...ownTables, 'kysely_migration']})
      and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
    order by relname`.execute(db);
  return rows.map(({ name }) => name);
}

/** Where a sequence stands. */
export interface SequencePlace {
  sequence: string;
  last: number;
  /** Whether `last` was given out already. */
  isCalled: boolean;
}

/** Where the sequences of Polylogue's tables stand. */
export async function findSequencePlaces(db: Kysely<Database>): Promise<SequencePlace[]> {
  const { rows } = await sql<{ sequence: string }>`
    select sequence.relname as sequence from pg_class as sequence
    join pg_depend on objid = sequence.oid and deptype in ('a', 'i')
    join pg_class as owner on owner.oid = refobjid
    where sequence.relkind = 'S' and sequence.relnamespace = current_schema()::regnamespace
      and owner.relname = any(${ownTables})
    order by sequence.relname`.execute(db);
  const places: SequencePlace[] = [];
  for (const { sequence } of rows) {
    const place = await sql<{ last: number; isCalled: boolean }>`
      select last_value as last, is_called as "isCalled" from ${sql.id(sequence)}`.execute(db);
    if (place.rows[0]) places.push({ sequence, ...place.rows[0] });
  }
  return places;
}

export async function setSequencePlace(
  db: Kysely<Database>,
  { sequence, last, isCalled }: SequencePlace,
): Promise<void> {
  await sql`select setval(quote_ident(${sequence})::regclass, ${last}, ${isCalled})`.execute(db);
}
