import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { isTransient } from '../../src/database/connection/transient.ts';
import { makeDataFolder } from '../setup/describe-databases.ts';
import { endless, heavy } from '../setup/heavy-statements.ts';
import { startProcess } from '../setup/process.ts';

describe('the embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-embedded-'));
  const fresh = join(folder, 'fresh');
  let dataDir: string;
  let logged: string[];
  beforeAll(() => makeDataFolder(fresh));
  beforeEach(() => {
    dataDir = mkdtempSync(join(folder, 'copy-'));
    cpSync(fresh, dataDir, { recursive: true });
    logged = [];
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Opens the database with a time limit of a second for each statement. */
  const open = ({ statementSecondsMax = 1 } = {}) => {
    const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(JSON.parse(line).err.message) });
    return openDatabase({ databaseUrl: null, dataDir, log, statementSecondsMax });
  };

  it('leaves the event loop free while it computes', async () => {
    const { db, close } = await open({ statementSecondsMax: 60 });
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    await sql`select 1`.execute(db);
    turns = 0;
    await sql.raw(heavy).execute(db);
    clearInterval(turning);
    expect(turns).toBeGreaterThan(20);
    await close();
  });

  it('gives up an endless statement, and keeps all committed data and its listeners', async () => {
    const { db, listen, close } = await open();
    await sql`create table kept (number int)`.execute(db);
    await sql`insert into kept values (1)`.execute(db);
    const heard: string[] = [];
    await listen(
      'news',
      (payload) => heard.push(payload),
      () => heard.push('a gap'),
    );
    const lost = db.transaction().execute(async (trx) => {
      await sql`insert into kept values (2)`.execute(trx);
      await sql.raw(endless).execute(trx);
    });
    const refusal = await lost.catch((error: unknown) => error);
    expect(isTransient(refusal)).toBe(true);
    expect(logged).toEqual(['A statement took more than 1 seconds.']);

    expect((await sql`select number from kept`.execute(db)).rows).toEqual([{ number: 1 }]);
    await sql`notify news, 'after'`.execute(db);
    expect(heard).toEqual(['a gap', 'after']);
    await close();
  });

  it('does not give up a statement without a time limit', async () => {
    const { db, withoutTimeLimit, close } = await open();
    const ended = await withoutTimeLimit(async () => {
      const { rows } = await sql.raw(heavy.replaceAll('2500', '6000')).execute(db);
      return rows;
    });
    expect(ended).toEqual([{ count: 0 }]);
    expect(logged).toEqual([]);
    await close();
  });

  it('can be closed while an endless statement runs, and opens again', async () => {
    const first = await open();
    await sql`create table kept as select 42 as answer`.execute(first.db);
    const lost = sql.raw(endless).execute(first.db);
    const [outcome] = await Promise.allSettled([lost, first.close()]);
    expect(outcome.status).toBe('rejected');
    const second = await open();
    expect((await sql`select answer from kept`.execute(second.db)).rows).toEqual([{ answer: 42 }]);
    await second.close();
  });

  it('gives each client its own session, without leftovers of a broken transaction', async () => {
    const { db, close } = await open();
    await sql`create table kept (number int)`.execute(db);
    // The pool drops a broken client together with its transaction.
    const broken = db.connection().execute(async (connection) => {
      await sql`begin`.execute(connection);
      await sql`insert into kept values (1)`.execute(connection);
      await sql`select set_config('polylogue.left', 'behind', false)`.execute(connection);
      await sql.raw(endless).execute(connection);
    });
    await broken.catch(() => {});
    const { rows } = await sql`select current_setting('polylogue.left', true) as setting, count(*) from kept`.execute(
      db,
    );
    expect(rows).toEqual([{ setting: null, count: 0 }]);
    await close();
  });

  it('fails to open a damaged folder, and releases the folder', async () => {
    const whole = await open();
    await whole.close();
    rmSync(join(dataDir, 'database', 'global'), { recursive: true });
    await expect(open()).rejects.toThrow();
    await expect(open()).rejects.not.toThrow(/in use/);
  });
});

describe('a server on the embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-busy-'));
  beforeAll(() => makeDataFolder(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends by itself on SIGTERM while an endless statement runs', { timeout: 60_000 }, async () => {
    const server = startProcess(
      'test/setup/busy-process.ts',
      [],
      { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'fatal' },
      folder,
    );
    await server.line(/^busy$/);
    await server.stop();
    expect(server.output()).not.toMatch(/ended: undefined/);
    expect(await server.ended).toBe(0);
  });
});
