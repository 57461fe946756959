import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import {
  type AnyResponseRow,
  findExpiredLeases,
  findLiveLeases,
  findRequestedStops,
  renewLeases,
  takeLease,
} from '../../database/responses.ts';
import type { EndedResponse, Observer } from '../../ports/observer.ts';
import { providerIdOf } from '../catalogue/catalogue.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { accountTopic, type Notifications, stopTopic, turnTopic } from '../ground/notifications.ts';
import type { LiveResponses } from './live-responses.ts';
import { outcomeFromJournal } from './outcome.ts';
import { type SettledResponse, settle } from './settlement.ts';
import { type Outcome, settlementOf } from './stored-response.ts';

/**
 * A lease on a live response's row names the process that writes it. This renews the leases of this process, and makes
 * responses final that other processes left behind, from their journals.
 */
export interface Leases {
  /** Makes final the responses that dead processes left; this also runs again and again by itself. */
  recover(options?: {
    /**
     * Whether no other process can be alive (the embedded database has only one): then no lease has to run out first.
     */
    alone: boolean;
  }): Promise<void>;
  /** Ends a live response of any process, from its journal; its owner can write nothing more to it. */
  takeOver(responseId: string, status: 'STOPPED' | 'INTERRUPTED'): Promise<void>;
  close(): Promise<void>;
}

export interface LeasesOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  offer: CurrentOffer;
  notifications: Notifications;
  owner: string;
  leaseMs: number;
  observer: Observer;
  /**
   * Goes on with an answer that is written step by step, or ends it as stopped, if its row says so.
   *
   * @returns false: nobody goes on with it
   */
  resume(row: AnyResponseRow): Promise<boolean>;
  /** The outcome of such an answer with which nobody goes on. `outcome` is as its journal says it is. */
  left(row: AnyResponseRow, outcome: Outcome): Promise<Outcome>;
  /** As `Generation.ended`. */
  ended(responseIds: readonly string[]): Promise<void>;
  /** Called after a budget alert was stored. */
  onAlert(): void;
  log: Logger;
}

/** How many of the responses that other processes left are looked at together. */
const BATCH = 100;

export function createLeases(options: LeasesOptions): Leases {
  const { db, live, notifications, owner, leaseMs, observer, onAlert, log } = options;
  const unsubscribe = notifications.subscribe(stopTopic(owner), () => void stopRequested());
  // If the database was away, all leases have run out, and a process that just starts cannot know: living processes get
  // the time to renew theirs first.
  let recoverAt = performance.now() + leaseMs;
  let closed = false;
  let renewing = Promise.resolve();
  let recovering: Promise<void> | null = null;
  let timer = setTimeout(tick, leaseMs / 3);

  function tick() {
    renewing = attempt(renew).then(() => {
      if (closed) return;
      // The recovery is not awaited: it may wait for a paused process's lock, and must not hold up renewals.
      if (performance.now() >= recoverAt) recovering ??= attempt(recover).finally(() => (recovering = null));
      timer = setTimeout(tick, leaseMs / 3);
    });
  }

  async function attempt(work: () => Promise<void>) {
    await work().catch((error) => {
      log.warn({ err: error }, 'Leases could not be renewed or taken; the next try is soon.');
      recoverAt = performance.now() + leaseMs;
    });
  }

  async function stopRequested() {
    const ids = await findRequestedStops(db, owner).catch((error) => {
      log.warn({ err: error }, 'Requested stops could not be read; they are found with the next lease.');
      return [];
    });
    for (const id of ids) live.get(id)?.stop('STOPPED');
  }

  /**
   * Renews the leases of this process. Asks the database even if there is nothing to renew: that shows whether others
   * could renew theirs.
   */
  async function renew() {
    const held = [...live.all()];
    const ids = held.map(({ id }) => id);
    const owned = new Map((await renewLeases(db, ids, { owner, leaseMs })).map((row) => [row.id, row]));
    for (const response of held) {
      const row = owned.get(response.id);
      if (!row) response.stop('INTERRUPTED');
      else if (row.stop_requested) response.stop('STOPPED');
    }
  }

  async function recover({ alone } = { alone: false }) {
    if (alone) await recoverAmong(await findLiveLeases(db), { expired: false });
    // A process may have left thousands.
    else while ((await recoverAmong(await findExpiredLeases(db, BATCH), { expired: true })) === BATCH && !closed);
  }

  /** @returns how many were made final, or are gone on with here: one that is handed on would be found again at once */
  async function recoverAmong(left: readonly { id: string }[], { expired }: { expired: boolean }): Promise<number> {
    let recovered = 0;
    for (const { id } of left) {
      if (live.get(id)) continue;
      try {
        const row = await takeLease(db, id, { owner, leaseMs, expired });
        if (!row) continue;
        const isGoneOnWith = await goesOn(options, row);
        if (!isGoneOnWith) await settleFromJournal(row, row.stop_requested ? 'STOPPED' : 'INTERRUPTED');
        if (!isGoneOnWith || live.get(id)) recovered += 1;
      } catch (error) {
        if (isTransient(error)) throw error;
        log.error({ err: error, responseId: id }, 'A response that another process left cannot be made final.');
      }
    }
    return recovered;
  }

  async function settleFromJournal(row: AnyResponseRow, status: 'STOPPED' | 'INTERRUPTED') {
    const outcome = await leftOutcome(options, row, status);
    const startedAt = Date.now();
    const settlement = await settle(db, owner, settledOf(row), outcome);
    if (settlement?.hasAlert) onAlert();
    notifications.publish([turnTopic(row.turn_id ?? row.id), accountTopic(row.credit_account_id as string)]);
    if (settlement) observer.responseEnded(recovered(row, { outcome, credits: settlement.credits }, startedAt));
  }

  return {
    recover,
    async takeOver(responseId, status) {
      const row = await takeLease(db, responseId, { owner, leaseMs, expired: false });
      if (row && (await goesOn(options, { ...row, stop_requested: true }))) await options.ended([responseId]);
      else if (row) await settleFromJournal(row, status);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      unsubscribe();
      await renewing;
      await recovering;
    },
  };
}

/** How a response ends that another process left, and with which nobody goes on. */
async function leftOutcome(
  { db, offer, left }: Pick<LeasesOptions, 'db' | 'offer' | 'left'>,
  row: AnyResponseRow,
  status: 'STOPPED' | 'INTERRUPTED',
): Promise<Outcome> {
  const outcome = await outcomeFromJournal(db, offer.now.catalogue, row, status);
  return row.agent === null ? outcome : left(row, outcome);
}

async function goesOn({ resume }: Pick<LeasesOptions, 'resume'>, row: AnyResponseRow): Promise<boolean> {
  return row.agent !== null && resume(row);
}

/** What is told of a response that another process left, once it is settled. */
function recovered(row: AnyResponseRow, end: { outcome: Outcome; credits: number }, startedAt: number): EndedResponse {
  const { outcome } = end;
  const servedBy = outcome.servedBy?.id ?? row.model_id;
  return {
    origin: null,
    memberId: row.user_id,
    apiKeyId: row.api_key_id,
    turnId: row.turn_id ?? row.id,
    responseId: row.id,
    modelId: row.model_id,
    servedBy,
    providerId: providerIdOf(servedBy),
    creditAccountId: row.credit_account_id as string,
    recovered: true,
    creditsHeld: row.credits_held,
    settled: { ...settlementOf(end), startedAt, durationMs: Date.now() - startedAt },
    durationMs: outcome.durationMs,
    firstTokenMs: outcome.firstTokenMs,
  };
}

function settledOf(row: AnyResponseRow): SettledResponse {
  // The database requires an account for every response that runs.
  const creditAccountId = row.credit_account_id as string;
  const { id, user_id: userId, model_id: modelId, api_key_id: apiKeyId } = row;
  return { id, userId, modelId, creditAccountId, apiKeyId, isCall: row.turn_id === null };
}
