import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient, MessageType, type Client as SocketClient } from 'graphql-ws';
import { createHeartbeat, onWaking } from './heartbeat.ts';

/** Whether live answers arrive now: `lost` from the moment the socket breaks until it is acknowledged again. */
export type ConnectionState = 'idle' | 'live' | 'lost';

export interface BrowserClient {
  client: Client;
  connection: {
    get(): ConnectionState;
    subscribe(listener: () => void): () => void;
  };
}

declare module '@urql/core' {
  interface OperationContext {
    /**
     * The variables of a subscription as they are at the moment it is sent. A socket that breaks is opened again
     * and its subscriptions with it; with this they go on from what has arrived by then.
     */
    liveVariables?: () => Record<string, unknown>;
  }
}

const ping = JSON.stringify({ type: MessageType.Ping });

/** The browser's client: queries by fetch, subscriptions over one WebSocket that reconnects for ever. No cache: loaders bring the data. */
export function createBrowserClient(url: URL): BrowserClient {
  const listeners = new Set<() => void>();
  let state: ConnectionState = 'idle';
  const become = (next: ConnectionState) => {
    if (state === next) return;
    state = next;
    for (const listener of listeners) listener();
  };

  const socketUrl = new URL(url);
  socketUrl.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const openSocket = () => {
    // Not closed but given up: closing waits for the other end, which for a dead connection is a matter of minutes.
    const heartbeat = createHeartbeat(() => opened.terminate());
    const opened = createClient({
      url: socketUrl.href,
      keepAlive: 12_000,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: (retries) => delayUnlessWoken(backoffMs(retries, Math.random())),
      on: {
        connecting: heartbeat.opening,
        connected: (socket) => {
          heartbeat.opened(() => (socket as WebSocket).send(ping));
          become('live');
        },
        ping: (received) => {
          if (!received) heartbeat.asked();
        },
        message: heartbeat.felt,
        closed: (event) => {
          heartbeat.closed();
          // 1000: nobody listened any more, and the client closed it itself.
          become((event as CloseEvent).code === 1000 ? 'idle' : 'lost');
        },
      },
    });
    return opened;
  };

  // Made by the first subscription: while the server renders there is none, and no WebSocket either.
  let socket: SocketClient | undefined;
  const client = new Client({
    url: url.href,
    preferGetMethod: false,
    requestPolicy: 'network-only',
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (body, operation) => ({
          subscribe(sink) {
            socket ??= openSocket();
            const unsubscribe = socket.subscribe(
              {
                query: body.query ?? '',
                // Read again each time the message is written to a socket.
                get variables() {
                  return operation.context.liveVariables?.() ?? body.variables;
                },
              },
              sink,
            );
            return { unsubscribe };
          },
        }),
      }),
    ],
  });

  return {
    client,
    connection: {
      get: () => state,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

/** How long to wait before the nth try to reconnect, n from 0: doubling from 250 ms to 15 s, half of it by chance. */
export function backoffMs(retries: number, chance: number): number {
  const whole = Math.min(15_000, 250 * 2 ** Math.min(retries, 10));
  return whole / 2 + (whole / 2) * chance;
}

/** Whoever comes back to the page does not wait out what was meant for a network that is away. */
function delayUnlessWoken(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(go, durationMs);
    const stopListening = onWaking(go);
  });
}
