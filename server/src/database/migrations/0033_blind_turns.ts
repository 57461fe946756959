import { type Kysely, sql } from 'kysely';

/**
 * What a blind turn counts as held until its models are revealed. Charges would tell the models apart, so that its member
 * sees neither them nor what they leave of the holds.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table turn
      -- The account that pays for the blind turn. There is no foreign key: the ledger has none to turns either.
      add column credit_account_id uuid,
      -- Credits that each of its answers counts as held.
      add column lane_hold bigint not null default 0 check (lane_hold between 0 and 9007199254740991),
      add check (blind or (credit_account_id is null and lane_hold = 0))`.execute(db);
  await sql`create index turn_hidden_account on turn (credit_account_id) where blind and revealed_at is null`.execute(
    db,
  );
}
