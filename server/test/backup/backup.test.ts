import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrate, migrationNames } from '../../src/database/connection/migrate.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { expectReconciled } from '../credits/audit.ts';
import { startApp, type TestApp } from '../setup/app.ts';
import { dropDatabase, execute, withDatabase } from '../setup/databases.ts';
import { makeDataFolder, type TestDatabase, testLog } from '../setup/describe-databases.ts';
import { startProcess } from '../setup/process.ts';
import { type House, inhabit } from './inhabited.ts';

const kinds: readonly Kind[] = inject('databases').postgres ? ['pglite', 'postgres'] : ['pglite'];
type Kind = 'pglite' | 'postgres';

/** A server as its operator has it: a data folder with the secret, and Postgres or the embedded database. */
interface Place {
  folder: string;
  env: Record<string, string>;
  database: TestDatabase;
}

const ends: (() => unknown)[] = [];

async function makePlace(kind: Kind): Promise<Place> {
  const folder = makeFolder();
  const { postgres } = inject('databases');
  if (kind === 'pglite' || !postgres) {
    makeDataFolder(folder);
    return openPlace(folder, null);
  }
  const name = `polylogue_test_${randomUUID().replaceAll('-', '')}`;
  await execute(postgres.url, `create database ${name}`);
  ends.push(() => dropDatabase(postgres.url, name));
  return openPlace(folder, withDatabase(postgres.url, name));
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-backup-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function openPlace(folder: string, url: string | null): Promise<Place> {
  const database = await openDatabase({ databaseUrl: url, dataDir: folder, log: testLog });
  await database.withoutTimeLimit(() => migrate(database.db, testLog));
  return { folder, database: { ...database, url }, env: { DATA_DIR: folder, ...(url && { DATABASE_URL: url }) } };
}

function start({ folder, database }: Place): Promise<TestApp> {
  return startApp({ database, env: { DATA_DIR: folder, AUTH_SECRET: '', MOCK_PACE: '1000' } });
}

/** Runs a command of the operator's. */
async function run(command: string, args: string[], { env, folder }: Pick<Place, 'env' | 'folder'>) {
  const { ended, output } = startProcess(`src/${command}.ts`, args, env, folder);
  return { code: await ended, output: output().trimEnd() };
}

/** Runs a command of the operator's while no server has the database. */
async function runAlone(command: string, args: string[], place: Place) {
  await place.database.close();
  try {
    return await run(command, args, place);
  } finally {
    Object.assign(place, await openPlace(place.folder, place.database.url));
  }
}

afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

describe.each(kinds)('a backup of a running server (%s)', (kind) => {
  let place: Place;
  let house: House;
  let before: unknown;
  let file: string;
  beforeAll(async () => {
    place = await makePlace(kind);
    const app = await start(place);
    house = await inhabit(app.url);
    before = await house.answers(app.url);
    file = join(place.folder, 'backup.gz');
    const written = await run('backup', [file], place);
    expect(written).toEqual({
      code: 0,
      output: expect.stringMatching(/ has 2 accounts, 4 conversations and \d+ rows/),
    });
    // What comes after the backup is not in it.
    await house.goOn(app.url);
    await app.close();
  });

  it('is a file that only its owner can read, and leaves nothing else behind', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // The server deletes its copy when the command has left.
    await expect.poll(() => readdirSync(place.folder).filter((name) => /copy|unfinished/.test(name))).toEqual([]);
  });

  it.each(kinds)('gives the same answers, sign-in and keys when restored after a wipe, on %s', async (target) => {
    const elsewhere = await makePlace(target);
    const restored = await runAlone('restore', [file], elsewhere);
    expect(restored.output).toMatch(/^Restored 2 accounts, 4 conversations .*\nThe secret that signs sessions is in /);
    expect(statSync(join(elsewhere.folder, 'auth-secret')).mode & 0o777).toBe(0o600);
    const app = await start(elsewhere);
    expect(await house.answers(app.url)).toEqual(before);
    expect((await house.signIn(app.url)).email).toMatch(/@/);
    expect(await house.goOn(app.url)).not.toBe('');
    await expectReconciled(elsewhere.database.db);
    await app.close();
    await elsewhere.database.close();
    expect(app.errors).toEqual([]);
  });

  it('is refused by a database with accounts, which stays as it was, and replaces it when told to', async () => {
    const app = await start(place);
    const now = await house.answers(app.url);
    await app.close();
    expect(now).not.toEqual(before);
    const refused = await runAlone('restore', [file], place);
    expect(refused).toEqual({
      code: 1,
      output: expect.stringContaining('There are accounts in the database already. Nothing was changed.'),
    });
    const unchanged = await start(place);
    expect(await house.answers(unchanged.url)).toEqual(now);
    await unchanged.close();

    expect(await run('restore', [file, '--replace'], place)).toEqual({
      code: 1,
      output: expect.stringMatching(
        kind === 'postgres' ? /Stop its servers first\.$/ : /is running .* Stop it first\.$/,
      ),
    });
    const replaced = await runAlone('restore', [file, '--replace'], place);
    expect(replaced.output).toContain('The secret that signs sessions is the same');
    const back = await start(place);
    expect(await house.answers(back.url)).toEqual(before);
    const replacement = expect.stringMatching(/has replaced everything; the log before ended at \d+ [0-9a-f]{64}$/);
    expect(await house.restores(back.url)).toEqual([replacement]);
    await back.close();
    await place.database.close();
  });

  it('is refused before anything is changed if it is cut off, altered, of a newer release, or no backup', async () => {
    const whole = readFileSync(file);
    const text = gunzipSync(whole).toString();
    const lines = text.trimEnd().split('\n');
    const [head = ''] = lines;
    const broken: [name: string, bytes: Buffer, reason: string][] = [
      ['cut', whole.subarray(0, whole.length - 100), 'is not whole'],
      ['without-end', gzipSync(lines.slice(0, -1).join('\n')), 'is not whole'],
      ['flipped', flipped(whole), 'is damaged'],
      ['altered', gzipSync(text.replace('for the workshop', 'for the holidays')), 'is damaged'],
      ['without-row', gzipSync(lines.filter((line) => !line.includes('From a program')).join('\n')), 'is not whole'],
      ['newer', gzipSync(text.replace('"format":1', '"format":2')), 'by a newer release'],
      ['text', Buffer.from('A letter'), 'is no backup'],
      ['json', gzipSync('{}\n'), 'is no backup'],
    ];
    const empty = makeFolder();
    for (const [name, bytes, reason] of broken) {
      const path = join(place.folder, name);
      writeFileSync(path, bytes);
      const { code, output } = await run('restore', [path], { env: { DATA_DIR: join(empty, 'data') }, folder: empty });
      expect([code, output]).toEqual([1, expect.stringContaining(reason)]);
    }
    expect(readdirSync(empty)).toEqual([]);
    expect(head).toContain(migrationNames().at(-1));
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy.writeUInt8(copy.readUInt8(middle) ^ 0xff, middle);
  return copy;
}

describe.runIf(kinds.includes('postgres'))('the move of an embedded database to Postgres', () => {
  it('brings everything, and is refused by a running server and by a database with accounts', async () => {
    const place = await makePlace('pglite');
    const target = await makePlace('postgres');
    const url = target.database.url ?? '';
    await target.database.close();
    const app = await start(place);
    const house = await inhabit(app.url);
    const before = await house.answers(app.url);
    expect(await run('admin', ['move-to', url], place)).toEqual({
      code: 1,
      output: expect.stringMatching(/^The server is running on this data folder/),
    });
    await app.close();

    const moved = await runAlone('admin', ['move-to', url], place);
    expect(moved).toMatchObject({ code: 0, output: expect.stringContaining('Now set DATABASE_URL to that address') });
    const moving = await runAlone('admin', ['move-to', url], place);
    expect(moving).toMatchObject({ code: 1, output: expect.stringContaining('There are accounts in the database') });
    await place.database.close();

    const there = await openPlace(place.folder, url);
    const after = await start(there);
    expect(await house.answers(after.url)).toEqual(before);
    expect(await house.restores(after.url)).toEqual(['everything was moved from the embedded database']);
    expect(await house.goOn(after.url)).not.toBe('');
    await after.close();
    await expectReconciled(there.database.db);
    await there.database.close();
  });
});
