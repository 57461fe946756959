import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from './config/mistakes.ts';
import type { Config } from './config/settings.ts';
import { AddressLimit } from './http/address-limit.ts';
import { requirePace } from './http/body-pace.ts';

/**
 * A request's head must arrive within HEAD_MS_MAX, the whole request within REQUEST_MS_MAX: enough for a file of 20 MB over
 * a slow line. Nobody can take that long with a few bytes, since bodies have a least pace.
 */
const HEAD_MS_MAX = 15_000;
const REQUEST_MS_MAX = 300_000;
/** How long a connection may carry nothing, on top of the time that a provider's first token may take. */
const SILENCE_MS_MAX = 30_000;
/** How long a fully written answer may wait for a client that does not read on. */
const UNREAD_MS_MAX = 30_000;
/** How often Node checks the connections' times. */
const LOOK_MS = 5000;
/** Idle connections are kept for longer than browsers pause between the requests of one page. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Makes the HTTP server for everything. A client can cost it only so much: request heads, requests and answers have
 * time limits, and one address has at most `connectionsPerAddressMax` connections. Behind proxies (`trustedProxies`)
 * connections are not counted, since all of them are the proxies'.
 */
export function createHttpServer({
  connectionsPerAddressMax,
  trustedProxies,
  firstTokenTimeoutMs,
}: Pick<Config, 'connectionsPerAddressMax' | 'trustedProxies' | 'firstTokenTimeoutMs'>): Server {
  const server = createServer({
    headersTimeout: HEAD_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_MS,
  });
  // A request that probes a provider is silent for as long as a first token may take.
  server.timeout = firstTokenTimeoutMs + SILENCE_MS_MAX;
  const limit = new AddressLimit(connectionsPerAddressMax);
  server.on('connection', (socket) => {
    if (trustedProxies > 0) return;
    const release = limit.take(socket.remoteAddress ?? '');
    if (release) socket.once('close', release);
    else socket.destroy();
  });
  server.on('request', (req, res) => {
    requirePace(req, res);
    // The answer is written completely: from now on only its reader can delay it.
    res.once('prefinish', () => res.setTimeout(UNREAD_MS_MAX, () => res.destroy()));
  });
  return server;
}

/** The URL at which a browser reaches a server that listens at `host`. */
export function addressOf(host: string, port: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `http://${isEverywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Resolves to the port that the server listens on. Rejects with a ConfigError if `host` and `port` cannot be had. */
export function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'another program listens there'
          : `listening there is not possible (${error.code})`;
      reject(new ConfigError([`HOST is "${host}" and PORT is "${port}": ${reason}`]));
    };
    server.once('error', refuse).listen(port, host, () => {
      server.off('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
