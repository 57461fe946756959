import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from '../database.ts';

/*
 * Why this file is here: a function that only builds a statement looks like one that executes it. A function that
 * builds one is named `…Statement` and takes no database. A function that executes one is named by a verb, takes a
 * database and is awaited.
 */

/**
 * A statement that is built but not sent: `execute` and `sendTogether` send it. The compiler refuses code
 * that awaits a statement itself, and the linter refuses code that drops one (scripts/checks/unsent-statements.grit).
 */
export interface Statement<Row = unknown> extends CompiledQuery<Row> {
  /** Exists only for the compiler, which lets nobody await a value with such a method. */
  then(unsent: never): never;
}

/** Sends the statement, and resolves with its rows. */
export async function execute<Row>(db: Kysely<Database>, statement: Statement<Row>): Promise<Row[]> {
  const { rows } = await db.executeQuery<Row>(statement);
  return rows;
}

/** A question to the database: the statement that asks it, and the function that reads the rows. */
export interface Look<Row, Seen> {
  statement: Statement<Row>;
  read(rows: Row[]): Seen;
}

/** A look at the statement's first row; null if there is none. */
export function oneRow<Row>(statement: Statement<Row>): Look<Row, Row | null> {
  return { statement, read: ([row]) => row ?? null };
}

/** A look at all of the statement's rows. */
export function allRows<Row>(statement: Statement<Row>): Look<Row, Row[]> {
  return { statement, read: (rows) => rows };
}
