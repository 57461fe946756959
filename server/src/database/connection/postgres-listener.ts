import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { prepare } from './prepared.ts';

/** The payloads reach the channel's listeners once the transaction is committed. */
export const notifyStatement = prepare(
  (_db, { channel, payloads }: { channel: string; payloads: string[] }) =>
    sql<never>`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`,
);

export interface PostgresListener {
  /** Resolves when the channel is being listened to, with a function that stops listening. */
  listen(channel: string, onPayload: (payload: string) => void, onGap?: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const backoffMsMin = 100;
const backoffMsMax = 5000;
const pingEveryMs = 15_000;

/**
 * Listens to all channels on one connection of its own. The first `listen` opens it, and it is replaced whenever it
 * breaks.
 */
export function createPostgresListener(connection: pg.ClientConfig, log: Logger): PostgresListener {
  const channels = new Map<string, Set<Listener>>();
  const closing = new AbortController();
  /** Resolve the calls of `listen` that wait for the next connection to listen to every channel. */
  let waiting: (() => void)[] = [];
  let current: pg.Client | null = null;
  let running: Promise<void> | null = null;
  let connectedBefore = false;

  async function keepConnected(): Promise<void> {
    let backoffMs = backoffMsMin;
    while (!closing.signal.aborted) {
      try {
        await hold(() => {
          backoffMs = backoffMsMin;
        });
      } catch (error) {
        if (!closing.signal.aborted)
          log.warn({ err: error }, 'the connection for notifications broke; connecting again');
      }
      await delay(backoffMs * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, backoffMsMax);
    }
  }

  /** Keeps one connection from its beginning to its end. Rejects if it breaks. */
  async function hold(onConnected: () => void): Promise<void> {
    const client = new pg.Client({ ...connection, query_timeout: 10_000 });
    const ended = new AbortController();
    const end = () => ended.abort();
    closing.signal.addEventListener('abort', end);
    const broken = new Promise<void>((resolve, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection ended')));
      ended.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    broken.catch(() => {});
    client.on('notification', ({ channel, payload }) => {
      for (const listener of channels.get(channel) ?? []) listener.onPayload(payload ?? '');
    });
    try {
      await client.connect();
      for (const channel of channels.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`);
      current = client;
      onConnected();
      if (connectedBefore) for (const listener of [...channels.values()].flatMap((set) => [...set])) listener.onGap?.();
      connectedBefore = true;
      for (const resolve of waiting.splice(0)) resolve();
      await Promise.race([broken, pingUntilBroken(client, ended.signal)]);
    } finally {
      current = null;
      closing.signal.removeEventListener('abort', end);
      end();
      // A dead peer never answers the farewell, so nobody waits for the answer.
      client.end().catch(() => {});
    }
  }

  return {
    async listen(channel, onPayload, onGap) {
      const listener = { onPayload, onGap };
      const listeners = channels.get(channel) ?? new Set();
      channels.set(channel, listeners.add(listener));
      running ??= keepConnected();
      const client = current;
      const listening = await client?.query(`listen ${client.escapeIdentifier(channel)}`).catch(() => null);
      if (!listening) await new Promise<void>((resolve) => waiting.push(resolve));
      return async () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        channels.delete(channel);
        await current?.query(`unlisten ${current.escapeIdentifier(channel)}`).catch(() => {});
      };
    },
    async close() {
      closing.abort();
      for (const resolve of waiting.splice(0)) resolve();
      waiting = [];
      await running;
    },
  };
}

interface Listener {
  onPayload(payload: string): void;
  onGap: (() => void) | undefined;
}

/**
 * Pings until the peer has vanished without closing (a failover, a firewall), and then rejects. TCP notices it much
 * later.
 */
async function pingUntilBroken(client: pg.Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(pingEveryMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await client.query('select 1');
  }
}
