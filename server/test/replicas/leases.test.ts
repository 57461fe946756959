import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { lockMemberAccount } from '../../src/database/credits.ts';
import { deleteAllConversations } from '../../src/domain/conversations/deletion.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { killCatalogue } from '../credits/kill-order.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';

const modelIds = ['lab/plain'];

describe.runIf(inject('databases').postgres)('leases', () => {
  let database: TestDatabase;
  let houses: House[];
  beforeEach(async () => {
    database = await openCopy('template');
    houses = [];
  });
  afterEach(async () => {
    for (const house of houses) await house.end();
    await database.close();
  });

  it('are renewed while another process’s answer cannot be made final', async () => {
    const leaseMs = 600;
    const gone = await open(leaseMs);
    const [theirs, ours] = [await addMember(database), await addMember(database)];
    await gone.prompts.send(theirs, { prompt: 'Left', modelIds });
    await gone.freeze();
    const here = await open(leaseMs);
    await here.prompts.send(ours, { prompt: 'Running', modelIds });

    let seen = '';
    await database.db.transaction().execute(async (trx) => {
      // A process that was paused in the middle of a settlement holds the lock like this.
      await lockMemberAccount(trx, theirs.id);
      await until(async () => (await leaseOf(theirs.id)).lease_owner === here.generation.owner, 'the lease is taken');
      const since = (await leaseOf(ours.id)).lease_until?.getTime() ?? 0;
      await until(async () => {
        seen = (await leaseOf(ours.id)).status;
        return ((await leaseOf(ours.id)).lease_until?.getTime() ?? 0) > since + leaseMs;
      }, 'the lease is renewed again and again');
    });
    expect(seen).toBe('STREAMING');
    await until(async () => (await leaseOf(theirs.id)).status === 'INTERRUPTED', 'the one that was left is final');
  });

  it('are not taken by a starting process if they expired while the database was away', async () => {
    const leaseMs = 3000;
    const here = await open(leaseMs);
    const member = await addMember(database);
    await here.prompts.send(member, { prompt: 'Running', modelIds });
    await until(async () => (await leaseOf(member.id)).status === 'STREAMING', 'it runs');
    await database.db
      .updateTable('response')
      .set({ lease_until: new Date(Date.now() - 60_000) })
      .execute();
    await open(leaseMs);
    expect((await leaseOf(member.id)).lease_owner).toBe(here.generation.owner);
    await until(
      async () => ((await leaseOf(member.id)).lease_until?.getTime() ?? 0) > Date.now(),
      'who writes it has renewed its lease',
    );
    expect((await leaseOf(member.id)).lease_owner).toBe(here.generation.owner);
  });

  it('hundreds of leases that expired long ago are all taken at once, and a requested stop is carried out', async () => {
    const gone = await open(60_000);
    const member = await addMember(database);
    await gone.prompts.send(member, { prompt: 'Left', modelIds });
    await gone.freeze();
    // The leases expired more milliseconds ago than an integer can count.
    await sql`
      update response set created_at = now() - interval '30 days', lease_until = now() - interval '30 days'`.execute(
      database.db,
    );
    await sql`
      insert into response (id, turn_id, conversation_id, user_id, credit_account_id, lane, model_id, status,
        input_tokens_expected, credits_held, lease_owner, lease_until, created_at, stop_requested)
      select gen_random_uuid(), turn_id, conversation_id, user_id, credit_account_id, n, model_id, 'STREAMING', 10, 0, gen_random_uuid(),
        lease_until, created_at, n = 1 from response, generate_series(1, 250) as n`.execute(database.db);
    const here = await open(60_000);
    await here.leases.recover();
    const rows = await database.db.selectFrom('response').select(['status', 'lane']).orderBy('lane').execute();
    expect(rows.map(({ status }) => status)).toEqual(['INTERRUPTED', 'STOPPED', ...Array(249).fill('INTERRUPTED')]);
    expect(await database.db.selectFrom('credit_account').select('held').execute()).toEqual([{ held: 0 }]);
    expect(await deleteAllConversations(here, member.id)).toBe(1);
  });

  async function open(leaseMs: number): Promise<House> {
    const languageModel = createScriptedModel();
    const house = await startHouse({ database, catalogue: killCatalogue({ growing: false }), languageModel, leaseMs });
    houses.push(house);
    return house;
  }

  function leaseOf(userId: string) {
    return database.db
      .selectFrom('response')
      .select(['status', 'lease_owner', 'lease_until'])
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow();
  }
});
