import { sql } from 'kysely';
import { describe, expect, inject, it } from 'vitest';
import { migrate, SchemaTooNewError } from '../src/database/migrate.ts';
import { migrations } from '../src/database/migrations/index.ts';
import { openDatabase } from '../src/database/open.ts';
import { describeDatabases, testLog as log, openCopy } from './setup/describe-databases.ts';

describeDatabases('migrating', (database) => {
  it('is done with nothing to do when the schema is up to date', async () => {
    const names = () => sql<{ name: string }>`select name from kysely_migration order by name`.execute(database().db);
    const before = await names();
    expect(before.rows.map(({ name }) => name)).toEqual(Object.keys(migrations).sort());
    await migrate(database().db, log);
    expect(await names()).toEqual(before);
  });

  it('is refused, by name, on a schema newer than the code', async () => {
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

describe.skipIf(!inject('databases').postgres)('on a fresh Postgres', () => {
  it('brings up every one of several processes that start at once', async () => {
    const first = await openCopy('nothing');
    const others = await Promise.all([1, 2, 3].map(() => openDatabase({ databaseUrl: first.url, dataDir: '', log })));
    await Promise.all([first, ...others].map(({ db }) => migrate(db, log)));
    for (const { db } of others) {
      expect(await db.selectFrom('user').selectAll().execute()).toEqual([]);
    }
    for (const { close } of others) await close();
    await first.close();
  });
});
