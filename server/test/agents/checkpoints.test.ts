import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createCheckpointPool } from '../../src/database/agents/checkpoint-pool.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('the tables of checkpoints', (database) => {
  const tablesOf = async (schema: string) => {
    const { rows } = await sql`
      select table_name, column_name, data_type, is_nullable, column_default
      from information_schema.columns
      where table_schema = ${schema} and table_name in ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes')
      order by table_name, ordinal_position`.execute(database().db);
    const keys = await sql`
      select table_name, column_name from information_schema.key_column_usage
      where table_schema = ${schema} and table_name in ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes')
      order by table_name, ordinal_position`.execute(database().db);
    return { columns: rows, keys: keys.rows };
  };

  it('are those that the package would make', async () => {
    const pool = createCheckpointPool(database().db) as unknown as ConstructorParameters<typeof PostgresSaver>[0];
    await new PostgresSaver(pool, undefined, { schema: 'made_by_the_package' }).setup();
    const ours = await tablesOf('public');
    expect(ours.columns.length).toBeGreaterThan(10);
    expect(ours).toEqual(await tablesOf('made_by_the_package'));
  });
});
