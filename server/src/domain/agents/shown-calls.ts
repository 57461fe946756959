import type { Kysely } from 'kysely';
import { findShownToolCallsWithin } from '../../database/agents/tool-calls.ts';
import type { Database } from '../../database/database.ts';
import { shownResult } from './answer-context.ts';

/** The arguments and the result of a call, as its member reads them. */
export interface ShownCall {
  id: string;
  /** JSON. */
  arguments: string;
  /** Null: there is none. */
  result: string | null;
  /** Whether they did not fit into the bytes asked for, and were left out. */
  withheld: boolean;
}

/** Loads the texts of calls of the member's answers, at most `bytesMax` in all. */
export async function loadShownCalls(
  { db }: { db: Kysely<Database> },
  userId: string,
  wanted: { ids: readonly string[]; bytesMax: number },
): Promise<ShownCall[]> {
  const rows = await findShownToolCallsWithin(db, userId, wanted);
  return rows.map(({ id, arguments: json, result, withheld }) => ({
    id,
    arguments: json,
    result: shownResult({ result }),
    withheld,
  }));
}
