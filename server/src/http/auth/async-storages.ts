import { executionAsyncId } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  getCurrentAuthContextAsyncLocalStorage,
  getCurrentDBAdapterAsyncLocalStorage,
  getRequestStateAsyncLocalStorage,
} from '@better-auth/core/context';
import type { Logger } from 'pino';

/*
 * Why this file is here: better-auth keeps a request's state in AsyncLocalStorages. From the first use of one, Node before 24
 * calls hooks at every promise and callback of the whole process, a third of the cost of a delta. So the storages are disabled
 * whenever better-auth has nothing to do; better-auth enables each by using it.
 */

let working = 0;

/** Does a piece of better-auth's work, and disables its storages once no other piece is left. */
export async function whileStored<T>(work: () => Promise<T>): Promise<T> {
  working += 1;
  try {
    return await work();
  } finally {
    working -= 1;
    const storages = await Promise.all([
      getCurrentAuthContextAsyncLocalStorage(),
      getRequestStateAsyncLocalStorage(),
      getCurrentDBAdapterAsyncLocalStorage(),
    ]);
    if (working === 0) for (const storage of storages) storage.disable();
  }
}

/**
 * Logs a warning if a piece of better-auth's work leaves Node's hooks on, as it would with a storage that `whileStored` does
 * not know. Logs nothing if something else, such as a tracer, has them on already, or if other work is under way.
 */
export async function warnOfHooksLeftBy(work: () => Promise<unknown>, log: Logger): Promise<void> {
  if (working > 0 || (await hasPromiseHooks())) return;
  await whileStored(work);
  if (working > 0 || !(await hasPromiseHooks())) return;
  log.warn(
    'This version of better-auth uses an AsyncLocalStorage that http/auth/async-storages.ts does not know. Node calls hooks at every promise now, and carrying an answer costs up to half as much again.',
  );
}

/** With hooks each promise has its own id; without them all promises in a turn of the event loop share one. */
async function hasPromiseHooks(): Promise<boolean> {
  // Node turns the hooks off at the end of the turn in which the last storage was disabled.
  await nextTurn();
  const first = await Promise.resolve().then(executionAsyncId);
  const second = await Promise.resolve().then(executionAsyncId);
  return first !== second;
}
