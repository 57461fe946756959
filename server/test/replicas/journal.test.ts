import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { createJournal } from '../../src/domain/answering/journal.ts';
import { createLiveResponses } from '../../src/domain/answering/live-responses.ts';
import type { Notifications } from '../../src/domain/ground/notifications.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { killCatalogue } from '../credits/kill-order.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases, testLog } from '../setup/describe-databases.ts';

describeDatabases('the journal', (database) => {
  const houses: House[] = [];
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.end();
  });

  it('has no hole if the database wrote a piece and its answer was lost', async () => {
    let loseAnswers = false;
    const db = withLostAnswers(database().db, () => loseAnswers);
    const languageModel = createScriptedModel();
    const house = await startHouse({
      database: { ...database(), db },
      catalogue: killCatalogue({ growing: false }),
      languageModel,
    });
    houses.push(house);
    const member = await addMember(database());
    await house.prompts.send(member, { prompt: 'Go on', modelIds: ['lab/plain'] });
    await until(() => languageModel.open.length === 1, 'the model is asked');

    const written = async () => {
      const rows = await database().db.selectFrom('response_chunk').selectAll().orderBy('start').execute();
      return rows.map(({ content }) => content).join('');
    };
    const push = (text: string) => languageModel.open[0]?.push({ type: 'text', text });
    push('One, ');
    await until(async () => (await written()) === 'One, ', 'the first piece is written');
    loseAnswers = true;
    push('two, ');
    await until(async () => (await written()) === 'One, two, ', 'the second piece is written');
    push('three, ');
    loseAnswers = false;
    push('four');
    await until(async () => (await written()) === 'One, two, three, four', 'everything is written');
  });
});

/** A response and its journal, on a clock that tests move and a database that takes `writingMs` for each commit. */
function journalledSlowly(writingMs: number) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const live = createLiveResponses();
  const identity = { turnId: 't', conversationId: 'c', userId: 'u', lane: 0, modelId: 'm', ofNewTurn: true };
  const response = live.open({ id: 'r', ...identity });
  let kept = '';
  const db = withSlowCommits(writingMs, (chunk) => {
    kept += chunk;
  });
  const notifications = { announcementStatement: () => undefined, wake() {} } as unknown as Notifications;
  const journal = createJournal({ db, live, notifications, owner: 'o', log: testLog });
  return { response, journal, kept: () => kept };
}

describe('the journal of a flowing text', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([0, 40, 400])('loses at most the text of 250 ms and of two writings of %i ms each', async (writingMs) => {
    const { response, journal, kept } = journalledSlowly(writingMs);
    let said = '';
    let lostMax = 0;
    for (let ms = 0; ms < 3000; ms++) {
      const character = String.fromCharCode(97 + (ms % 26));
      said += character;
      response.append({ type: 'text', text: character });
      lostMax = Math.max(lostMax, said.length - kept().length);
      await vi.advanceTimersByTimeAsync(1);
      expect(said.startsWith(kept())).toBe(true);
    }
    // A character that comes just after a writing began waits for the end of this writing, for the next one, and for
    // the end of that.
    expect(lostMax).toBe(250 + 2 * writingMs);
    await vi.advanceTimersByTimeAsync(250 + 2 * writingMs);
    await journal.close();
    expect(kept()).toBe(said);
  });

  it('closes only when all is written, including what came while it wrote', async () => {
    const { response, journal, kept } = journalledSlowly(40);
    response.append({ type: 'text', text: 'before, ' });
    await vi.advanceTimersByTimeAsync(260);
    response.append({ type: 'text', text: 'meanwhile' });
    const closing = journal.close();
    await vi.advanceTimersByTimeAsync(100);
    await closing;
    expect(kept()).toBe('before, meanwhile');
  });
});

/** A database whose commits take `ms` milliseconds and then keep the inserted text. */
function withSlowCommits(ms: number, keep: (text: string) => void): Kysely<Database> {
  const execute = async (work: (trx: unknown) => Promise<unknown>) => {
    let text = '';
    const executeQuery = async ({ sql, parameters }: CompiledQuery) => {
      const inserts = sql.includes('insert into response_chunk');
      if (inserts) text = (parameters.at(-1) as string[]).join('');
      return { rows: inserts ? [{ id: 'r', stop_requested: false }] : [] };
    };
    const provideConnection = (use: (connection: unknown) => unknown) => use({ executeQuery });
    const result = await work({ getExecutor: () => ({ provideConnection }) });
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    keep(text);
    return result;
  };
  return { transaction: () => ({ execute }) } as unknown as Kysely<Database>;
}

/** A database whose transactions are committed, but reported as failed while `lost` is true. */
function withLostAnswers(db: Kysely<Database>, lost: () => boolean): Kysely<Database> {
  const transaction = () => ({
    async execute<T>(work: (trx: Transaction<Database>) => Promise<T>) {
      const result = await db.transaction().execute(work);
      if (lost()) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  });
  return new Proxy(db, {
    get(_db, name) {
      const value = name === 'transaction' ? transaction : db[name as keyof typeof db];
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}
