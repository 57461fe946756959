import type { Logger } from 'pino';
import { expireFiles } from '../../database/files/cleaning.ts';
import { deleteEvaluationsOf } from '../../database/judging/evaluations.ts';
import { deletePromptSetsOf } from '../../database/judging/prompt-sets.ts';
import { deleteSomeConversations, deleteTraces, findUsersToPurge, setPurged } from '../../database/people/deletion.ts';
import { deleteFoldersOf } from '../../database/presets/folders.ts';
import { deletePresetsOf } from '../../database/presets/presets.ts';
import { findLiveResponsesOfUser } from '../../database/responses.ts';
import { deleteSomeTurns } from '../../database/turns.ts';
import type { Leases } from '../answering/leases.ts';
import { type Stopping, stopEverywhere } from '../answering/stopping.ts';
import type { FileCleaner } from '../files/cleaner.ts';

/** Deletes, in small steps, what deleted members had written. Every process does, and one goes on where another died. */
export interface Purge {
  /** Looks for deleted members now; it also looks every minute. */
  wake(): void;
  /** Resolves when a step that is under way is done. */
  close(): Promise<void>;
}

export interface PurgeOptions extends Stopping {
  leases: Pick<Leases, 'takeOver'>;
  fileCleaner: Pick<FileCleaner, 'wake'>;
  log: Logger;
}

const INTERVAL_MS = 60_000;
/** So few that a step takes no more than a moment, in which others wait for the embedded database. */
const TURNS_AT_ONCE = 50;
const CONVERSATIONS_AT_ONCE = 500;

export function createPurge(options: PurgeOptions): Purge {
  const { db, log } = options;
  let closed = false;
  let woken = false;
  let sweeping: Promise<void> | null = null;
  const timer = setInterval(wake, INTERVAL_MS).unref();

  function wake() {
    woken = true;
    if (closed || sweeping) return;
    sweeping = sweepWhileWoken()
      .catch((error) =>
        log.warn({ err: error }, 'Deleted members’ conversations could not be deleted; the next try is soon.'),
      )
      .finally(() => (sweeping = null));
  }

  async function sweepWhileWoken() {
    while (woken && !closed) {
      woken = false;
      for (const userId of await findUsersToPurge(db)) {
        if (closed) return;
        // What is wrong with one must not keep the others.
        await purge(userId).catch((err) => log.error({ err, userId }, 'A deleted member’s data could not be deleted.'));
      }
    }
  }

  async function purge(userId: string) {
    await endResponses(options, userId);
    while (!closed && (await deleteSomeTurns(db, { userId }, TURNS_AT_ONCE)) > 0);
    while (!closed && (await deleteSomeConversations(db, userId, CONVERSATIONS_AT_ONCE)) > 0);
    if (closed) return;
    await deleteEvaluationsOf(db, userId);
    await deletePromptSetsOf(db, userId);
    await deleteFoldersOf(db, userId);
    await deletePresetsOf(db, userId);
    await expireFiles(db, userId);
    options.fileCleaner.wake();
    await deleteTraces(db, userId);
    await setPurged(db, userId);
  }

  wake();
  return {
    wake,
    async close() {
      closed = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}

/** Stops the user's running responses, and settles them. */
async function endResponses(options: PurgeOptions, userId: string): Promise<void> {
  const running = await findLiveResponsesOfUser(options.db, userId);
  if (running.length === 0) return;
  await stopEverywhere(options, running);
  const failures: unknown[] = [];
  // A process that did not answer is dead, or as good as dead.
  for (const { id } of await findLiveResponsesOfUser(options.db, userId)) {
    await options.leases.takeOver(id, 'STOPPED').catch((err) => {
      options.log.error({ err, responseId: id }, 'An answer of a deleted member could not be settled.');
      failures.push(err);
    });
  }
  // Their credits are still held, so their rows have to stay.
  if (failures.length > 0) throw new AggregateError(failures, 'some answers could not be settled');
}
