import { randomUUID } from 'node:crypto';
import { emptyCheckpoint } from '@langchain/langgraph/web';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { createCheckpointPool } from '../../src/database/agents/checkpoint-pool.ts';
import { createCheckpointer } from '../../src/domain/agents/langgraph.ts';
import { AnswerLost, StepBook } from '../../src/domain/agents/step-book.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('the tables of checkpoints', (database) => {
  it('are written by nobody who does not have the answer', async () => {
    const { db } = database();
    const [id, owner] = [randomUUID(), randomUUID()];
    const book = await StepBook.open(db, id, owner);
    const checkpointer = await createCheckpointer(db, (trx) => book.requireOwned(trx));
    const config = { configurable: { thread_id: id } };
    const writing = checkpointer.put(config, emptyCheckpoint(), { source: 'loop', step: 1, parents: {} }, {});
    await expect(writing).rejects.toThrow(AnswerLost);
    const writes = checkpointer.putWrites(
      { configurable: { thread_id: id, checkpoint_id: 'one' } },
      [['calls', 1]],
      'task',
    );
    await expect(writes).rejects.toThrow(AnswerLost);
    for (const table of ['checkpoints', 'checkpoint_blobs', 'checkpoint_writes'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });

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
