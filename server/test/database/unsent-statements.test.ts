import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { sendTogether } from '../../src/database/connection/pipelining.ts';
import { prepare } from '../../src/database/connection/prepared.ts';
import { execute, oneRow } from '../../src/database/connection/statement.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const noteStatement = prepare(
  (_db, { word }: { word: string }) => sql<{ word: string }>`insert into note values (${word}) returning word`,
);

describeDatabases('a statement', (database) => {
  it('does not compile if it is awaited, and is not sent if it is only built', async () => {
    const { db } = database();
    await sql`create table note (word text)`.execute(db);
    const built = noteStatement({ word: 'built' });
    // @ts-expect-error: a statement cannot be awaited
    await built;
    // @ts-expect-error: a statement cannot be returned from an async function, which would await it
    const careless = async () => noteStatement({ word: 'returned' });
    await careless();
    expect(await execute(db, noteStatement({ word: 'sent' }))).toEqual([{ word: 'sent' }]);
    const { together } = await sendTogether(db, { together: noteStatement({ word: 'together' }) });
    expect(together).toEqual([{ word: 'together' }]);
    expect((await sql`select word from note`.execute(db)).rows).toEqual([{ word: 'sent' }, { word: 'together' }]);
  });

  it('read as one row gives null if there is no row', () => {
    expect(oneRow(noteStatement({ word: 'none' })).read([])).toBe(null);
  });
});
