import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { type Client, connect, environment, signUp } from '../setup/app.ts';
import { makeDataFolder, openTestDatabase, type TestDatabase, testLog } from '../setup/describe-databases.ts';
import { compiled, quickly } from '../setup/process.ts';
import { startWireServer, streamBeginning, streamBody, type WireServer } from '../wire-server.ts';
import {
  accountOf,
  ask,
  continueDocument,
  continueResponse,
  converse,
  expectSettled,
  follow,
  followDocument,
  Reading,
  type Stored,
  send,
  storedResponses,
} from './asking.ts';

const kinds = inject('databases').postgres ? (['pglite', 'postgres'] as const) : (['pglite'] as const);

/** Each server is a process of its own. */
describe.each(kinds)('ending a server (%s)', (kind) => {
  const modelIds = ['openai/gpt-4.1', 'anthropic/claude-sonnet-5'];
  let folder: string;
  let database: TestDatabase | null = null;
  let wire: WireServer;
  let env: Record<string, string>;
  let server: Running;
  let member: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polylogue-restart-'));
    if (kind === 'postgres') database = await openTestDatabase('postgres');
    wire = await startWireServer();
    wire.respondWith(({ api }) => ({ body: streamBody(api, { text: words }), pieces: [400], pieceDelayMs: 50 }));
    const models = modelIds.map((id) => ({ id, minimumTier: 'FREE' }));
    env = {
      ...environment({ wire, catalogue: { models } }, folder),
      LEASE_SECONDS: '1',
      PORT: '0',
      ...(database?.url && { DATABASE_URL: database.url }),
    };
    if (!database) makeDataFolder(env.DATA_DIR as string);
    server = await start(env, folder);
    member = await signUp(server.url);
  });
  afterAll(async () => {
    server?.process.kill('SIGKILL');
    await wire?.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a killed server leaves what was written down of its answers as INTERRUPTED and charged', async () => {
    const { turn } = await ask(member, { prompt: 'Count', modelIds });
    const reading = new Reading();
    try {
      for await (const { data } of member.subscribe('ws', followDocument, { turnId: turn.id })) {
        reading.take(data.streamResponse);
        const lengths = [...reading.texts.values()].map(({ text }) => text.length);
        if (lengths.filter((length) => length > 600).length === modelIds.length) server.process.kill('SIGKILL');
      }
    } catch {
      // The connection ends with its server.
    }
    if (server.process.exitCode === null && server.process.signalCode === null) await once(server.process, 'exit');

    server = await start(env, folder);
    member = connect(server.url, member);
    const after = await follow(member, turn.id);
    expect([...after.finished.values()].map(({ status }) => status)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    for (const response of await storedResponses(member, turn.id)) {
      // journal.test.ts says how much must be kept, on a clock of its own.
      expect(response.text).not.toBe('');
      expect(whole.startsWith(response.text)).toBe(true);
      expect(response).toMatchObject({ status: 'INTERRUPTED', usage: { estimated: true }, failure: null });
      expect(response.creditsCharged).toBeGreaterThan(0);
    }
    const { entries } = await expectSettled(member);
    expect(entries.map(({ kind }) => kind)).toEqual(['GRANT', 'CHARGE', 'CHARGE']);
  });

  it('a killed server keeps the whole text of an answer that was being continued, which can be continued again', async () => {
    const prompt = { prompt: 'Count', modelIds: modelIds.slice(0, 1) };
    wire.enqueue(({ api }) => ({ body: streamBeginning(api, { text: ['One, ', 'two, '] }), ending: 'cut' }));
    const { turn } = await converse(member, prompt);
    const [broken] = (await storedResponses(member, turn.id)) as [Stored];
    expect(broken).toMatchObject({ status: 'FAILED', text: 'One, two, ' });
    wire.enqueue({ silent: true });
    const unwritten = await continueAndKill(turn.id, broken.id, 0);
    expect(unwritten).toMatchObject({ status: 'INTERRUPTED', text: 'One, two, ', creditsCharged: 0, usage: null });

    const written = await continueAndKill(turn.id, unwritten.id, 600);
    expect(written).toMatchObject({ status: 'INTERRUPTED', usage: { estimated: true } });
    expect(`One, two, ${whole}`.startsWith(written.text)).toBe(true);
    expect(written.text.length).toBeGreaterThan('One, two, '.length);

    wire.enqueue(({ api }) => ({ body: streamBody(api, { text: ['The end.'] }) }));
    await continueResponse(member, written.id);
    expect(await storedResponses(member, turn.id)).toMatchObject([
      { text: `${written.text}The end.`, status: 'COMPLETED' },
    ]);
    await expectSettled(member);
    // The test starts the server twice.
  }, 60_000);

  /** Kills the server once the continued answer has that many new characters, and starts it again. */
  async function continueAndKill(turnId: string, responseId: string, characters: number): Promise<Stored> {
    const before = (await storedResponses(member, turnId))[0]?.text.length ?? 0;
    await member.gql(continueDocument, { responseId });
    const [{ id }] = (await storedResponses(member, turnId)) as [Stored];
    const reading = new Reading();
    const exit = once(server.process, 'exit');
    try {
      for await (const { data } of member.subscribe('ws', followDocument, { turnId })) {
        reading.take(data.streamResponse);
        const { length } = reading.texts.get(id)?.text ?? '';
        if (length >= before + characters) server.process.kill('SIGKILL');
      }
    } catch {
      // The connection ends with its server.
    }
    await exit;
    server = await start(env, folder);
    member = connect(server.url, member);
    await follow(member, turnId);
    return (await storedResponses(member, turnId))[0] as Stored;
  }

  it('a server asked to end refuses new prompts, lets short answers complete and stores the others as INTERRUPTED', async () => {
    wire.enqueue(
      ({ api }) => ({ body: streamBody(api, { text: ['Short.'] }), pieces: [40], pieceDelayMs: 60 }),
      ({ api }) => ({ body: streamBody(api, { text: words }), pieces: [400], pieceDelayMs: 100 }),
    );
    const { turn } = await ask(member, { prompt: 'Count', modelIds: ['openai/gpt-4.1', 'openai/gpt-4.1'] });
    for await (const { data } of member.subscribe('sse', followDocument, { turnId: turn.id })) {
      if (data.streamResponse.__typename === 'TextDelta') break;
    }
    const following = Promise.all((['ws', 'sse'] as const).map((over) => follow(member, turn.id, { over })));
    server.process.kill('SIGTERM');
    await until(async () => (await fetch(`${server.url}/ready`)).status === 503);
    expect(await send(member, { prompt: 'One more?', modelIds })).toMatchObject({ __typename: 'RateLimitError' });
    expect((await accountOf(member)).held).toBeGreaterThan(0);
    const [code] = await once(server.process, 'exit');
    expect(code).toBe(0);
    // Followers are told the end before their connections are closed.
    for (const { finished } of await following) expect(finished.size).toBe(2);

    const { db, close } = await openDatabase({
      databaseUrl: env.DATABASE_URL ?? null,
      dataDir: env.DATA_DIR as string,
      log: testLog,
    });
    const rows = await db
      .selectFrom('response')
      .select(['status', 'text'])
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    const accounts = await db.selectFrom('credit_account').select('held').execute();
    await close();
    expect(accounts).toEqual([{ held: 0 }]);
    const latest = rows.slice(-2).sort((a, b) => a.status.localeCompare(b.status));
    expect(latest.map(({ status }) => status)).toEqual(['COMPLETED', 'INTERRUPTED']);
    expect(latest[0]?.text).toBe('Short.');
    expect(whole.startsWith(latest[1]?.text ?? '-')).toBe(true);
    expect(latest[1]?.text).not.toBe('');
  });
});

const words = Array.from({ length: 2000 }, (_, index) => `word ${index}, `);
const whole = words.join('');

interface Running {
  process: ChildProcess;
  url: string;
}

async function start(env: Record<string, string>, cwd: string): Promise<Running> {
  const child = spawn(process.execPath, [...quickly, '--enable-source-maps', compiled('src/main.ts')], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  for await (const line of createInterface(child.stdout)) {
    const url = /(http:\/\/\S+)\/graphql/.exec(line)?.[1];
    if (!url) continue;
    // The remaining output is discarded, as nobody reads it and it must not fill the pipe.
    child.stdout.resume();
    return { process: child, url };
  }
  throw new Error(`The server did not start: ${errors}`);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}
