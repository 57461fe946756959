import { sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/database/connection/migrate.ts';
import type { OpenDatabase } from '../../src/database/connection/open.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { NotFoundError } from '../../src/domain/ground/errors.ts';
import { renewAccount } from '../../src/domain/money/credits.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';
import { openBefore } from '../setup/earlier-database.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, startHouse, until } from './house.ts';
import { createScriptedModel } from './scripted-model.ts';

const catalogue = labCatalogue({ plain: {} }, { FREE: { monthlyCredits: 100_000 } });
const tier = tierOf(catalogue, { tier: 'FREE' });

describe.each(inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const))(
  'a ledger from before accounts had owners (%s)',
  (kind) => {
    let database: OpenDatabase;
    const [settled, running, deleted, conversation, turn] = [newId(), newId(), newId(), newId(), newId()];
    beforeAll(async () => {
      database = await openBefore('0010_credit_account_owners', kind);
      await fill();
      await migrate(database.db, testLog);
    }, 60_000);
    afterAll(() => database?.close());

    /** Ann has asked three times: one answer is paid, one is being written, and one is known to the ledger only. */
    async function fill(): Promise<void> {
      await database.db.transaction().execute(async (trx) => {
        await sql`insert into "user" (id, name, email) values
          ('ann', 'Ann', 'ann@example.org'), ('bob', 'Bob', 'bob@example.org'), ('new', 'New', 'new@example.org')`.execute(
          trx,
        );
        await sql`
          insert into credit_account (user_id, balance, held, topped_up_month, topped_up_to, charged_month, charged)
          values ('ann', 99740, 5000, date_trunc('month', now() at time zone 'UTC'), 100000,
            date_trunc('month', now() at time zone 'UTC'), 260), ('bob', 0, 0, null, 0, null, 0)`.execute(trx);
        for (const [kind, amount, after, response] of [
          ['GRANT', 100_000, 100_000, null],
          ['CHARGE', -120, 99_880, settled],
          ['CHARGE', -140, 99_740, deleted],
        ] as const) {
          await sql`insert into credit_entry (user_id, kind, amount, balance_after, response_id)
            values ('ann', ${kind}, ${amount}, ${after}, ${response})`.execute(trx);
        }
        await sql`insert into conversation (id, user_id, title, titled_by_user, model_ids)
          values (${conversation}::uuid, 'ann', 'Title', false, '{lab/plain}')`.execute(trx);
        await sql`insert into turn (id, conversation_id, user_id, depth, prompt)
          values (${turn}::uuid, ${conversation}::uuid, 'ann', 0, 'What now?')`.execute(trx);
        await sql`
          insert into response (id, turn_id, conversation_id, user_id, lane, model_id, status, text,
            input_tokens_expected, credits_held, credits_charged, finished_at, lease_owner, lease_until)
          values
            (${settled}::uuid, ${turn}::uuid, ${conversation}::uuid, 'ann', 0, 'lab/plain', 'COMPLETED', 'Paid', 20, 4000,
              120, now(), null, null),
            (${running}::uuid, ${turn}::uuid, ${conversation}::uuid, 'ann', 1, 'lab/plain', 'STREAMING', '', 20, 5000,
              null, null, gen_random_uuid(), now() - interval '1 minute')`.execute(trx);
        await sql`insert into response_chunk (response_id, part, start, content)
          values (${running}::uuid, 'text', 0, 'Half a '), (${running}::uuid, 'text', 7, 'word')`.execute(trx);
        for (const [response, outputTokens, credits] of [
          [settled, 25, 120],
          [deleted, 30, 140],
        ] as const) {
          await sql`
            insert into receipt (response_id, user_id, model_id, provider_id, status, input_tokens, cached_input_tokens,
              cache_write_input_tokens, output_tokens, reasoning_tokens, estimated, input_price, cached_input_price,
              cache_write_input_price, output_price, request_price, credits_held, credits, cost_usd)
            values (${response}::uuid, 'ann', 'lab/plain', 'lab', 'COMPLETED', 20, 0, 0, ${outputTokens}, 0, false, 1000000,
              100000, 1250000, 4000000, 0, 4000, ${credits}, ${credits / 1_000_000})`.execute(trx);
        }
      });
    }

    it('reconciles, and each entry, receipt and running response names its account', async () => {
      const { db } = database;
      await expectReconciled(db);
      const accounts = await db
        .selectFrom('credit_account')
        .select(['id', 'user_id', 'team_id', 'balance', 'held', 'topped_up_to', 'charged'])
        .orderBy('user_id')
        .execute();
      const [ann, bob] = accounts;
      expect(accounts).toEqual([
        {
          id: ann?.id,
          user_id: 'ann',
          team_id: null,
          balance: 99_740,
          held: 5000,
          topped_up_to: 100_000,
          charged: 260,
        },
        { id: bob?.id, user_id: 'bob', team_id: null, balance: 0, held: 0, topped_up_to: 0, charged: 0 },
      ]);
      expect(ann?.id).not.toBe(bob?.id);
      const entries = await db
        .selectFrom('credit_entry')
        .select(['credit_account_id', 'amount', 'balance_after', 'response_id'])
        .orderBy('id')
        .execute();
      expect(entries).toEqual([
        { credit_account_id: ann?.id, amount: 100_000, balance_after: 100_000, response_id: null },
        { credit_account_id: ann?.id, amount: -120, balance_after: 99_880, response_id: settled },
        { credit_account_id: ann?.id, amount: -140, balance_after: 99_740, response_id: deleted },
      ]);
      const receipts = await db.selectFrom('receipt').select(['user_id', 'credit_account_id']).execute();
      expect(receipts).toEqual(Array(2).fill({ user_id: 'ann', credit_account_id: ann?.id }));
      const responses = await db.selectFrom('response').select('credit_account_id').orderBy('lane').execute();
      expect(responses).toEqual([{ credit_account_id: null }, { credit_account_id: ann?.id }]);
    });

    it.each(['credit_entry', 'receipt'])('stays append-only in %s', async (table) => {
      await expect(
        sql.raw(`update ${table} set credit_account_id = credit_account_id`).execute(database.db),
      ).rejects.toMatchObject({ code: '23001' });
    });

    it('allows deleting a user without an account, but none with an account', async () => {
      const remove = (id: string) => database.db.deleteFrom('user').where('id', '=', id).execute();
      await expect(remove('ann')).rejects.toMatchObject({ code: '23503' });
      await expect(remove('bob')).rejects.toMatchObject({ code: '23503' });
      await remove('new');
      expect(await database.db.selectFrom('user').select('id').orderBy('id').execute()).toEqual([
        { id: 'ann' },
        { id: 'bob' },
      ]);
    });

    it('has the interrupted answer charged once and its hold released', { timeout: 60_000 }, async () => {
      const { db } = database;
      const house = await startHouse({ database, catalogue, languageModel: createScriptedModel(), leaseMs: 300 });
      await house.leases.recover();
      const response = db.selectFrom('response').selectAll().where('id', '=', running);
      await until(async () => (await response.executeTakeFirstOrThrow()).lease_until === null, 'it is final');
      const { status, text, credits_charged } = await response.executeTakeFirstOrThrow();
      expect([status, text]).toEqual(['INTERRUPTED', 'Half a word']);
      expect(credits_charged).toBeGreaterThan(0);
      expect(await renewAccount(db, { userId: 'ann', tier })).toMatchObject({
        balance: 99_740 - (credits_charged ?? 0),
        held: 0,
      });
      await house.end();
      await expectReconciled(db);
    });
  },
);

describeDatabases('a credit account', (database) => {
  const addTeam = async (monthlyCredits: number, ...members: { id: string }[]) => {
    const id = newId();
    await database().db.insertInto('team').values({ id, name: 'Team', monthly_credits: monthlyCredits }).execute();
    for (const { id: user_id } of members)
      await database().db.insertInto('team_member').values({ team_id: id, user_id }).execute();
    return id;
  };

  it('belongs to exactly one member or team, who has no other account', async () => {
    const { db } = database();
    const [{ id: one }, { id: other }] = [await addMember(database()), await addMember(database())];
    const teamId = await addTeam(0);
    const insert = (owner: { user_id?: string | null; team_id?: string }) =>
      db.insertInto('credit_account').values(owner).execute();
    await insert({ user_id: one });
    await insert({ team_id: teamId });
    await expect(insert({ user_id: one })).rejects.toMatchObject({ code: '23505' });
    await expect(insert({ team_id: teamId })).rejects.toMatchObject({ code: '23505' });
    await expect(insert({ user_id: null })).rejects.toMatchObject({ code: '23514' });
    await expect(insert({ user_id: other, team_id: await addTeam(0) })).rejects.toMatchObject({ code: '23514' });
    await expect(insert({ user_id: 'nobody' })).rejects.toMatchObject({ code: '23503' });
    await expect(insert({ team_id: newId() })).rejects.toMatchObject({ code: '23503' });
  });

  it('must exist for an entry and for a running response', async () => {
    const { db } = database();
    await expect(
      db
        .insertInto('credit_entry')
        .values({ credit_account_id: newId(), kind: 'GRANT', amount: 5, balance_after: 5 })
        .execute(),
    ).rejects.toMatchObject({ code: '23503' });
    const house = await startHouse({ database: database(), catalogue, languageModel: createScriptedModel() });
    const member = await addMember(database());
    await house.prompts.send(member, { prompt: 'What now?' });
    await expect(
      db.updateTable('response').set({ credit_account_id: null }).where('user_id', '=', member.id).execute(),
    ).rejects.toMatchObject({ code: '23514' });
    await house.end();
  });

  it('a team’s account pays for a member’s prompt, its regeneration and the conversation’s next prompt', async () => {
    const { db } = database();
    const languageModel = createScriptedModel();
    const house = await startHouse({ database: database(), catalogue, languageModel });
    const member = await addMember(database());
    const payer = { teamId: await addTeam(50_000, member) };
    const own = { userId: member.id, tier: tier };
    const turn = await house.prompts.send(member, { prompt: 'What now?', payer });
    const held = (await renewAccount(db, payer)).held;
    expect(held).toBeGreaterThan(0);
    expect(await renewAccount(db, own)).toMatchObject({ balance: 100_000, held: 0 });
    const finish = async () => {
      await until(() => languageModel.open.length > 0, 'the model is asked');
      languageModel.open[0]?.finish({
        inputTokens: 10,
        cachedInputTokens: 0,
        cacheWriteInputTokens: 0,
        outputTokens: 10,
        reasoningTokens: 0,
      });
      await until(async () => (await renewAccount(db, payer)).held === 0, 'it is settled');
    };
    await finish();
    expect(await renewAccount(db, payer)).toMatchObject({ balance: 50_000 - 50 });
    const { id } = await db
      .selectFrom('response')
      .select('id')
      .where('turn_id', '=', turn.id)
      .executeTakeFirstOrThrow();
    await house.prompts.regenerate(member, id, null);
    await finish();
    expect(await renewAccount(db, payer)).toMatchObject({ balance: 50_000 - 100 });
    const { conversation_id: conversationId } = turn;
    await house.prompts.send(member, { prompt: 'And now?', conversationId });
    expect((await renewAccount(db, payer)).held).toBeGreaterThan(0);
    expect(await renewAccount(db, own)).toMatchObject({ balance: 100_000, held: 0 });
    await finish();
    await house.prompts.send(member, { prompt: 'And I?', conversationId, payer: 'member' });
    expect(await renewAccount(db, payer)).toMatchObject({ balance: 50_000 - 150, held: 0 });
    expect((await renewAccount(db, own)).held).toBeGreaterThan(0);
    await house.end();
    await expectReconciled(db);
  });

  it('a team’s account limits the quotes and prompts that the team pays for', async () => {
    const { db } = database();
    const house = await startHouse({ database: database(), catalogue, languageModel: createScriptedModel() });
    const member = await addMember(database());
    const poor = { teamId: await addTeam(10, member) };
    const prompt = 'What now?';
    expect(await house.prompts.quote(member, { prompt })).toMatchObject({ affordable: true });
    expect(await house.prompts.quote(member, { prompt, payer: poor })).toMatchObject({ affordable: false });
    await expect(house.prompts.send(member, { prompt, payer: poor })).rejects.toMatchObject({
      name: 'TeamCreditsError',
      message: expect.stringMatching(/^The team Team has 10 credits available/),
      available: 10,
    });
    await expect(house.prompts.send(member, { prompt, payer: { teamId: newId() } })).rejects.toThrow(NotFoundError);
    await expect(house.prompts.quote(member, { prompt, payer: { teamId: newId() } })).rejects.toThrow(NotFoundError);
    expect(await db.selectFrom('turn').select('id').where('user_id', '=', member.id).execute()).toEqual([]);
    await house.end();
  });
});
