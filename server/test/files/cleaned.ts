import { type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { eventually } from '../eventually.ts';

/** Waits until the cleaner has removed every content that no file has, so that what is counted then stays. */
export async function cleaned(db: Kysely<Database>): Promise<void> {
  await eventually(async () => {
    const { rows } = await sql`
      select key from file_removal where removed_at is null
      union all select key from file_content where not exists (
        select from file where hash in (content_hash, text_hash, thumbnail_hash))`.execute(db);
    expect(rows).toEqual([]);
  });
}
