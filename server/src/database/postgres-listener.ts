import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';

export interface PostgresListener {
  /** Resolves when the channel is being listened to; returns what ends it. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const backoffMsMax = 5000;
const pingEveryMs = 15_000;

/** LISTEN on a connection of its own, for all channels; made at the first listen, and made anew for as long as it is open. */
export function createPostgresListener(connection: pg.ClientConfig, log: Logger): PostgresListener {
  const channels = new Map<string, Set<(payload: string) => void>>();
  const closing = new AbortController();
  let current: pg.Client | null = null;
  let connected = Promise.withResolvers<void>();
  let running: Promise<void> | null = null;

  async function keepConnected(): Promise<void> {
    let backoffMs = 100;
    while (!closing.signal.aborted) {
      try {
        await holdConnection(() => {
          backoffMs = 100;
        });
      } catch (error) {
        log.warn({ err: error }, 'the connection for notifications broke; connecting again');
      }
      await delay(backoffMs * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, backoffMsMax);
    }
  }
}
