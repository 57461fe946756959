import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection/open.ts';
import { createApiKey } from '../../src/domain/people/api-keys.ts';
import { expectReconciled } from '../credits/audit.ts';
import { addMember } from '../credits/house.ts';
import { connect, startApp, type TestApp } from '../setup/app.ts';
import { makeDataFolder, openCopy, testLog } from '../setup/describe-databases.ts';
import { startProcess } from '../setup/process.ts';

describe.each(inject('databases').postgres ? ['pglite', 'postgres'] : ['pglite'])(
  'the operator’s command (%s)',
  (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'polylogue-admin-'));
    let url = '';
    let drop = async () => {};
    beforeAll(async () => {
      if (kind === 'postgres') ({ url, close: drop } = await openCopy('template'));
      else makeDataFolder(folder);
      await withDatabase(async (database) => {
        await addMember(database, { email: 'ann@example.org', name: 'Ann', role: 'ADMIN' });
        await addMember(database, { email: 'bob@example.org', name: 'Bob\u001b[31m' });
      });
    });
    afterAll(async () => {
      await drop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Opens the database for a moment only, as the embedded database belongs to one process at a time. */
    async function withDatabase<Result>(use: (database: OpenDatabase) => Promise<Result>): Promise<Result> {
      const database = await openDatabase({ databaseUrl: url || null, dataDir: folder, log: testLog });
      try {
        return await use(database);
      } finally {
        await database.close();
      }
    }

    const admin = (...args: string[]) => adminOf(folder, args);

    async function adminOf(
      dataDir: string,
      args: string[],
      settings: Record<string, string> = url ? { DATABASE_URL: url } : {},
    ): Promise<{ code: number | string; lines: string[] }> {
      const { ended, output } = startProcess('src/admin.ts', args, { DATA_DIR: dataDir, ...settings }, folder);
      const code = await ended;
      return { code, lines: output().trimEnd().split('\n') };
    }

    it('adds accounts to a server with closed sign-up, and the first account is the admin’s', {
      timeout: 60_000,
    }, async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'polylogue-closed-'));
      const own = kind === 'postgres' ? await openCopy('template') : null;
      const settings = { ...(own && { DATABASE_URL: own.url }) };
      const open = () => openDatabase({ databaseUrl: own?.url ?? null, dataDir: elsewhere, log: testLog });
      if (!own) makeDataFolder(elsewhere);

      const add = (...args: string[]) => adminOf(elsewhere, ['add', ...args], settings);
      const first = await add('Ada@Example.org', 'Ada', 'Lovelace');
      expect(first).toMatchObject({
        code: 0,
        lines: [
          expect.stringMatching(/^The password: [\w-]{20}$/),
          expect.stringMatching(/^E-mail/),
          expect.stringMatching(/^ada@example\.org +Ada Lovelace +ADMIN +FREE +0 +0$/),
        ],
      });
      expect((await add('bob@example.org')).lines[2]).toMatch(/^bob@example\.org +bob +USER /);
      expect(await add('bob@example.org')).toMatchObject({
        code: 1,
        lines: [expect.stringMatching(/^There is an account/)],
      });
      expect(await add('bob')).toMatchObject({
        code: 1,
        lines: [expect.stringMatching(/^"bob" is not an e-mail address/)],
      });

      const database = await open();
      const app = await startApp({ database: { ...database, url: null }, env: { SIGN_UP: 'closed' } });
      const password = first.lines[0]?.replace('The password: ', '');
      const signIn = await fetch(`${app.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ada@example.org', password }),
      });
      expect(signIn.status).toBe(200);
      const { action, target } = await database.db
        .selectFrom('audit_entry')
        .selectAll()
        .orderBy('id')
        .limit(1)
        .executeTakeFirstOrThrow();
      expect([action, target]).toEqual(['addAccount', 'ada@example.org']);
      await app.close();
      await database.close();
      await own?.close();
      rmSync(elsewhere, { recursive: true, force: true });
    });

    it('grants and takes credits, sets tier and role, suspends and reinstates, and prints the account', {
      timeout: 60_000,
    }, async () => {
      expect(await admin('grant', 'Bob@Example.org', '1_000', 'for', 'the', 'workshop')).toEqual({
        code: 0,
        lines: [
          expect.stringMatching(/^E-mail +Name +Role +Tier +Credits +Held$/),
          expect.stringMatching(/^bob@example\.org +Bob\[31m +USER +FREE +2,001,000 +0$/),
        ],
      });
      expect((await admin('grant', 'bob@example.org', '-2,001,000', 'back')).lines[1]).toMatch(/ FREE +0 +0$/);
      expect((await admin('tier', 'bob@example.org', 'pro')).lines[1]).toMatch(/ PRO +20,000,000 /);
      expect((await admin('role', 'bob@example.org', 'ADMIN')).lines[1]).toMatch(/ ADMIN /);
      expect((await admin('suspend', 'ann@example.org')).lines[1]).toMatch(/ suspended$/);
      expect((await admin('users', 'ann')).lines).toEqual([
        expect.stringMatching(/^E-mail/),
        expect.stringMatching(/^ann@.* suspended$/),
      ]);
      expect((await admin('reinstate', 'ann@example.org')).lines[1]).not.toMatch(/suspended/);
      await withDatabase(async ({ db }) => {
        await expectReconciled(db);
        const entries = await db
          .selectFrom('audit_entry')
          .select(['actor_id', 'action', 'target', 'note'])
          .orderBy('id')
          .execute();
        expect(entries.map(({ actor_id, action, target, note }) => [actor_id, action, target, note])).toEqual([
          [null, 'adjustCredits', 'bob@example.org', '+1000: for the workshop'],
          [null, 'adjustCredits', 'bob@example.org', '-2001000: back'],
          [null, 'setTier', 'bob@example.org', 'FREE → PRO'],
          [null, 'setRole', 'bob@example.org', 'USER → ADMIN'],
          [null, 'suspend', 'ann@example.org', null],
          [null, 'reinstate', 'ann@example.org', null],
        ]);
      });
    });

    it('sets a new password, ends the member’s sessions and keeps their API keys', { timeout: 60_000 }, async () => {
      const signIn = (url: string, email: string, password: string) =>
        fetch(`${url}/api/auth/sign-in/email`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
      const withApp = <Result>(use: (app: TestApp) => Promise<Result>) =>
        withDatabase(async (database) => {
          const app = await startApp({ database: { ...database, url: null } });
          return use(app).finally(() => app.close());
        });
      const { member, key } = await withApp(async (app) => {
        const member = await app.newMember('Cy');
        const { createApiKey } = await member.gql('mutation { createApiKey(name: "Stays") { secret } }');
        return { member, key: createApiKey.secret };
      });
      const { lines } = await admin('password', member.email);
      const password = /^The new password: (\S{20})$/.exec(lines[0] ?? '')?.[1] as string;
      await withApp(async (app) => {
        const viewer = (await connect(app.url, member).post('{ viewer { email } }')).data?.viewer ?? null;
        expect(viewer).toBeNull();
        expect((await connect(app.url, { key }).gql('{ viewer { email } }')).viewer).toEqual({ email: member.email });
        expect((await signIn(app.url, member.email, 'correct horse battery staple')).status).toBe(401);
        expect((await signIn(app.url, member.email, password)).status).toBe(200);
      });
    });

    it('revokes the API keys along with the password if asked', { timeout: 60_000 }, async () => {
      const email = 'ann@example.org';
      await withDatabase(async ({ db }) => {
        const ann = await db.selectFrom('user').select(['id', 'email']).where('email', '=', email).execute();
        for (const user of ann) await createApiKey(db, user, { name: 'Script' });
      });
      expect((await admin('password', email, '--revoke-keys')).lines[0]).toMatch(/^The new password: /);
      await withDatabase(async ({ db }) => {
        expect(await db.selectFrom('api_key').select('id').where('name', '=', 'Script').execute()).toEqual([]);
        const entries = db.selectFrom('audit_entry').select('note').where('target', '=', email);
        expect(await entries.where('action', '=', 'setPassword').execute()).toEqual([{ note: 'API keys revoked: 1' }]);
      });
    });

    it('deletes an account for good, and checks the audit log up to a place that was noted', {
      timeout: 60_000,
    }, async () => {
      await withDatabase((database) => addMember(database, { email: 'eve@example.org', name: 'Eve' }));
      expect(await admin('delete', 'eve@example.org')).toEqual({
        code: 0,
        lines: ['The account is deleted. The server deletes its conversations, now or when it starts.'],
      });
      const { code, lines } = await admin('verify-audit');
      expect([code, lines[0]]).toEqual([
        0,
        expect.stringMatching(/^The audit log is unbroken since 20.*: \d+ entries\.$/),
      ]);
      const [, place = '', hash = ''] = /^The last one: (\d+) ([0-9a-f]{64})$/.exec(lines.at(-2) ?? '') ?? [];
      expect((await admin('verify-audit', place, hash)).code).toBe(0);
      expect(await admin('verify-audit', `${Number(place) + 1}`, hash)).toEqual({
        code: 1,
        lines: [
          `The audit log is broken at place ${Number(place) + 1}: The entry that was noted is missing.`,
          `The ${place} entries before it are as they were written.`,
        ],
      });
    });

    const mistakes: [string[], RegExp][] = [
      [['grant', 'nobody@example.org', '5', 'why'], /^Nobody here has the e-mail address nobody@example\.org\./],
      [['grant', 'bob@example.org', '-99999999999', 'why'], /^Only .* credits are available to be taken away\.$/],
      [['grant', 'bob@example.org', '1.5', 'why'], /^"1\.5" is not a whole number of credits\./],
      [['tier', 'bob@example.org', 'GOLD'], /^Expected FREE, PRO, ENTERPRISE, not "GOLD"\./],
      [['password', 'bob@example.org', 'hunter2'], /^password takes only an e-mail address/],
      [['verify-audit', '12'], /^verify-audit takes nothing, or a place and a hash/],
      [['remove-two-factor', 'bob@example.org'], /^bob@example\.org signs in without a second factor\.$/],
      [['promote'], /^There is no command "promote"\. See: npm run admin -- help$/],
    ];
    it.concurrent.each(kind === 'postgres' ? mistakes : mistakes.slice(0, 1))(
      'explains the mistake in %j in one line',
      { timeout: 60_000 },
      async (args, message) => {
        expect(await admin(...args)).toEqual({ code: 1, lines: [expect.stringMatching(message)] });
      },
    );

    it('prints its help without a database', async () => {
      const { code, lines } = await admin('help');
      expect(code).toBe(0);
      expect(lines.join('\n')).toContain('npm run admin -- grant <email> <credits> <note>');
    });

    it.runIf(kind === 'pglite')('creates no database in a folder without one', async () => {
      const elsewhere = join(folder, 'mistyped');
      expect(await adminOf(elsewhere, ['users'])).toEqual({
        code: 1,
        lines: [`There is no database in ${elsewhere}. Is DATA_DIR, or DATABASE_URL, as the server has it?`],
      });
      expect(existsSync(elsewhere)).toBe(false);
    });

    it.runIf(kind === 'pglite')('refuses the embedded database while the server runs on it', async () => {
      await withDatabase(async () => {
        expect(await admin('users')).toEqual({
          code: 1,
          lines: ['The server is running on this data folder. Stop it first, or do this as an admin in the web.'],
        });
      });
    });
  },
);
