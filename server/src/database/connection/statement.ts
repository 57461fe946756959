import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from '../database.ts';

/*
 * Why this file is here: a function that only builds a statement looks like one that carries it out. What builds one is
 * named `…Statement` and takes no database; what carries one out is a verb, takes a database and is awaited.
 */

/**
 * A statement that was built and not sent: `execute` and `sendTogether` send it. To await one in their place
 * is an error of the compiler, to drop one an error of the linter (scripts/checks/unsent-statements.grit).
 */
export interface Statement<Row = unknown> extends CompiledQuery<Row> {
  /** Exists for the compiler alone, which does not let anybody await what has such a method. */
  then(unsent: never): never;
}

/** Sends the statement. */
export async function execute<Row>(db: Kysely<Database>, statement: Statement<Row>): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(statement);
  return rows;
}

/** Something to look at: the statement that finds it, and how its rows are read. */
export interface Look<Row, Seen> {
  statement: Statement<Row>;
  read(rows: Row[]): Seen;
}

/** A look at a row; null where there is none. */
export function oneRow<Row>(statement: Statement<Row>): Look<Row, Row | null> {
  return { statement, read: ([row]) => row ?? null };
}

/** A look at all rows. */
export function allRows<Row>(statement: Statement<Row>): Look<Row, Row[]> {
  return { statement, read: (rows) => rows };
}
