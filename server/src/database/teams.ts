import type { Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';

export type TeamRow = Selectable<Database['team']>;

export async function findTeam(db: Kysely<Database>, id: string): Promise<TeamRow | undefined> {
  return db.selectFrom('team').selectAll().where('id', '=', id).executeTakeFirst();
}
