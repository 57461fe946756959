import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.ts';
import { countLiveAmong, type ResponseRow, requestStops } from '../../database/responses.ts';
import { type Notifications, stopTopic } from '../ground/notifications.ts';
import type { Generation } from './generation.ts';

export interface Stopping {
  db: Kysely<Database>;
  /** The generation of this process. */
  generation: Pick<Generation, 'runs' | 'stop'>;
  notifications: Pick<Notifications, 'publish'>;
}

/** How long to wait for another process; a dead one is found by its lease. */
const WAIT_MS_MAX = 3000;
const WAIT_STEP_MS = 50;

/**
 * Stops responses in whichever process they are written. Their text so far is kept and charged. Resolves when they are
 * final, or after WAIT_MS_MAX for those of other processes.
 */
export async function stopEverywhere(
  { db, generation, notifications }: Stopping,
  responses: readonly Pick<ResponseRow, 'id' | 'lease_owner' | 'agent'>[],
): Promise<void> {
  // Some may also be of this process, admitted and about to start.
  const elsewhere = responses.filter(({ id }) => !generation.runs(id));
  const ids = elsewhere.map(({ id }) => id);
  if (ids.length > 0) {
    await requestStops(db, ids);
    notifications.publish([...new Set(elsewhere.flatMap(({ lease_owner }) => lease_owner ?? []))].map(stopTopic));
  }
  const here = generation.stop(
    responses.map(({ id }) => id),
    'STOPPED',
  );
  // Another process would go on with an agent's answer if this one died before it has ended it.
  const resumable = responses.filter(({ id, agent }) => agent !== null && !ids.includes(id));
  await Promise.all([
    here,
    resumable.length > 0 &&
      requestStops(
        db,
        resumable.map(({ id }) => id),
      ),
  ]);
  for (let waitedMs = 0; ids.length > 0 && waitedMs < WAIT_MS_MAX; waitedMs += WAIT_STEP_MS) {
    if ((await countLiveAmong(db, ids)) === 0) return;
    await delay(WAIT_STEP_MS);
  }
}
