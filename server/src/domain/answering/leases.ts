import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { isTransient } from '../../database/connection/transient.ts';
import type { Database } from '../../database/database.ts';
import {
  findChunks,
  findExpiredLeases,
  findLiveLeases,
  findRequestedStops,
  type ResponseRow,
  renewLeases,
  takeLease,
} from '../../database/responses.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { accountTopic, type Notifications, stopTopic, turnTopic } from '../ground/notifications.ts';
import { countTokens } from '../ground/tokens.ts';
import type { Attempt, LiveResponses } from './live-responses.ts';
import { textSoFar, toAttempt } from './responses.ts';
import { type Outcome, settle } from './settlement.ts';
import { countedUsage } from './token-usage.ts';

/**
 * A lease on a live response's row names the process that writes it. This renews the leases of this process, and
 * makes final what a process that is gone has left, from its journal.
 */
export interface Leases {
  /** Makes final what was left by processes that are gone; also done again and again by itself. */
  recover(options?: {
    /** No other process can be alive (the embedded database takes one): no lease has to run out first. */
    alone: boolean;
  }): Promise<void>;
  /** Ends a live response of whichever process, from its journal; its owner can write nothing more to it. */
  takeOver(responseId: string, status: 'STOPPED' | 'INTERRUPTED'): Promise<void>;
  close(): Promise<void>;
}

export interface LeasesOptions {
  db: Kysely<Database>;
  live: LiveResponses;
  catalogue: Catalogue;
  notifications: Notifications;
  owner: string;
  leaseMs: number;
  log: Logger;
}

/** Looked at together, of what other processes have left. */
const BATCH = 100;
/** What the database's integer holds, in ms: some 24 days. */
const DURATION_MS_MAX = 2 ** 31 - 1;

export function createLeases(options: LeasesOptions): Leases {
  const { db, live, catalogue, notifications, owner, leaseMs, log } = options;
  const intervalMs = leaseMs / 3;
  const unsubscribe = notifications.subscribe(stopTopic(owner), () => void stopRequested());
  // Whenever the database was away every lease has run out, and nobody who just starts knows of it: those who live get
  // the time to renew theirs first.
  let recoverAt = performance.now() + leaseMs;
  let closed = false;
  let renewing = Promise.resolve();
  let recovering: Promise<void> | null = null;
  let timer = setTimeout(tick, intervalMs);

  function tick() {
    renewing = attempt(renew).then(() => {
      if (closed) return;
      // Not waited for: what it has to wait for, such as the lock of a process that was paused, holds up no renewal.
      if (performance.now() >= recoverAt) recovering ??= attempt(recover).finally(() => (recovering = null));
      timer = setTimeout(tick, intervalMs);
    });
  }

  async function attempt(work: () => Promise<void>) {
    await work().catch((error) => {
      log.warn({ err: error }, 'Leases could not be renewed or taken; tried again soon.');
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

  /** Where there is nothing to renew the database is asked all the same: it tells whether others could renew theirs. */
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

  /** @returns how many of them were made final */
  async function recoverAmong(left: readonly { id: string }[], { expired }: { expired: boolean }): Promise<number> {
    let recovered = 0;
    for (const { id } of left) {
      if (live.get(id)) continue;
      try {
        const row = await takeLease(db, id, { owner, leaseMs, expired });
        if (!row) continue;
        await settleFromJournal(row, row.stop_requested ? 'STOPPED' : 'INTERRUPTED');
        recovered += 1;
      } catch (error) {
        if (isTransient(error)) throw error;
        log.error({ err: error, responseId: id }, 'A response that another process left cannot be made final.');
      }
    }
    return recovered;
  }

  async function settleFromJournal(row: ResponseRow, status: 'STOPPED' | 'INTERRUPTED') {
    const outcome = await outcomeFromJournal(db, catalogue, row, status);
    const response = { id: row.id, userId: row.user_id, modelId: row.model_id, creditsHeld: row.credits_held };
    await settle(db, owner, response, outcome);
    notifications.publish([turnTopic(row.turn_id), accountTopic(row.user_id)]);
    log.info({ responseId: row.id, status }, 'A response that another process left was made final.');
  }

  return {
    recover,
    async takeOver(responseId, status) {
      const row = await takeLease(db, responseId, { owner, leaseMs, expired: false });
      if (row) await settleFromJournal(row, status);
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

async function outcomeFromJournal(
  db: Kysely<Database>,
  catalogue: Catalogue,
  row: ResponseRow,
  status: 'STOPPED' | 'INTERRUPTED',
): Promise<Outcome> {
  const chunks = await findChunks(db, [row.id]);
  const { text, reasoning } = textSoFar(row, chunks);
  const usage =
    chunks.length === 0
      ? null
      : countedUsage({
          inputTokens: row.input_tokens_expected,
          outputTokens: await countTokens(text.slice(row.text.length)),
          reasoningTokens: await countTokens(reasoning.slice(row.reasoning.length)),
        });
  const durationMs = Math.min(Math.max(0, Date.now() - row.created_at.getTime()), DURATION_MS_MAX);
  return {
    status,
    text,
    reasoning,
    refusal: null,
    citations: row.citations,
    finishReason: null,
    failure: null,
    usage,
    usageEstimated: usage !== null,
    costUsd: null,
    costIsPartial: false,
    attempts: withAttemptUnderWay(row, durationMs),
    servedBy: catalogue.models.get(row.served_by ?? row.model_id) ?? null,
    firstTokenMs: row.first_token_ms,
    durationMs,
  };
}

/** Of which only its model was written down. */
function withAttemptUnderWay(row: ResponseRow, durationMs: number): Attempt[] {
  const attempts = row.attempts.map(toAttempt);
  const [last] = attempts.slice(-1);
  if (row.served_by === null || last?.modelId === row.served_by) return attempts;
  const startedAt = last ? new Date(last.startedAt.getTime() + last.durationMs) : row.created_at;
  return [...attempts, { modelId: row.served_by, startedAt, durationMs, failure: null }];
}
