import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { endlessOnDisk, heavy } from '../setup/heavy-statements.ts';
import { ask, followDocument } from './asking.ts';

/** Writes a piece every few milliseconds until it is stopped. */
const endlessModel: LanguageModel = {
  async stream({ signal }, onPart) {
    while (!signal.aborted) {
      onPart({ type: 'text', text: 'and on ' });
      await delay(5);
    }
    throw new Error('stopped');
  },
  async listModels() {
    return [];
  },
};

describeDatabases('a busy database', (database) => {
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({ database: database(), languageModels: { mock: endlessModel } });
    member = await app.newMember();
  });
  afterAll(() => app?.close());

  it.each(['ws', 'sse'] as const)('does not hold up a stream over %s', async (over) => {
    const { turn } = await ask(member, { prompt: 'Go on and on', modelIds: ['mock/swift'] });
    let deltas = 0;
    let deltasMeanwhile = 0;
    let busy: Promise<unknown> | undefined;
    for await (const { data } of member.subscribe(over, followDocument, { turnId: turn.id })) {
      if (data.streamResponse.__typename !== 'TextDelta') continue;
      deltas += 1;
      busy ??= sql
        .raw(heavy)
        .execute(database().db)
        .then(() => {
          deltasMeanwhile = deltas - 1;
          return member.gql('mutation ($id: ID!) { stopResponses(turnId: $id) { id } }', { id: turn.id });
        });
    }
    await busy;
    // A stream that is held up brings one at most, however fast the machine is with the statement.
    expect(deltasMeanwhile).toBeGreaterThan(3);
  });

  it('ends only the statement that timed out, and keeps its session', async () => {
    const { db } = database();
    await db.connection().execute(async (connection) => {
      await sql`create temporary table session_of_mine ()`.execute(connection);
      await sql`set statement_timeout = '300ms'`.execute(connection);
      const error = await sql
        .raw(endlessOnDisk)
        .execute(connection)
        .catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: '57014' });
      await sql`set statement_timeout = '30s'`.execute(connection);
      expect((await sql`select * from session_of_mine`.execute(connection)).rows).toEqual([]);
    });
  });

  it('has a statement timeout of at most 30 seconds', async () => {
    const { rows } = await sql<{ ms: number }>`
      select setting::int as ms from pg_settings where name = 'statement_timeout'`.execute(database().db);
    expect(rows[0]?.ms).toBeGreaterThan(0);
    expect(rows[0]?.ms).toBeLessThanOrEqual(30_000);
  });
});
