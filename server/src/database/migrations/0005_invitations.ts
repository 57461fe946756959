import { type Kysely, sql } from 'kysely';

/** Adds invitations, counts of strangers' attempts, and a sum of what all accounts spend in a month. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createInvitation(db);
  await admitUsers(db);
  await createAttemptCount(db);
  await countMonthlyCredits(db);
}

async function createInvitation(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table invitation (
      id uuid primary key,
      -- Null: the operator.
      created_by text references "user" (id),
      -- The plan of the accounts that it makes.
      tier text not null check (tier in ('FREE', 'PRO', 'ENTERPRISE')),
      uses integer not null default 0 check (uses >= 0),
      -- Null: any number.
      uses_max integer check (uses_max > 0),
      expires_at timestamptz(3),
      revoked_at timestamptz(3),
      created_at timestamptz(3) not null default now(),
      constraint invitation_not_overused check (uses <= uses_max)
    )`.execute(db);
  await sql`create index invitation_created on invitation (created_at desc, id desc)`.execute(db);
}

/**
 * A sign-up names the way by which it is admitted, and the insert itself holds it to that: two who sign up at the same
 * moment cannot both be the first, nor both use the last place of an invitation.
 */
async function admitUsers(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table "user"
      add admitted_as text not null default 'OPEN'
        check (admitted_as in ('FIRST', 'OPEN', 'DOMAIN', 'INVITATION', 'OPERATOR')),
      add invitation_id uuid references invitation (id),
      add constraint user_invited check ((admitted_as = 'INVITATION') = (invitation_id is not null))
  `.execute(db);
  await sql`create index user_invitation on "user" (invitation_id) where invitation_id is not null`.execute(db);

  // Triggers fire in the order of their names: this one comes after user_first_is_admin, which has the lock already if
  // there is no user yet.
  await sql`
    create function user_is_admitted() returns trigger language plpgsql as $$
    declare
      used invitation;
    begin
      if new.admitted_as = 'FIRST' then
        perform pg_advisory_xact_lock(hashtext('polylogue.first-admin'));
        if exists (select from "user") then
          raise exception 'somebody was first' using errcode = 'PL001';
        end if;
      end if;
      if new.admitted_as = 'INVITATION' then
        update invitation set uses = uses + 1
        where id = new.invitation_id and revoked_at is null and coalesce(expires_at > now(), true)
          and coalesce(uses < uses_max, true)
        returning * into used;
        if not found then
          raise exception 'the invitation is not valid any more' using errcode = 'PL002';
        end if;
        new.tier := used.tier;
        insert into audit_entry (actor_id, action, target, note)
        values (used.created_by, 'invite', new.email, 'by invitation ' || right(used.id::text, 12) || ', plan ' || used.tier);
      end if;
      return new;
    end $$
  `.execute(db);
  await sql`
    create trigger user_is_admitted before insert on "user" for each row execute function user_is_admitted()
  `.execute(db);
}

/** As rate-limiter-flexible asks for it: `expire` in ms since 1970, by the clock of the process that wrote it. */
async function createAttemptCount(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table attempt_count (
      key text primary key,
      points integer not null default 0,
      expire bigint
    )`.execute(db);
  await sql`create index attempt_count_expire on attempt_count (expire)`.execute(db);
}

/**
 * What an account was charged in the month of its last charge stands beside its balance, and changes with it. So the
 * spending of a month is one sum over the accounts, and there is no row that everybody writes.
 */
async function countMonthlyCredits(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table credit_account
      add charged_month date,
      add charged bigint not null default 0 check (charged >= 0)
  `.execute(db);
  await sql`
    update credit_account set charged_month = date_trunc('month', now() at time zone 'UTC'), charged = sum
    from (
      select user_id, -sum(amount) as sum from credit_entry
      where kind = 'CHARGE' and created_at >= date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'
      group by user_id
    ) as charges
    where charges.user_id = credit_account.user_id
  `.execute(db);

  await sql`
    create function monthly_credits() returns bigint language sql stable as $$
      -- What a JavaScript number holds, at most.
      select least(coalesce(sum(held + case when charged_month >= this_month then charged else 0 end), 0),
        9007199254740991)::bigint
      from credit_account, (
        select date_trunc('month', statement_timestamp() at time zone 'UTC')::date as this_month offset 0
      ) as calendar
    $$
  `.execute(db);
  // The sum is a statement of its own behind the lock: at READ COMMITTED it sees what the previous holder committed.
  await sql`
    create function require_monthly_credits(most bigint) returns void language plpgsql as $$
    declare
      spent bigint;
    begin
      perform pg_advisory_xact_lock(hashtext('polylogue.monthly-credits'));
      select monthly_credits() into spent;
      if spent > most then
        raise exception 'the monthly credits of all accounts are spent' using errcode = 'PL003', detail = spent::text;
      end if;
    end $$
  `.execute(db);
}
