import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CompiledQuery,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  SingleConnectionProvider,
  sql,
} from 'kysely';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createPipelinedKysely, sendTogether } from '../../src/database/connection/pipelining.ts';
import type { Statement } from '../../src/database/connection/statement.ts';
import type { Database } from '../../src/database/database.ts';

/** A pool of one connection that writes down what it is sent, and answers when it is told to. */
function createSilentPool() {
  const sent: { text: string; answer(): void }[] = [];
  const client = {
    query: (text: string) =>
      new Promise((resolve) => {
        sent.push({ text, answer: () => resolve({ command: 'SELECT', rowCount: 0, rows: [] }) });
      }),
    release: () => {},
  };
  return {
    pool: { connect: async () => client, end: async () => {} } as unknown as PostgresPool,
    /** All that was sent so far. */
    async texts() {
      await nextTurn();
      return sent.map(({ text }) => text);
    },
    async answerAll() {
      for (let answered = 0; answered < sent.length; answered++) {
        sent[answered]?.answer();
        await nextTurn();
      }
    },
  };
}

const statement = (text: string) => CompiledQuery.raw(text) as unknown as Statement;

describe('Kysely has what database/connection/pipelining.ts overrides', () => {
  it('package.json names one version of Kysely, so that an update is somebody’s decision', () => {
    expect(packageJson.dependencies.kysely).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('PostgresDialect makes its driver by createDriver, and PostgresDriver begins a transaction by beginTransaction', () => {
    const { pool } = createSilentPool();
    expect(new PostgresDialect({ pool }).createDriver()).toBeInstanceOf(PostgresDriver);
    // The connection and the settings.
    expect(PostgresDriver.prototype.beginTransaction).toHaveLength(2);
  });

  it('a transaction’s executor gets a SingleConnectionProvider by withConnectionProvider', async () => {
    const { pool, answerAll } = createSilentPool();
    const db = createPipelinedKysely<Database>({ pool });
    const executor = db.getExecutor();
    const given: unknown[] = [];
    const withConnectionProvider = executor.withConnectionProvider.bind(executor);
    executor.withConnectionProvider = (provider) => {
      given.push(provider);
      return withConnectionProvider(provider);
    };
    const done = db.transaction().execute(async () => {});
    await nextTurn();
    await answerAll();
    await done;
    expect(given).toEqual([expect.any(SingleConnectionProvider)]);
  });

  it('a transaction’s first statements go out with its begin, before anything is answered', async () => {
    const { pool, texts, answerAll } = createSilentPool();
    const done = createPipelinedKysely<Database>({ pool })
      .transaction()
      .execute((trx) => Promise.all(['select 1', 'select 2'].map((text) => sql.raw(text).execute(trx))));
    expect(await texts()).toEqual(['begin', 'select 1', 'select 2']);
    await answerAll();
    await done;
    expect(await texts()).toEqual(['begin', 'select 1', 'select 2', 'commit']);
  });

  it('a transaction that fails is rolled back', async () => {
    const { pool, texts, answerAll } = createSilentPool();
    const done = createPipelinedKysely<Database>({ pool })
      .transaction()
      .execute(() => Promise.reject(new Error('no')));
    done.catch(() => {});
    expect(await texts()).toEqual(['begin', 'rollback']);
    await answerAll();
    await expect(done).rejects.toThrow('no');
  });

  it('statements that are sent together in a transaction go out at once, and the commit behind their answers', async () => {
    const { pool, texts, answerAll } = createSilentPool();
    const done = createPipelinedKysely<Database>({ pool })
      .transaction()
      .execute((trx) => sendTogether(trx, { one: statement('select 1'), two: statement('select 2') }));
    expect(await texts()).toEqual(['begin', 'select 1', 'select 2']);
    await answerAll();
    expect(await done).toEqual({ one: [], two: [] });
    expect(await texts()).toEqual(['begin', 'select 1', 'select 2', 'commit']);
  });
});
