import { type Kysely, sql } from 'kysely';

/** Branches of conversations that their members show to others, and what those who read them say of the answers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table share (
      id uuid primary key,
      -- What its address has: whoever knows it may read a share by link. 144 random bits.
      key text not null unique check (key ~ '^[A-Za-z0-9_-]{24}$'),
      user_id text not null references "user" (id) on delete cascade,
      conversation_id uuid not null references conversation (id) on delete cascade,
      -- The last turn that is shown; those before it are its ancestors. It goes with each of them.
      turn_id uuid not null references turn (id) on delete cascade,
      audience text not null check (audience in ('MEMBERS', 'LINK')),
      -- As the conversation was called when it was shared.
      title text not null,
      with_figures boolean not null,
      with_name boolean not null,
      -- Whether readers are asked which answer is best before they are told the models.
      asks_verdict boolean not null,
      expires_at timestamptz(3),
      created_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db);
  await sql`create index share_user on share (user_id, id)`.execute(db);
  await sql`create index share_conversation on share (conversation_id)`.execute(db);
  await sql`create index share_turn on share (turn_id)`.execute(db);
  // The version that each lane showed when the branch was shared. Final answers never change.
  await sql`
    create table share_answer (
      share_id uuid not null references share (id) on delete cascade,
      response_id uuid not null references response (id) on delete cascade,
      -- Whether readers are asked how it compares with others of the last turn.
      compared boolean not null,
      primary key (share_id, response_id)
    )`.execute(db);
  await sql`create index share_answer_response on share_answer (response_id)`.execute(db);
  await sql`
    create table share_verdict (
      share_id uuid not null references share (id) on delete cascade,
      -- A keyed hash of the reader's cookie.
      reader text not null,
      -- A keyed hash of their address; null: that had given one already, and this one does not count.
      address text,
      kind text not null check (kind in ('BEST', 'TIE', 'ALL_BAD')),
      best_ids uuid[] not null,
      primary key (share_id, reader),
      unique (share_id, address)
    )`.execute(db);
}
