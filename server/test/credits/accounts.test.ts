import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { ForbiddenError } from '../../src/domain/ground/errors.ts';
import type { TierId } from '../../src/domain/ground/tiers.ts';
import { lockAccount, renewAccount } from '../../src/domain/money/credits.ts';
import { adjustCredits, setRole, setSuspended, setTier } from '../../src/domain/people/administration.ts';
import type { Member } from '../../src/domain/people/members.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, startHouse, until } from './house.ts';
import { createScriptedModel } from './scripted-model.ts';

const catalogue = labCatalogue(
  { plain: {} },
  { FREE: { monthlyCredits: 1000 }, PRO: { monthlyCredits: 5000 }, ENTERPRISE: { monthlyCredits: 20_000 } },
);

describeDatabases('a credit account', (database) => {
  const notifications = { publish: () => {} };
  const books = () => ({ db: database().db, catalogue, notifications });
  const accountOf = (member: Member) =>
    renewAccount(database().db, { userId: member.id, tier: tierOf(catalogue, member) });
  const entriesOf = async ({ id }: Member) =>
    (
      await database()
        .db.selectFrom('credit_entry')
        .innerJoin('credit_account', 'credit_account.id', 'credit_entry.credit_account_id')
        .select(['kind', 'amount', 'note'])
        .where('user_id', '=', id)
        .orderBy('credit_entry.id')
        .execute()
    ).map(({ kind, amount, note }) => [kind, amount, note]);
  const tier = (member: Member, id: TierId) => setTier(books(), 'operator', { userId: member.id, tier: id });
  const adjust = (member: Member, amount: number) =>
    adjustCredits(books(), 'operator', { userId: member.id, amount, note: 'Test' });

  /** Moves the last top-up so many months back (negative: ahead). */
  async function passMonths({ id }: Member, months: number) {
    await sql`update credit_account set topped_up_month = topped_up_month - ${months} * interval '1 month'
      where user_id = ${id}`.execute(database().db);
  }

  it('is topped up to its tier’s level at its first use in a month, whatever was left', async () => {
    const member = await addMember(database());
    expect(await accountOf(member)).toMatchObject({ balance: 1000, held: 0 });
    await accountOf(member);
    await adjust(member, -300);
    await passMonths(member, 1);
    expect(await accountOf(member)).toMatchObject({ balance: 1000 });
    await adjust(member, 4000);
    await passMonths(member, 1);
    expect(await accountOf(member)).toMatchObject({ balance: 5000 });
    expect(await entriesOf(member)).toEqual([
      ['GRANT', 1000, 'Monthly credits'],
      ['ADJUSTMENT', -300, 'Test'],
      ['GRANT', 300, 'Monthly credits'],
      ['ADJUSTMENT', 4000, 'Test'],
    ]);
  });

  it('renews at the beginning of the next month in UTC', async () => {
    const { renewsAt } = await accountOf(await addMember(database()));
    const now = new Date();
    expect(renewsAt).toEqual(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)));
  });

  it('is not topped up again by a transaction that still lives in the previous month', async () => {
    const member = await addMember(database());
    await accountOf(member);
    await adjust(member, -400);
    await passMonths(member, -1);
    expect(await accountOf(member)).toMatchObject({ balance: 600 });
    expect(await tier(member, 'FREE')).toMatchObject({ tier: 'FREE' });
    await passMonths(member, 1);
    expect(await accountOf(member)).toMatchObject({ balance: 600 });
  });

  it('gets a dearer plan’s credits at once, keeps them on a cheaper plan, and gains nothing by switching back and forth', async () => {
    const member = await addMember(database());
    await accountOf(member);
    await adjust(member, -900);
    await tier(member, 'PRO');
    await adjust(member, -2000);
    await tier(member, 'FREE');
    await tier(member, 'PRO');
    expect(await entriesOf(member)).toEqual([
      ['GRANT', 1000, 'Monthly credits'],
      ['ADJUSTMENT', -900, 'Test'],
      ['GRANT', 4900, expect.stringContaining('Change to')],
      ['ADJUSTMENT', -2000, 'Test'],
    ]);
    await tier(member, 'ENTERPRISE');
    expect(await accountOf({ ...member, tier: 'ENTERPRISE' })).toMatchObject({ balance: 20_000 });
    await tier(member, 'FREE');
    await passMonths(member, 1);
    expect(await accountOf(member)).toMatchObject({ balance: 20_000 });
  });

  it('is created and topped up once, however many first uses happen at once', async () => {
    for (let round = 0; round < 10; round++) {
      const member = await addMember(database());
      await Promise.all(Array.from({ length: 8 }, () => accountOf(member)));
      await adjust(member, -1000);
      await passMonths(member, 1);
      await Promise.all(
        Array.from({ length: 8 }, (_, index) => (index % 2 ? accountOf(member) : tier(member, 'FREE'))),
      );
      expect(await accountOf(member)).toMatchObject({ balance: 1000 });
      expect((await entriesOf(member)).length).toBe(3);
    }
  });

  it('is never adjusted below the available credits', async () => {
    const { db } = database();
    const member = await addMember(database());
    const languageModel = createScriptedModel();
    const house = await startHouse({
      database: database(),
      catalogue: labCatalogue({ plain: { prices: { input: 0 } } }),
      languageModel,
    });
    await adjust(member, 9000);
    await house.prompts.send(member, { prompt: 'What now?', parameters: { maxOutputTokens: 100 } });
    const { balance, held } = await accountOf(member);
    expect(held).toBeGreaterThan(0);
    await expect(adjust(member, -(balance - held) - 1)).rejects.toMatchObject({
      name: 'InvalidInputError',
      field: 'amount',
    });
    await adjust(member, -(balance - held));
    await expect(adjust(member, -1)).rejects.toMatchObject({ name: 'InvalidInputError', field: 'amount' });
    await expect(adjust(member, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ name: 'InvalidInputError' });
    await expect(adjust(member, 0)).rejects.toMatchObject({ name: 'InvalidInputError' });
    expect(await accountOf(member)).toMatchObject({ balance: held, held });
    await house.end();
    await expectReconciled(db);
  });

  it.each(['credit_entry', 'receipt'] as const)('cannot have its %s changed, not even by SQL', async (table) => {
    const { db } = database();
    for (const statement of [
      `update ${table} set credit_account_id = credit_account_id`,
      `delete from ${table}`,
      `truncate ${table}`,
      `truncate ${table} cascade`,
    ]) {
      await expect(sql.raw(statement).execute(db)).rejects.toMatchObject({
        code: '23001',
        message: `${table} is append-only`,
      });
    }
    await expect(sql`truncate "user" cascade`.execute(db)).rejects.toMatchObject({ code: '23001' });
  });

  it('cannot have a balance that differs from its entries', async () => {
    const { db } = database();
    const member = await addMember(database());
    const { id: credit_account_id } = await accountOf(member);
    const { id } = member;
    const entry = { credit_account_id, kind: 'ADJUSTMENT' as const, response_id: null, note: null };
    const refused = { code: '23514' };
    await expect(
      db.updateTable('credit_account').set({ balance: 1001 }).where('user_id', '=', id).execute(),
    ).rejects.toMatchObject(refused);
    await expect(
      db.updateTable('credit_account').set({ held: 1001 }).where('user_id', '=', id).execute(),
    ).rejects.toMatchObject(refused);
    await expect(
      db.updateTable('credit_account').set({ held: -1 }).where('user_id', '=', id).execute(),
    ).rejects.toMatchObject(refused);
    await expect(
      db
        .insertInto('credit_entry')
        .values({ ...entry, amount: 5, balance_after: 1005 })
        .execute(),
    ).rejects.toMatchObject(refused);
    await expect(
      db
        .insertInto('credit_entry')
        .values({ ...entry, amount: 5, balance_after: 1000 })
        .execute(),
    ).rejects.toMatchObject(refused);
    await expect(
      db.transaction().execute(async (trx) => {
        await trx.updateTable('credit_account').set({ balance: 1005 }).where('user_id', '=', id).execute();
        await trx
          .insertInto('credit_entry')
          .values({ ...entry, amount: 4, balance_after: 1005 })
          .execute();
      }),
    ).rejects.toMatchObject(refused);
    const stranger = await addMember(database());
    await expect(
      db.insertInto('credit_account').values({ user_id: stranger.id, balance: 7 }).execute(),
    ).rejects.toMatchObject(refused);
    expect(await accountOf(member)).toMatchObject({ balance: 1000 });
    await expectReconciled(db);
  });

  it('cannot be charged twice for one response', async () => {
    const { db } = database();
    const member = await addMember(database());
    const { id: credit_account_id } = await accountOf(member);
    const response_id = '01890000-0000-7000-8000-000000000000';
    const chargeTwice = db.transaction().execute(async (trx) => {
      for (const balance of [990, 980]) {
        await trx.updateTable('credit_account').set({ balance }).where('user_id', '=', member.id).execute();
        await trx
          .insertInto('credit_entry')
          .values({ credit_account_id, kind: 'CHARGE', amount: -10, balance_after: balance, response_id, note: null })
          .execute();
      }
    });
    await expect(chargeTwice).rejects.toMatchObject({ code: '23505' });
  });

  it('can be adjusted while a prompt is being admitted, without a deadlock', async () => {
    const { db, kind } = database();
    const member = await addMember(database());
    await accountOf(member);
    let adjusting: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await lockAccount(trx, { userId: member.id, tier: tierOf(catalogue, member) });
      // The embedded database has one connection, which admits transactions one by one.
      if (kind === 'postgres') {
        adjusting = adjust(member, 10);
        await until(async () => {
          const { rows } = await sql<{ waiting: number }>`
            select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
            db,
          );
          return rows[0]?.waiting === 1;
        }, 'the adjustment waits for the account');
      }
      await trx
        .insertInto('conversation')
        .values({
          id: member.id,
          user_id: member.id,
          title: 'New',
          titled_by_user: false,
          model_ids: [],
          system_prompt: null,
        })
        .execute();
    });
    await (adjusting ?? adjust(member, 10));
    expect(await accountOf(member)).toMatchObject({ balance: 1010 });
  });

  it('a prompt is refused if its member was suspended meanwhile, or has lost the tier for it', async () => {
    const languageModel = createScriptedModel();
    const offered = labCatalogue({ plain: {}, better: { minimumTier: 'PRO' } });
    const house = await startHouse({ database: database(), catalogue: offered, languageModel });
    const member = await addMember(database(), { tier: 'PRO' });
    const other = await addMember(database(), { role: 'ADMIN' });
    await house.prompts.send(member, { prompt: 'What now?', modelIds: ['lab/better'] });
    await setTier(house, other, { userId: member.id, tier: 'FREE' });
    await expect(house.prompts.send(member, { prompt: 'What now?', modelIds: ['lab/better'] })).rejects.toMatchObject({
      name: 'TierLimitError',
      requiredTier: 'PRO',
    });
    await setSuspended(house, other, { userId: member.id, suspended: true });
    expect(languageModel.open).toEqual([]);
    await expect(house.prompts.send(member, { prompt: 'What now?' })).rejects.toBeInstanceOf(ForbiddenError);
    expect(languageModel.requests.length).toBe(1);
    await house.end();
  });

  it('a member who is suspended while sending has nothing running and nothing held afterwards', async () => {
    const languageModel = createScriptedModel();
    const house = await startHouse({ database: database(), catalogue, languageModel, leaseMs: 3000 });
    const admin = await addMember(database(), { role: 'ADMIN' });
    for (let round = 0; round < 10; round++) {
      const member = await addMember(database());
      await adjust(member, 100_000);
      const sending = Array.from({ length: 4 }, () =>
        house.prompts.send(member, { prompt: 'What now?' }).catch(() => null),
      );
      const suspending = setSuspended(house, admin, { userId: member.id, suspended: true });
      await Promise.all([...sending, suspending]);
      await until(() => languageModel.open.length === 0, 'nothing runs');
      await until(async () => (await accountOf(member)).held === 0, 'nothing is held');
    }
    await house.end();
    await expectReconciled(database().db);
  });

  it('one admin remains even if two admins demote or suspend each other at once', async () => {
    const { db } = database();
    for (let round = 0; round < 10; round++) {
      await db.updateTable('user').set({ role: 'USER' }).execute();
      const one = await addMember(database(), { role: 'ADMIN' });
      const two = await addMember(database(), { role: 'ADMIN' });
      const act = round % 2 === 0 ? demote : suspend;
      const results = await Promise.allSettled([act(one, two), act(two, one)]);
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: expect.any(ForbiddenError) });
    }
    async function demote(actor: Member, { id }: Member) {
      await setRole(books(), actor, { userId: id, role: 'USER' });
    }
    async function suspend(actor: Member, { id }: Member) {
      await setSuspended({ ...books(), generation: { runs: () => false, stop: async () => {} } } as never, actor, {
        userId: id,
        suspended: true,
      });
    }
  });
});
