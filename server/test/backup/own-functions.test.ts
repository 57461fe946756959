import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { dropEverything } from '../../src/database/backup/loading.ts';
import { ownFunctions } from '../../src/database/backup/own-functions.ts';
import { migrate } from '../../src/database/connection/migrate.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';

describeDatabases('what a restore drops', (database) => {
  async function functions(): Promise<string[]> {
    const { rows } = await sql<{ name: string }>`
      select distinct proname as name from pg_proc where pronamespace = current_schema()::regnamespace
      and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e') order by 1`.execute(
      database().db,
    );
    return rows.map(({ name }) => name);
  }

  it('is every function of the migrations, and none that the operator has made', async () => {
    const { db } = database();
    expect(await functions()).toEqual([...ownFunctions].sort());
    await sql`create function operators_own() returns integer language sql return 1`.execute(db);
    await db.transaction().execute((trx) => dropEverything(trx));
    expect(await functions()).toEqual(['operators_own']);
    await migrate(db, testLog);
    expect(await functions()).toEqual([...ownFunctions, 'operators_own'].sort());
  });
});
