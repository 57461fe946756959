import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { DataFolderInUseError } from '../../src/database/connection/data-folder-lock.ts';
import { DatabaseUnavailableError, openDatabase } from '../../src/database/connection/open.ts';
import { sendTogether } from '../../src/database/connection/pipelining.ts';
import { prepare } from '../../src/database/connection/prepared.ts';
import { type Statement, execute as send } from '../../src/database/connection/statement.ts';
import { execute } from '../setup/databases.ts';
import { describeDatabases, testLog as log, makeDataFolder, openCopy } from '../setup/describe-databases.ts';
import { compiled, quickly } from '../setup/process.ts';

describeDatabases('an open database', (database) => {
  it('reads int8 as a number, numeric and date as text, timestamptz as a Date, in UTC', async () => {
    const { rows } = await sql`
      select 9007199254740991::int8 as big, count(*) as many, 0.1::numeric as exact, date '2026-03-01' as day,
             timestamptz '2026-03-01 12:00:00.123+02' as moment, current_setting('TimeZone') as zone,
             '{1,2}'::int8[] as list, date_trunc('day', timestamptz '2026-03-01 01:00+02')::text as today
    `.execute(database().db);
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        many: 1,
        exact: '0.1',
        day: '2026-03-01',
        moment: new Date('2026-03-01T10:00:00.123Z'),
        zone: 'UTC',
        list: [1, 2],
        today: '2026-02-28 00:00:00+00',
      },
    ]);
  });

  it('sends a transaction’s last statements together', async () => {
    const { db } = database();
    await sql`create table pot (name text primary key, pence int8 check (pence >= 0))`.execute(db);
    const pots = async () => (await sql`select name, pence from pot order by name`.execute(db)).rows;
    const put = prepare(
      (_db, { name, pence }: { name: string; pence: number }) =>
        sql<{ pence: number }>`insert into pot values (${name}, ${pence}) returning pence`,
    );
    await db.transaction().execute(async (trx) => {
      const { big, small, none } = await sendTogether(trx, {
        big: put({ name: 'big', pence: 5 }),
        none: undefined,
        small: put({ name: 'small', pence: 1 }),
      });
      expect([big, small, none]).toEqual([[{ pence: 5 }], [{ pence: 1 }], []]);
    });
    expect(await pots()).toEqual([
      { name: 'big', pence: 5 },
      { name: 'small', pence: 1 },
    ]);
  });

  it('commits nothing if one of the last statements fails, and throws that statement’s error', async () => {
    const { db } = database();
    await sql`create table vow (word text primary key)`.execute(db);
    await sql`create table deferred (word text unique deferrable initially deferred)`.execute(db);
    const words = async () => (await sql`select word from vow union all select word from deferred`.execute(db)).rows;
    const take = prepare((_db, { word }: { word: string }) => sql`insert into vow values (${word})`);
    const defer = prepare((_db, { word }: { word: string }) => sql`insert into deferred values (${word})`);
    const sending = (statements: Statement[]) =>
      db.transaction().execute((trx) => sendTogether(trx, Object.fromEntries(statements.entries())));
    await expect(sending([take({ word: 'one' }), take({ word: 'one' }), take({ word: 'two' })])).rejects.toMatchObject({
      code: '23505',
    });
    await expect(sending([defer({ word: 'one' }), defer({ word: 'one' })])).rejects.toMatchObject({ code: '23505' });
    expect(await words()).toEqual([]);
    await sending([take({ word: 'two' }), defer({ word: 'two' })]);
    expect(await words()).toEqual([{ word: 'two' }, { word: 'two' }]);
  });

  it('builds a prepared statement once, whatever its arguments', async () => {
    const { db, url } = database();
    let builds = 0;
    const find = prepare((_db, { word, length }: { word: string | null; length: number }) => {
      builds += 1;
      return sql<{ found: string | null }>`select left(${word}::text, ${length}::int) as found`;
    });
    const found = async (word: string | null, length: number) => (await send(db, find({ word, length })))[0]?.found;
    expect([await found('abc', 2), await found(null, 1), await found('x', 1)]).toEqual(['ab', null, 'x']);
    expect(builds).toBe(1);
    const { rows } = await sql<{ count: number }>`
      select count(*) from pg_prepared_statements where statement like 'select left(%'`.execute(db);
    // The embedded database would keep a plan made for empty tables as long as it runs.
    expect(rows[0]?.count).toBe(url === null ? 0 : 1);
  });

  it('tells prepared statements apart by their text, even if one is prepared in two places', async () => {
    const { db } = database();
    const add = () => prepare((_db, { one }: { one: number }) => sql<{ sum: number }>`select ${one}::int + 1 as sum`);
    const double = prepare((_db, { one }: { one: number }) => sql<{ sum: number }>`select ${one}::int * 2 as sum`);
    const sums = [];
    for (const statement of [add(), add(), double]) {
      sums.push((await send(db, statement({ one: 5 })))[0]?.sum);
    }
    expect(sums).toEqual([6, 6, 10]);
    expect(await send(db, add()({ one: 1 }))).toEqual([{ sum: 2 }]);
  });

  it('refuses an int8 that a number cannot hold', async () => {
    await expect(sql`select 9007199254740993::int8`.execute(database().db)).rejects.toThrow('not a safe integer');
    expect((await sql`select 1 as alive`.execute(database().db)).rows).toEqual([{ alive: 1 }]);
  });

  it('delivers committed notifications until listening stops', async () => {
    const { db, listen } = database();
    const received: string[] = [];
    const stop = await listen('Some "channel"', (payload) => received.push(payload));
    const notify = (payload: string) => sql`select pg_notify('Some "channel"', ${payload})`;
    await db.transaction().execute(async (trx) => {
      await notify('committed').execute(trx);
    });
    await db
      .transaction()
      .execute(async (trx) => {
        await notify('rolled back').execute(trx);
        throw new Error('roll back');
      })
      .catch(() => {});
    await notify('last').execute(db);
    await expect.poll(() => received).toEqual(['committed', 'last']);

    await stop();
    const after = new Promise<void>((resolve) => void listen('other', () => resolve()).then(() => notifyOther()));
    const notifyOther = async () => {
      await notify('unheard').execute(db);
      await sql`select pg_notify('other', '')`.execute(db);
    };
    await after;
    expect(received).toEqual(['committed', 'last']);
  });
});

describe('the embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-data-'));
  const made = join(folder, 'made');
  let dataDir = made;
  const processes: ChildProcess[] = [];
  const script = compiled('test/setup/hold-database.ts');
  beforeAll(() => makeDataFolder(made));
  beforeEach(({ task }) => {
    dataDir = join(folder, task.id);
    cpSync(made, dataDir, { recursive: true });
  });
  afterEach(() => {
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const open = () => openDatabase({ databaseUrl: null, dataDir, log });

  /** Opens the folder in another process, which keeps holding it. */
  async function openElsewhere(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [...quickly, script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(child);
    if (!child.stdout) throw new Error('no output');
    await once(child.stdout, 'data');
    return child;
  }

  it('creates a folder that only its owner may read, keeps its data, and deletes its lock when it is closed', async () => {
    dataDir = join(dataDir, 'not/there/yet');
    const first = await open();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    await sql`create table kept as select 42 as answer`.execute(first.db);
    await first.close();
    expect(readdirSync(dataDir)).toEqual(['database']);

    const second = await open();
    expect((await sql`select * from kept`.execute(second.db)).rows).toEqual([{ answer: 42 }]);
    await second.close();
  });

  it('is refused to a second process, with an error that names folder and process', async () => {
    const holder = await openElsewhere();
    const refusal = await open().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DataFolderInUseError);
    expect(refusal).toMatchObject({ folder: dataDir, pid: holder.pid });
    expect((refusal as Error).message).toContain(`${dataDir} is in use by process ${holder.pid}`);
  });

  it('is refused to a second opening within the same process', async () => {
    const first = await open();
    await expect(open()).rejects.toThrow(DataFolderInUseError);
    await first.close();
  });

  it('opens after its process was killed, with every acknowledged row', async () => {
    const holder = await openElsewhere();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(existsSync(join(dataDir, 'lock'))).toBe(true);
    const { db, close } = await open();
    expect((await sql`select count(*) as rows from held`.execute(db)).rows).toEqual([{ rows: 100 }]);
    await close();
  });

  it('opens if the process id in a stale lock belongs to another process by now', async () => {
    const holder = await openElsewhere();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    processes.push(bystander);
    const lock = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ ...lock, pid: bystander.pid }));
    await (await open()).close();
  });

  it('opens after a process was killed while it wrote its lock', async () => {
    writeFileSync(join(dataDir, 'lock'), '{"pid":');
    await (await open()).close();
  });

  it('is refused while another container keeps refreshing its lock', async () => {
    const lock = join(dataDir, 'lock');
    writeFileSync(lock, JSON.stringify({ pid: 1, place: 'another container', startedAt: null, token: 'theirs' }));
    const beating = setInterval(() => utimesSync(lock, new Date(), new Date()), 200);
    await expect(open()).rejects.toThrow(DataFolderInUseError);
    clearInterval(beating);
  });

  it('opens only once if several openings find a stale lock at the same time', async () => {
    const stale = { pid: 2 ** 22 + 1, place: 'here', startedAt: null, token: 'gone' };
    const holder = await openElsewhere();
    const { place } = JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ ...stale, place }));
    const results = await Promise.allSettled([open(), open(), open(), open()]);
    const opened = results.filter((result) => result.status === 'fulfilled');
    expect(opened).toHaveLength(1);
    for (const result of opened) await result.value.close();
  });

  it('is created anew if the first start was killed half-way', async () => {
    dataDir = join(dataDir, 'fresh');
    const child = spawn(process.execPath, [...quickly, script, dataDir], { stdio: 'ignore' });
    processes.push(child);
    await expect.poll(() => existsSync(join(dataDir, 'database.unfinished')), { timeout: 20_000 }).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(join(dataDir, 'database'))).toBe(false);
    const { db, close } = await open();
    expect((await sql`select 1 as alive`.execute(db)).rows).toEqual([{ alive: 1 }]);
    await close();
  });
});

describe('Postgres that cannot be reached', () => {
  it('causes a DatabaseUnavailableError without the password', async () => {
    const server = createServer((socket) => socket.end('not a database')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const databaseUrl = `postgres://user:hunter2@127.0.0.1:${port}/db`;
    const error = await openDatabase({ databaseUrl, dataDir: '', log }).catch((cause: unknown) => cause);
    server.close();
    expect(error).toBeInstanceOf(DatabaseUnavailableError);
    expect((error as Error).message).not.toContain('hunter2');
  });
});

describe.skipIf(!inject('databases').postgres)('Postgres behind a broken network', () => {
  it('serves queries and notifications again after all connections broke', async () => {
    const { url, close } = await openCopy('template');
    const proxy = await startProxy(url);
    const database = await openDatabase({
      databaseUrl: proxy.url,
      dataDir: '',
      log: log.child({}, { level: 'fatal' }),
    });
    const received: string[] = [];
    await database.listen('news', (payload) => received.push(payload));
    await execute(url, `notify news, 'before'`);
    await expect.poll(() => received).toContain('before');

    const connections = proxy.count();
    proxy.cut();
    await expect
      .poll(() =>
        sql`select 1 as alive`.execute(database.db).then(
          ({ rows }) => rows,
          () => null,
        ),
      )
      .toEqual([{ alive: 1 }]);
    // No query asks for the listener's connection: it is reopened by itself.
    await expect.poll(() => proxy.count(), { timeout: 10_000 }).toBeGreaterThan(connections + 1);
    await expect
      .poll(
        async () => {
          await execute(url, `notify news, 'after'`);
          return received.at(-1);
        },
        { timeout: 10_000 },
      )
      .toBe('after');

    await database.close();
    proxy.stop();
    await close();
  });
});

/** Passes bytes to Postgres, and cuts all connections on request. */
async function startProxy(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((client) => {
    accepted += 1;
    const upstream = connectSocket(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    }
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = new URL(url);
  address.port = String((server.address() as { port: number }).port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: address.href,
    count: () => accepted,
    cut,
    stop() {
      server.close();
      cut();
    },
  };
}
