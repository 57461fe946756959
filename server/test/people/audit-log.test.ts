import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertAuditEntry } from '../../src/database/audit.ts';
import { eraseAuditNames } from '../../src/database/people/audit-chain.ts';
import { checkAuditChain, checkAuditChainThrough } from '../../src/domain/people/audit-chain.ts';
import { type Client, connect, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases, type TestDatabase } from '../setup/describe-databases.ts';

const chain = `{ admin { auditChain {
  entries erased counting since position hash broken { position reason entry { action } }
} } }`;

describeDatabases('the audit log', (database) => {
  let app: TestApp;
  let admin: Client;
  beforeAll(async () => {
    app = await startApp({ database: database() });
    admin = await app.newMember('Admin');
    const { db } = database();
    for (let index = 0; index < 3; index++) await insertAuditEntry(db, entry(`first ${index}`));
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const entry = (target: string) => ({ actor_id: null, action: 'setTier', target, note: 'FREE → PRO: ünï“codé”' });

  it('is unbroken from its first entry on, and says so to an admin', async () => {
    const { auditChain } = (await admin.gql(chain)).admin;
    expect(auditChain).toMatchObject({ entries: 3, erased: 0, counting: 0, position: 3, broken: null });
    expect(auditChain.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(auditChain.since)).toBeLessThanOrEqual(Date.now());
  });

  it('refuses to change, delete or truncate an entry', async () => {
    const { db } = database();
    for (const statement of [
      sql`update audit_entry set note = 'FREE → FREE'`,
      sql`update audit_entry set note = null`,
      sql`update audit_entry set position = 99`,
      sql`update audit_entry set created_at = now()`,
      sql`delete from audit_entry`,
      sql`truncate audit_entry`,
    ]) {
      await expect(statement.execute(db)).rejects.toThrow(/append-only|cannot be changed/);
    }
  });

  it('keeps one order of entries that many transactions write at once', async () => {
    const { db } = database();
    const writing = [...Array(24)].map((_, index) =>
      db.transaction().execute(async (trx) => {
        await insertAuditEntry(trx, entry(`at once ${index}`));
        await insertAuditEntry(trx, entry(`at once ${index}, too`));
      }),
    );
    await Promise.all(writing);
    expect(await checkAuditChain(db)).toMatchObject({ entries: 51, broken: null, head: { position: 51 } });
  });

  it('takes an entry that counts into the chain once its period is over', async () => {
    const { db } = database();
    await sql`
      insert into audit_entry (actor_id, action, target, note, period, occurrences) values
      (null, 'signInFailed', 'long ago', '8 times, last from 127.0.0.1', now() - interval '1 hour', 8),
      (null, 'signInFailed', 'just now', 'from 127.0.0.1', date_bin('15 minutes', now(), 'epoch'), 1)`.execute(db);
    expect(await checkAuditChain(db)).toMatchObject({ entries: 52, counting: 1, broken: null });
    await sql`update audit_entry set occurrences = 2, note = '2 times' where target = 'just now'`.execute(db);
    await expect(sql`update audit_entry set occurrences = 9 where target = 'long ago'`.execute(db)).rejects.toThrow(
      'cannot be changed',
    );
  });

  it('lets others write while the names of an entry that counts are being erased, and takes it in afterwards', async () => {
    const { db, url } = database();
    // The embedded database has one transaction at a time.
    if (url === null) return;
    const before = await checkAuditChain(db);
    await sql`alter table audit_entry disable trigger audit_entry_is_chained`.execute(db);
    await sql`
      insert into audit_entry (actor_id, action, target, note, period)
      values (null, 'signInFailed', 'leaver@example.org', 'from 127.0.0.1', now() - interval '1 hour')`.execute(db);
    await sql`alter table audit_entry enable trigger audit_entry_is_chained`.execute(db);
    await db.transaction().execute(async (trx) => {
      await eraseAuditNames(trx, { email: 'leaver@example.org', after: 0, until: null });
      await insertAuditEntry(db, entry('another, whose commit waits for nobody'));
      await insertAuditEntry(trx, entry('the one that erases'));
    });
    const after = await checkAuditChain(db);
    expect(after).toMatchObject({ entries: before.entries + 3, erased: before.erased + 1, broken: null });
  });

  it('tells which entry was changed, missing, or put in between by somebody with all rights on the database', async () => {
    const { db } = database();
    const noted = (await checkAuditChain(db)).head ?? { position: 0, hash: '' };
    expect((await checkAuditChainThrough(db, noted)).broken).toBeNull();
    for (const [statement, broken] of [
      [sql`update audit_entry set note = 'nothing' where position = 5`, { position: 5, reason: /note was changed/ }],
      [sql`update audit_entry set action = 'setRole' where position = 6`, { position: 6, reason: /It was changed/ }],
      [sql`update audit_entry set actor_id = (select id from "user" limit 1) where position = 7`, { position: 7 }],
      [sql`delete from audit_entry where position = 8`, { position: 8, entryId: null, reason: /missing/ }],
      [sql`delete from audit_entry where position < 3`, { position: 1, entryId: null, reason: /missing/ }],
      [
        sql`update audit_entry set position = -position where position in (9, 10);
            update audit_entry set position = 19 + position where position in (-9, -10)`,
        { position: 9 },
      ],
    ] as const) {
      const found = await afterTampering(database(), statement, () => checkAuditChain(db));
      expect(found.broken).toMatchObject({
        position: broken.position,
        ...('entryId' in broken && { entryId: broken.entryId }),
        ...('reason' in broken && { reason: expect.stringMatching(broken.reason) }),
      });
    }
    const cut = sql`delete from audit_entry where position >= 40`;
    const check = async () => [await checkAuditChain(db), await checkAuditChainThrough(db, noted)];
    const [alone, through] = await afterTampering(database(), cut, check);
    expect([alone?.broken, through?.broken]).toEqual([
      null,
      { ...noted, hash: undefined, entryId: null, reason: expect.any(String) },
    ]);
    expect((await checkAuditChain(db)).broken).toBeNull();
  });

  it('is read by an auditor, with figures and accounts, and nothing is changed by one', async () => {
    const auditor = await app.newMember('Auditor');
    const member = await app.newMember('Member');
    const { users } = (await admin.gql('{ admin { users(first: 100) { edges { node { id email } } } } }')).admin;
    const idOf = ({ email }: Client) => users.edges.find(({ node }: { node: Client }) => node.email === email).node.id;
    const setRole = 'mutation ($id: ID!, $role: Role!) { setRole(userId: $id, role: $role) { role } }';
    const { secret } = (await auditor.gql('mutation { createApiKey(name: "k") { secret } }')).createApiKey;
    await admin.gql(setRole, { id: idOf(auditor), role: 'AUDITOR' });

    const seen = await auditor.gql(
      `{ viewer { role } admin { usage { total { credits } } users { totalCount } auditLog(first: 1) { edges { node {
        action target note actor { email } } } } auditChain { broken { reason } } } }`,
    );
    expect(seen.viewer.role).toBe('AUDITOR');
    expect(seen.admin.auditChain.broken).toBeNull();
    expect(seen.admin.auditLog.edges[0].node).toEqual({
      action: 'setRole',
      target: auditor.email,
      note: 'USER → AUDITOR',
      actor: { email: admin.email },
    });
    const csv = await fetch(`${app.url}/export/admin/usage.csv`, { headers: { cookie: auditor.cookie } });
    expect(csv.status).toBe(200);

    const id = idOf(member);
    for (const [document, variables] of [
      [setRole, { id, role: 'ADMIN' }],
      [setRole, { id: idOf(auditor), role: 'ADMIN' }],
      ['mutation ($id: ID!) { setTier(userId: $id, tier: PRO) { id } }', { id }],
      ['mutation ($id: ID!) { setSuspended(userId: $id, suspended: true) { id } }', { id }],
      ['mutation ($id: ID!) { adjustCredits(userId: $id, amount: 1, note: "x") { id } }', { id }],
      ['mutation { setModelEnabled(modelId: "mock/swift", enabled: false) { id } }', {}],
      ['mutation { createInvitation(input: {}) { url } }', {}],
      ['{ invitations { url } }', {}],
    ] as const) {
      expect((await auditor.post(document, variables)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    // A key that was made before does not show everybody's figures now.
    const byKey = await connect(app.url, { key: secret }).post('{ admin { users { totalCount } } }');
    expect(byKey.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await member.post('{ admin { auditChain { entries } } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

/** Does what the database refuses by itself, looks, and undoes it. */
async function afterTampering<Seen>(
  { db }: TestDatabase,
  statement: ReturnType<typeof sql>,
  look: () => Promise<Seen>,
): Promise<Seen> {
  const guards = (state: string) => [
    sql`alter table audit_entry ${sql.raw(state)} trigger audit_entry_is_final`,
    sql`alter table audit_entry ${sql.raw(state)} trigger audit_entry_append_only`,
  ];
  await sql`create table kept as select * from audit_entry`.execute(db);
  for (const guard of guards('disable')) await guard.execute(db);
  for (const part of statement.compile(db).sql.split(';')) await sql.raw(part).execute(db);
  const seen = await look();
  await sql`alter table audit_entry disable trigger audit_entry_is_chained`.execute(db);
  await sql`delete from audit_entry`.execute(db);
  await sql`insert into audit_entry overriding system value select * from kept`.execute(db);
  await sql`alter table audit_entry enable trigger audit_entry_is_chained`.execute(db);
  for (const guard of guards('enable')) await guard.execute(db);
  await sql`drop table kept`.execute(db);
  return seen;
}
