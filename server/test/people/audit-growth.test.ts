import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { insertAuditEntry } from '../../src/database/audit.ts';
import { eraseAuditNames } from '../../src/database/people/audit-chain.ts';
import { insertUser, type UserRow } from '../../src/database/users.ts';
import { changePlan } from '../../src/domain/people/administration.ts';
import { createApiKey, revokeApiKey } from '../../src/domain/people/api-keys.ts';
import { checkAuditChain } from '../../src/domain/people/audit-chain.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('an audit log in which much is written', (database) => {
  it('takes counted entries into the chain in small steps, and all of them when it is checked', async () => {
    const { db } = database();
    await sql`
      insert into audit_entry (actor_id, action, target, note, period)
      select null, 'signInFailed', 'member' || index || '@example.org', 'from 127.0.0.1', now() - interval '1 hour'
      from generate_series(1, 450) as index`.execute(db);
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from audit_entry where position is not null`.execute(db);
    // Each of the rows takes in some when it is committed; a statement never takes more than 200.
    await sql`alter table audit_entry disable trigger audit_entry_is_chained`.execute(db);
    await sql`
      insert into audit_entry (actor_id, action, target, note, period)
      select null, 'signInFailed', 'another' || index || '@example.org', null, now() - interval '1 hour'
      from generate_series(1, 450) as index`.execute(db);
    await sql`alter table audit_entry enable trigger audit_entry_is_chained`.execute(db);
    await insertAuditEntry(db, { actor_id: null, action: 'setTier', target: 'x', note: null });
    const later = await sql<{ count: number }>`
      select count(*) as count from audit_entry where position is not null`.execute(db);
    expect(Number(later.rows[0]?.count) - Number(rows[0]?.count)).toBe(201);
    expect(await checkAuditChain(db)).toMatchObject({ entries: 901, counting: 0, broken: null });
  });

  it('erases each name in it, however often it is there, and no other', async () => {
    const { db } = database();
    await sql`alter table audit_entry disable trigger audit_entry_is_chained`.execute(db);
    await sql`
      insert into audit_entry (actor_id, action, target, note, period)
      select null, 'setTier', case when index % 2 = 0 then 'leaver@example.org' else 'team' end,
        case when index % 2 = 1 then 'owner Leaver@example.org, since “today”' end, now() - index * interval '1 day'
      from generate_series(1, 4200) as index`.execute(db);
    await sql`alter table audit_entry enable trigger audit_entry_is_chained`.execute(db);
    const other = { actor_id: null, action: 'setTier', target: 'y', note: 'not aleaver@example.org' };
    await insertAuditEntry(db, other);
    const before = await checkAuditChain(db);
    await db
      .transaction()
      .execute((trx) => eraseAuditNames(trx, { email: 'leaver@example.org', after: 0, until: null }));
    const after = await checkAuditChain(db);
    expect(after).toEqual({ ...before, erased: before.erased + 4200 });
    const { rows } = await sql<{ note: string }>`select note from audit_entry where target = 'y'`.execute(db);
    expect(rows).toEqual([{ note: other.note }]);
  });

  it('is filled by no member at will: keys and plans change at most 60 times an hour', async () => {
    const { db } = database();
    const row = { id: 'busy', email: 'busy@example.org', name: 'Busy', admitted_as: 'OPEN' as const };
    const user = (await db.transaction().execute((trx) => insertUser(trx, row))) as UserRow;
    const notifications = { publish() {} };
    for (let count = 0; count < 60; count++) {
      const { apiKeyId } = await createApiKey(db, user, { name: 'k' });
      await revokeApiKey({ db, notifications }, user, apiKeyId);
    }
    await expect(createApiKey(db, user, { name: 'k' })).rejects.toMatchObject({ name: 'RateLimitError' });
    const plans = { db, notifications, catalogue: labCatalogue({}) };
    for (let count = 0; count < 60; count++) await changePlan(plans, user, 'PRO');
    await expect(changePlan(plans, user, 'FREE')).rejects.toMatchObject({ name: 'RateLimitError' });
  });

  it('is broken by an entry that is not in the chain and counts nothing, or not for a long time yet', async () => {
    const { db } = database();
    const intact = await checkAuditChain(db);
    expect(intact.broken).toBeNull();
    for (const period of [null, '2999-01-01']) {
      await sql`alter table audit_entry disable trigger audit_entry_is_chained`.execute(db);
      await sql`
        insert into audit_entry (action, target, period) values ('setRole', ${period}, ${period}::timestamptz)`.execute(
        db,
      );
      await sql`alter table audit_entry enable trigger audit_entry_is_chained`.execute(db);
      const { broken } = await checkAuditChain(db);
      expect(broken).toMatchObject({
        entryId: expect.any(Number),
        reason: expect.stringContaining('not in the chain'),
      });
      await sql`alter table audit_entry disable trigger audit_entry_append_only`.execute(db);
      await sql`delete from audit_entry where id = ${broken?.entryId}`.execute(db);
      await sql`alter table audit_entry enable trigger audit_entry_append_only`.execute(db);
    }
  });
});
