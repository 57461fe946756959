import { type Kysely, sql } from 'kysely';

/**
 * Stores which version of a lane is shown, and which response another one goes on from.
 *
 * A lane shows the version that was made or chosen last: the one whose `chosen_at`, else `created_at`, is the latest.
 * `chosen_lane` keeps the lane of the turn's chosen answer, since a later version of that lane takes its place.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table response add column chosen_at timestamptz(3)`.execute(db);
  await sql`alter table response add column continues_id uuid references response (id)`.execute(db);
  await sql`create index response_continues on response (continues_id) where continues_id is not null`.execute(db);
  await sql`alter table turn add column chosen_lane integer`.execute(db);
  await sql`
    update turn set chosen_lane = response.lane from response
    where response.id = turn.chosen_response_id and response.turn_id = turn.id`.execute(db);
  // An older version that was chosen is still the one that its lane shows and that models are sent.
  await sql`
    update response set chosen_at = latest.created_at + interval '1 millisecond'
    from turn, lateral (
      select max(version.created_at) as created_at from response version
      where version.turn_id = turn.id and version.lane = turn.chosen_lane
    ) as latest
    where response.id = turn.chosen_response_id and response.turn_id = turn.id
      and response.created_at < latest.created_at`.execute(db);
}
