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
     * Returns a subscription's variables at the moment it is sent. When a broken socket is opened again, its subscriptions
     * are sent again, and with this they continue from what has arrived by then.
     */
    liveVariables?: () => Record<string, unknown>;
  }
}

const ping = JSON.stringify({ type: MessageType.Ping });

/**
 * Creates the browser's client. It sends queries by fetch, and subscriptions over one WebSocket that reconnects for ever.
 * It has no cache: loaders bring the data.
 */
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
    // The socket is given up, not closed: closing waits for the other end, which takes minutes on a dead connection.
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
          // Code 1000 means that nobody listened any more, and the client closed the socket itself.
          become((event as CloseEvent).code === 1000 ? 'idle' : 'lost');
        },
      },
    });
    return opened;
  };

  // The first subscription opens the socket: the server, which has no WebSocket, renders without subscriptions.
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
                // The getter is called each time the message is written to a socket.
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

/** How long to wait before the nth try to reconnect, n from 0: doubling from 250 ms to 15 s, half of it at random. */
export function backoffMs(retries: number, chance: number): number {
  const whole = Math.min(15_000, 250 * 2 ** Math.min(retries, 10));
  return whole / 2 + (whole / 2) * chance;
}

/** Waits, but no longer than until the member comes back to the page or the network is back. */
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
