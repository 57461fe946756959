import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { describe, expect, inject, it } from 'vitest';
import { plainly } from '../../src/config/plain-errors.ts';
import { MissingRightsError, migrate, SchemaTooNewError } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { migrations } from '../../src/database/migrations/index.ts';
import { checkAuditChain } from '../../src/domain/people/audit-chain.ts';
import { describeDatabases, testLog as log, openCopy } from '../setup/describe-databases.ts';
import { openBefore } from '../setup/earlier-database.ts';

describeDatabases('migrating', (database) => {
  it('changes nothing when the schema is up to date', async () => {
    const names = () => sql<{ name: string }>`select name from kysely_migration order by name`.execute(database().db);
    const before = await names();
    expect(before.rows.map(({ name }) => name)).toEqual(Object.keys(migrations).sort());
    await migrate(database().db, log);
    expect(await names()).toEqual(before);
  });

  it('folds texts without a search path, as a restored dump does', async () => {
    const folded = await database()
      .db.transaction()
      .execute(async (trx) => {
        await sql`set local search_path = ''`.execute(trx);
        return sql<{
          folded: string;
        }>`select public.fold_for_search(text) as folded from (values ('Ä b')) as given (text)`.execute(trx);
      });
    expect(folded.rows).toEqual([{ folded: ' a b ' }]);
  });

  it('is refused on a schema newer than the code, with the names of the unknown migrations', async () => {
    const { db } = database();
    await sql`insert into kysely_migration values ('9999_from_the_future', '')`.execute(db);
    const error = await migrate(db, log).catch((cause: unknown) => cause);
    await sql`delete from kysely_migration where name = '9999_from_the_future'`.execute(db);
    expect(error).toBeInstanceOf(SchemaTooNewError);
    expect(error).toMatchObject({ unknown: ['9999_from_the_future'] });
  });

  it('leaves nothing behind when a migration fails', async () => {
    const { db } = database();
    migrations['9998_broken'] = {
      async up(trx) {
        await trx.schema.createTable('half_made').addColumn('id', 'text').execute();
        throw new Error('broken');
      },
    };
    try {
      await expect(migrate(db, log)).rejects.toThrow('broken');
    } finally {
      delete migrations['9998_broken'];
    }
    expect((await sql`select to_regclass('half_made') as it`.execute(db)).rows).toEqual([{ it: null }]);
    await migrate(db, log);
  });
});

describe('data of an earlier release', () => {
  it.each(inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const))(
    'has its charges counted in the month’s charges of each account (%s)',
    { timeout: 60_000 },
    async (kind) => {
      const { db, close } = await openBefore('0005_invitations', kind);
      await db.transaction().execute(async (trx) => {
        await sql`insert into "user" (id, name, email) values ('one', 'One', 'one@example.org'), ('two', 'Two', 'two@example.org')`.execute(
          trx,
        );
        await sql`insert into credit_account (user_id, balance) values ('one', 70), ('two', 0)`.execute(trx);
        const entries = [
          ['GRANT', 100, 100, '0 days'],
          ['CHARGE', -10, 90, '40 days'],
          ['CHARGE', -15, 75, '0 days'],
          ['CHARGE', -5, 70, '0 days'],
        ] as const;
        for (const [kind, amount, after, age] of entries) {
          await sql`insert into credit_entry (user_id, kind, amount, balance_after, response_id, created_at)
            values ('one', ${kind}, ${amount}, ${after}, ${kind === 'CHARGE' ? newId() : null}, now() - ${age}::interval)`.execute(
            trx,
          );
        }
      });
      await migrate(db, log);
      const accounts = await db
        .selectFrom('credit_account')
        .select(['user_id', 'charged'])
        .orderBy('user_id')
        .execute();
      expect(accounts).toEqual([
        { user_id: 'one', charged: 20 },
        { user_id: 'two', charged: 0 },
      ]);
      expect((await sql`select monthly_credits() as spent`.execute(db)).rows).toEqual([{ spent: 20 }]);
      const users = await db.selectFrom('user').select(['id', 'admitted_as', 'invitation_id']).orderBy('id').execute();
      expect(users[0]).toEqual({ id: 'one', admitted_as: 'OPEN', invitation_id: null });
      await close();
    },
  );

  it('gets the scopes READ and PROMPT for API keys, loses sessions of suspended members and direction marks in names', {
    timeout: 60_000,
  }, async () => {
    const { db, close } = await openBefore('0007_api_key_scopes');
    await sql`insert into "user" (id, name, email, suspended) values
      ('a', ${'\u202eAnn\u2066 Lee'}, 'ann@example.org', false), ('b', ${'\u202e'}, 'bob@example.org', true)`.execute(
      db,
    );
    for (const id of ['a', 'b']) {
      await sql`insert into session (id, user_id, token, expires_at) values (${id}, ${id}, ${id}, now() + interval '1 day')`.execute(
        db,
      );
      await sql`insert into api_key (id, user_id, config_id, name, key, created_at, updated_at)
        values (${id}, ${id}, 'default', ${'K\u202eey'}, ${id}, now(), now())`.execute(db);
    }
    await migrate(db, log);
    expect(await db.selectFrom('user').select('name').orderBy('id').execute()).toEqual([
      { name: 'Ann Lee' },
      { name: 'bob' },
    ]);
    expect(await db.selectFrom('session').select('user_id').execute()).toEqual([{ user_id: 'a' }]);
    expect(await db.selectFrom('api_key').select(['name', 'scopes', 'expires_at']).execute()).toEqual(
      Array(2).fill({ name: 'Key', scopes: ['READ', 'PROMPT'], expires_at: null }),
    );
    await close();
  });

  it('has all entries of its audit log chained, but those that still count', { timeout: 60_000 }, async () => {
    const { db, close } = await openBefore('0019_people');
    await sql`
      insert into audit_entry (actor_id, action, target, note, period, occurrences) values
      (null, 'setTier', 'ann@example.org', 'FREE → PRO', null, 1),
      (null, 'signInFailed', 'ann@example.org', '3 times', now() - interval '1 day', 3),
      (null, 'signInFailed', 'ann@example.org', null, now(), 1),
      (null, 'setModel', null, null, null, 1)`.execute(db);
    await migrate(db, log);
    expect(await checkAuditChain(db)).toMatchObject({ entries: 3, counting: 1, broken: null });
    await close();
  });

  it('keeps the chosen answer of a turn as the shown one of its lane, even beside a later version', {
    timeout: 60_000,
  }, async () => {
    const { db, close } = await openBefore('0008_lane_versions');
    await sql`insert into "user" (id, name, email) values ('a', 'Ann', 'ann@example.org')`.execute(db);
    const [conversation, older, newest, none] = [newId(), newId(), newId(), newId()];
    await sql`insert into conversation (id, user_id, title, titled_by_user, model_ids) values (${conversation}::uuid, 'a', 'T', false, '{}')`.execute(
      db,
    );
    const versions = ['first', 'second', 'third'].map((text) => ({ text, id: newId() }));
    for (const [depth, turn] of [older, newest, none].entries()) {
      await sql`insert into turn (id, conversation_id, user_id, depth, prompt)
        values (${turn}::uuid, ${conversation}::uuid, 'a', ${depth}, 'P')`.execute(db);
    }
    const write = (turn: string, lane: number, text: string, age: number, id: string = newId()) =>
      sql`insert into response (id, turn_id, conversation_id, user_id, lane, regenerated, model_id, status, text,
          input_tokens_expected, credits_held, credits_charged, finished_at, created_at)
        values (${id}::uuid, ${turn}::uuid, ${conversation}::uuid, 'a', ${lane}, ${age < 9}, 'mock/swift', 'COMPLETED', ${text}, 1, 1, 1, now(),
          now() - ${`${age} minutes`}::interval)`.execute(db);
    for (const [index, { text, id }] of versions.entries()) await write(older, 1, text, 9 - index, id);
    for (const turn of [older, newest, none]) await write(turn, 0, `lane 0 of ${turn}`, 9);
    const last = newId();
    await write(newest, 1, 'before', 9);
    await write(newest, 1, 'last', 2, last);
    await sql`update turn set chosen_response_id = ${versions[1]?.id}::uuid where id = ${older}::uuid`.execute(db);
    await sql`update turn set chosen_response_id = ${last}::uuid where id = ${newest}::uuid`.execute(db);
    await migrate(db, log);
    expect(await db.selectFrom('turn').select('chosen_lane').orderBy('depth').execute()).toEqual([
      { chosen_lane: 1 },
      { chosen_lane: 1 },
      { chosen_lane: null },
    ]);
    const { rows } = await sql<{ text: string }>`
      select distinct on (turn_id, lane) text from response
      order by turn_id, lane, coalesce(chosen_at, created_at) desc`.execute(db);
    const shown = [`lane 0 of ${older}`, 'second', `lane 0 of ${newest}`, 'last', `lane 0 of ${none}`];
    expect(rows.map(({ text }) => text).sort()).toEqual(shown.sort());
    await close();
  });
});

describe.skipIf(!inject('databases').postgres)('migrating a fresh Postgres', () => {
  it('succeeds for several processes that start at once', async () => {
    const first = await openCopy('nothing');
    const others = await Promise.all([1, 2, 3].map(() => openDatabase({ databaseUrl: first.url, dataDir: '', log })));
    await Promise.all([first, ...others].map(({ db }) => migrate(db, log)));
    for (const { db } of others) {
      expect(await db.selectFrom('user').selectAll().execute()).toEqual([]);
    }
    for (const { close } of others) await close();
    await first.close();
  });

  it('reports in plain words which rights the role lacks, and succeeds once they are granted', async () => {
    const owned = await openCopy('nothing');
    const role = `polylogue_guest_${process.pid}`;
    const run = (statement: string) => sql.raw(statement).execute(owned.db);
    await run(`create role ${role} login password 'guest'`);
    // Databases from Postgres 15 on are created without this right.
    await run('revoke create on schema public from public');
    for (const extension of ['btree_gin', 'pg_trgm']) await run(`create extension ${extension}`);
    const address = Object.assign(new URL(owned.url), { username: role, password: 'guest' });
    const guest = await openDatabase({ databaseUrl: address.href, dataDir: '', log });
    try {
      const error = await migrate(guest.db, log).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(MissingRightsError);
      const database = address.pathname.slice(1);
      const said = String(plainly(error));
      expect(said).toContain(`The role "${role}" of DATABASE_URL may not create tables in the schema "public"`);
      expect(said).toContain(`alter database ${database} owner to ${role}`);
      expect(said).not.toContain('guest@');
      await run(`revoke usage on schema public from public`);
      await expect(migrate(guest.db, log)).rejects.toThrow(MissingRightsError);
      await run(/grant create, usage on schema public to \w+/.exec(said)?.[0] ?? '');
      await migrate(guest.db, log);
      expect(await guest.db.selectFrom('user').selectAll().execute()).toEqual([]);
    } finally {
      await guest.close();
      await run(`drop owned by ${role} cascade`);
      await run(`drop role ${role}`);
      await owned.close();
    }
  });
});
