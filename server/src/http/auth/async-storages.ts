import {
  getCurrentAuthContextAsyncLocalStorage,
  getCurrentDBAdapterAsyncLocalStorage,
  getRequestStateAsyncLocalStorage,
} from '@better-auth/core/context';

let storing = 0;

/**
 * better-auth keeps what belongs to a request in AsyncLocalStorages. From the first use of one on, Node before 24 calls
 * hooks at every promise and every callback of the whole process: a third of what carrying a delta costs. So they are
 * disabled whenever better-auth has nothing to do; using one enables it again.
 */
export async function whileStored<T>(work: () => Promise<T>): Promise<T> {
  storing += 1;
  try {
    return await work();
  } finally {
    storing -= 1;
    const storages = await Promise.all([
      getCurrentAuthContextAsyncLocalStorage(),
      getRequestStateAsyncLocalStorage(),
      getCurrentDBAdapterAsyncLocalStorage(),
    ]);
    if (storing === 0) for (const storage of storages) storage.disable();
  }
}
