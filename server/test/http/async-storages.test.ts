import { AsyncLocalStorage, executionAsyncId } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getCurrentAuthContextAsyncLocalStorage, runWithRequestState } from '@better-auth/core/context';
import pino from 'pino';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { warnOfHooksLeftBy, whileStored } from '../../src/http/auth/async-storages.ts';
import { createAuth } from '../../src/http/auth/auth.ts';
import { authOptions } from '../setup/auth-options.ts';
import { openTestDatabase, type TestDatabase } from '../setup/describe-databases.ts';

/** Node 24 needs no hooks for a storage. */
const needsHooks = Number.parseInt(process.versions.node, 10) < 24;

describe('better-auth’s storages', () => {
  const warnings: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  let database: TestDatabase | undefined;
  beforeEach(() => {
    warnings.length = 0;
  });
  afterAll(() => database?.close());

  it('leave no hook behind, while others are used at the same moment', async () => {
    expect(await hasHooks()).toBe(false);
    const work = (ms: number) => whileStored(() => runWithRequestState(new WeakMap(), () => delayed(ms)));
    await Promise.all([work(1), work(5)]);
    expect(await hasHooks()).toBe(false);
  });

  it('are told in the log where one is left on that the house does not know', async () => {
    const unknown = new AsyncLocalStorage();
    await warnOfHooksLeftBy(async () => unknown.run({}, () => delayed(1)), log);
    expect(warnings.map((line) => JSON.parse(line).msg)).toEqual(
      needsHooks ? [expect.stringContaining('This version of better-auth uses an AsyncLocalStorage')] : [],
    );
    unknown.disable();
  });

  it('are told of nowhere where somebody else had hooks on before', async () => {
    const tracer = new AsyncLocalStorage();
    await tracer.run({}, () => warnOfHooksLeftBy(async () => {}, log));
    tracer.disable();
    expect(warnings).toEqual([]);
  });

  it('are all known: a start with this version of better-auth warns of nothing', async () => {
    database = await openTestDatabase('pglite');
    const storage = await getCurrentAuthContextAsyncLocalStorage();
    let uses = 0;
    const run = storage.run.bind(storage);
    storage.run = ((...given: Parameters<typeof run>) => {
      uses += 1;
      return run(...given);
    }) as typeof storage.run;
    await createAuth({ ...authOptions(database, { publicUrl: 'https://chat.example.org' }), log });
    expect([warnings, uses > 0]).toEqual([[], true]);
    expect(await hasHooks()).toBe(false);
  });
});

const delayed = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Each promise then has an id of its own. */
async function hasHooks(): Promise<boolean> {
  await nextTurn();
  const ids = [await Promise.resolve().then(executionAsyncId), await Promise.resolve().then(executionAsyncId)];
  return ids[0] !== ids[1];
}
