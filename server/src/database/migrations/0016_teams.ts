import { type Kysely, sql } from 'kysely';

/**
 * Teams get members, limits and a list of models. What a member was charged in the month of the last charge stands
 * beside the membership, as with API keys. A membership that ends keeps its row: answers may still be running, and
 * whoever comes back in the same month has spent what they have spent.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table team
      add archived boolean not null default false,
      -- Null: each member may spend all that the team has.
      add member_monthly_credits bigint check (member_monthly_credits >= 0),
      -- Null: all models.
      add model_ids text[] check (cardinality(model_ids) > 0),
      -- Null: conversations that the team pays for are kept as long as all others.
      add retention_days integer check (retention_days between 1 and 36500)
  `.execute(db);
  await sql`
    create table team_member (
      team_id uuid not null references team (id),
      user_id text not null references "user" (id) on delete cascade,
      owner boolean not null default false,
      joined_at timestamptz(3) not null default now(),
      -- Null: is a member.
      left_at timestamptz(3),
      charged_month date,
      charged bigint not null default 0 check (charged >= 0),
      primary key (team_id, user_id),
      constraint team_member_owns check (not owner or left_at is null)
    )`.execute(db);
  await sql`create index team_member_user on team_member (user_id)`.execute(db);

  // Null: the member pays.
  await sql`alter table conversation add payer_team_id uuid references team (id)`.execute(db);
  await sql`alter table api_key add payer_team_id uuid references team (id)`.execute(db);
  await sql`create index receipt_account_created on receipt (credit_account_id, created_at)`.execute(db);
  await inviteToTeams(db);
}

async function inviteToTeams(db: Kysely<unknown>): Promise<void> {
  await sql`alter table invitation add team_id uuid references team (id)`.execute(db);
  // A trigger before the insert could not name the user, who is not there yet. A team that is archived or full (see
  // TEAM_MEMBERS_MAX) is no reason to keep somebody out: they sign up without it.
  await sql`
    create function user_joins_team() returns trigger language plpgsql as $$
    begin
      insert into team_member (team_id, user_id)
      select team.id, new.id from invitation join team on team.id = invitation.team_id
      where invitation.id = new.invitation_id and not team.archived
        and (select count(*) from team_member where team_id = team.id and left_at is null) < 1000;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger user_joins_team after insert on "user"
    for each row when (new.invitation_id is not null) execute function user_joins_team()
  `.execute(db);
}
