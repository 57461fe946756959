import { setTimeout as delay } from 'node:timers/promises';
import { type CompiledQuery, sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accountTopic, createNotifications } from '../../src/domain/ground/notifications.ts';
import { until } from '../credits/house.ts';
import { openCopy, openTestDatabase, type TestDatabase, testLog } from '../setup/describe-databases.ts';

describe.runIf(inject('databases').postgres)('notifications', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openCopy('template');
  });
  afterAll(() => database?.close());

  it('are proven by a probe that was sent together with other topics', async () => {
    const sent: string[] = [];
    const slowly = async (query: CompiledQuery) => {
      sent.push(String(query.parameters[1]));
      await delay(20);
      return database.db.executeQuery(query);
    };
    const slow = { ...database, db: { executeQuery: slowly } as unknown as TestDatabase['db'] };
    const notifications = await createNotifications({
      database: slow,
      owner: newId(),
      log: testLog,
      probeIntervalMs: 50,
    });
    const publishing = setInterval(() => notifications.publish([accountTopic(newId())]), 3);
    try {
      await until(
        () => sent.filter((payload) => / account:.* probe:/.test(payload)).length > 5,
        'probes go with others',
      );
      await until(() => notifications.proven, 'they are proven');
    } finally {
      clearInterval(publishing);
      await notifications.close();
    }
    expect(sent.filter((payload) => payload.includes('probe:')).length).toBeGreaterThan(5);
  });

  it('leave no listeners behind after connections broke', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    let gaps = 0;
    const stop = await database.listen(
      'broken',
      () => {},
      () => void gaps++,
    );
    for (let broken = 1; broken <= 12; broken++) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'listen%'`.execute(database.db);
      await until(() => gaps === broken, 'it listens again');
    }
    await stop();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('notifications in a database of one process', () => {
  it('are proven from the start, as no other process exists', async () => {
    const database = await openTestDatabase('pglite');
    const notifications = await createNotifications({ database, owner: newId(), log: testLog });
    expect(notifications.proven).toBe(true);
    await notifications.close();
    await database.close();
  });
});
