import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectReconciled } from '../credits/audit.ts';
import { until } from '../credits/house.ts';
import { modelIds, prepareReplicas, type Replicas } from '../replicas/replicas.ts';
import { connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { becomes, look, newSet, run } from './evaluation-house.ts';

const prompts = Array.from({ length: 50 }, (_, index) => `What about question ${index}?`);

describe.runIf(inject('databases').postgres)('an evaluation whose server is killed', () => {
  let database: TestDatabase & { url: string };
  let wire: WireServer;
  let replicas: Replicas;
  beforeAll(async () => {
    database = await openCopy('template');
    wire = await startWireServer();
    const env = { LEASE_SECONDS: '1', MOCK_PACE: '10' };
    replicas = await prepareReplicas({ databaseUrl: database.url, wire, env });
  });
  afterAll(async () => {
    await replicas?.close();
    await wire?.close();
    await database?.close();
  });

  it('twice, with 50 prompts to 4 models, goes on by itself in the next server, and charges each answer once', {
    timeout: 120_000,
  }, async () => {
    const first = await replicas.start();
    const member = await signUp(first.url);
    const setId = await newSet(member, prompts);
    const id = await run(member, { setId, modelIds: ['mock/swift', 'mock/poet', ...modelIds] });
    const endedAt = async (url: string) => (await look(connect(url, member), id)).progress.ended;
    await until(async () => (await endedAt(first.url)) >= 8, 'it has begun', 30_000);
    await first.kill();
    const second = await replicas.start();
    const before = await endedAt(second.url);
    await until(async () => (await endedAt(second.url)) >= before + 8, 'it goes on', 30_000);
    await second.kill();
    const third = await replicas.start();
    const there = connect(third.url, member);
    const { progress, sums } = await becomes(there, id, 'DONE');
    expect(progress).toMatchObject({ prompts: 50, waiting: 0, running: 0, ended: 50, refused: 0 });
    expect(sums.map(({ answers }: { answers: number }) => answers)).toEqual([50, 50, 50, 50]);
    const completed = sums.reduce((sum: number, cell: { completed: number }) => sum + cell.completed, 0);
    // Only what was half-written at the two deaths is not complete; what had not begun was asked for again.
    expect(completed + progress.cutOff).toBe(200);
    expect(progress.cutOff).toBeLessThanOrEqual(2 * 8);

    await expectReconciled(database.db);
    const { rows } = await sql`
      select (select count(*) from turn) as turns,
        (select count(*) from (select distinct turn_id, lane from response) as lanes) as answers,
        (select count(*) from (
          select turn_id, lane from response where credits_charged > 0 group by turn_id, lane having count(*) > 1
        ) as twice) as twice,
        (select count(*) from response) - (select count(distinct response_id) from receipt) as without,
        (select sum(credits)::int8 from receipt) as charged, (select sum(held)::int8 from credit_account) as held
    `.execute(database.db);
    expect(rows).toEqual([{ turns: 50, answers: 200, twice: 0, without: 0, charged: progress.credits, held: 0 }]);
    await third.stop();
  });
});
